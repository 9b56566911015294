"""Races layouts in a release's Python: each in turn, at the same places, in the same seconds.

Run as ``python -P worker.py`` with a line of JSON on standard input: the volume's id, the layouts, the
accesses as selections, and rounds. Prints a line of JSON: seconds of each layout in each round of each
access. Stores are written into the cache, and removed.
"""

import json
import random
import sys
import time

from tomobench.bench import adapters, store
from tomobench.bench.volume import load
from tomobench.drivers.trial import layout_of, selection_of

#: Each place is read so often, and the shortest time counts: what else the machine did adds. Reads
#: below QUICK seconds are disturbed most, and repeated most.
TIMES, OFTEN, QUICK = 4, 15, 0.01


def main() -> None:
    asked = json.loads(sys.stdin.readline())
    _, voxels = load(asked["volume"])
    adapter = adapters.load()
    with store.scratch() as folder:
        arrays = []
        for number, one in enumerate(asked["layouts"]):
            layout = layout_of(one)
            place = folder / str(number)
            made = adapter.create(adapter.disk(place), voxels.shape, voxels.dtype, layout)
            made[...] = voxels
            arrays.append(adapter.open_array(adapter.disk(place), "r"))
        found = {
            name: raced(arrays, [selection_of(one) for one in places], asked["seed"])
            for name, places in asked["accesses"].items()
        }
    print(json.dumps(found))


def raced(arrays: list, places: list[tuple], seed: int) -> list[list[float]]:
    """Seconds by round and array."""
    draw = random.Random(seed)
    for array in arrays:
        array[places[0]]  # threads are started, modules imported
    found = []
    for place in places:
        times = [float("inf")] * len(arrays)
        for turn in range(OFTEN):
            if turn >= TIMES and max(times) > QUICK:
                break
            for number in draw.sample(range(len(arrays)), len(arrays)):
                start = time.perf_counter()
                arrays[number][place]
                times[number] = min(times[number], time.perf_counter() - start)
        found.append(times)
    return found


if __name__ == "__main__":
    main()
