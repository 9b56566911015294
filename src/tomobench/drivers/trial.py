"""Tries layouts on one's own voxels: writes each, checks it, and reads all of them in turns.

Run in a release's Python, by ``tomobench plan --try``:

    python -m tomobench.drivers.trial

It takes a line of JSON on its input: ``voxels`` (a .npy file), ``layouts``, ``accesses`` (by name, the selections that
are read one after the other), ``seconds`` (how long to read), and where stores go: ``folder``, or ``round_trip`` and
``rate`` of a network to S3. It prints a line of JSON for each thing done. When its input is closed, its parent has
ended: so does it.

Held equal: the voxels, the release, and the moment. Each round reads one place of each access from all layouts, in an
order that is drawn.
"""

import json
import os
import random
import sys
import threading
import time
from pathlib import Path

import numpy as np

from tomobench.bench import adapters, remote, s3
from tomobench.bench.layout import Codec, Layout
from tomobench.bench.store import compared

#: Rounds that are read at least, however long they take, and at most.
ROUNDS, MOST = 3, 120


def main() -> None:
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    voxels = np.load(asked["voxels"], mmap_mode="r")
    layouts = [layout_of(one) for one in asked["layouts"]]
    if asked.get("folder"):
        _tried(_OnDisk(Path(asked["folder"])), voxels, layouts, asked)
        return
    with s3.ServiceClient() as service:
        place = _OnS3(service, asked["round_trip"], asked["rate"], asked["client"])
        try:
            _tried(place, voxels, layouts, asked)
        finally:
            place.remove()


class _OnDisk:
    def __init__(self, folder: Path):
        self._adapter, self._folder = adapters.load(), folder

    def target(self, number: int):
        return self._adapter.disk(self._folder / f"{number}.zarr")

    def forget(self) -> None:
        """Nothing is listed."""


class _OnS3:
    """Names of our own below the prefix of the run, which was not there before."""

    def __init__(self, service: s3.ServiceClient, round_trip: float, rate: float | None, client):
        self._server = service.place()
        self._through = s3.Client(adapters.load(), service.network(round_trip, rate), client)
        self._names: dict[int, str] = {}

    def target(self, number: int):
        return self._through.store(self._names.setdefault(number, remote.new_name()))

    def forget(self) -> None:
        self._through.forget()

    def remove(self) -> None:
        for name in self._names.values():
            remote.remove(self._server, name)


def _tried(place, voxels: np.ndarray, layouts: list[Layout], asked: dict) -> None:
    adapter, arrays = adapters.load(), []
    for number, layout in enumerate(layouts):
        start = time.perf_counter()
        adapter.create(place.target(number), voxels.shape, voxels.dtype, layout)[...] = voxels
        seconds = time.perf_counter() - start
        place.forget()
        arrays.append(compared(adapter, place.target(number), voxels))
        _say(written=number, seconds=seconds)
    draw, end, rounds = random.Random(asked["seed"]), time.monotonic() + asked["seconds"], 0
    places = {name: [selection_of(one) for one in some] for name, some in asked["accesses"].items()}
    while rounds < ROUNDS or (rounds < MOST and time.monotonic() < end):
        for name, some in places.items():
            _say(round=rounds, access=name, seconds=_turn(arrays, some[rounds % len(some)], draw))
        rounds += 1


def _turn(arrays: list, selection: tuple, draw: random.Random) -> list[float]:
    """Seconds of each array, in an order that is drawn."""
    found = [0.0] * len(arrays)
    for number in draw.sample(range(len(arrays)), len(arrays)):
        start = time.perf_counter()
        arrays[number][selection]
        found[number] = time.perf_counter() - start
    return found


def layout_of(one: dict) -> Layout:
    """A layout as the desk half told it."""
    shards = one["shards"] and tuple(one["shards"])
    return Layout(tuple(one["chunks"]), shards, Codec(**one["codec"]), one["zarr_format"])


def selection_of(place: list) -> tuple:
    """A place as the desk half told it: what an array is indexed with."""
    return tuple(slice(*one) if isinstance(one, list) else one for one in place)


def _say(**what) -> None:
    print(json.dumps(what), flush=True)


def _end_with_parent() -> None:
    while sys.stdin.read(1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
