"""What a slowed wheel's slowness really costs each access: one process, the slowness on and off in turns.

Run in the environment of a wheel that tomobench's proof has slowed (its zarr has ``zarr._slower``). A share of
the time of decoding, say, is not the same share of an access: this measures which. One process, one store and
one array serve all shares, in random order within each turn, so that nothing differs but the slowness.

Reads one line of JSON from standard input: ``cells`` (``read.Chunks.time_whole(16×16×16, 2)``, …), ``shares``,
``turns`` and ``seed``. Writes a line of JSON for each cell: ``cell``, and ``seconds``, (turns, shares), or ``reason``
where the cell is impossible.
"""

import importlib
import itertools
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

#: Calls before the first turn.
WARM_UP = 5


def main() -> None:
    asked = json.loads(sys.stdin.readline())
    for cell in asked["cells"]:
        try:
            found: dict[str, object] = {
                "seconds": measure(cell, asked["shares"], asked["turns"], asked["seed"])
            }
        except NotImplementedError as reason:
            found = {"reason": str(reason)}
        print(json.dumps({"cell": cell, **found}, ensure_ascii=False), flush=True)


def measure(cell: str, shares: list[float], turns: int, seed: int) -> list[list[float]]:
    """Seconds of one call of the cell's benchmark, for each turn and share."""
    suite, method, params = find(cell)
    slower: Any = sys.modules["zarr._slower"]
    draw = random.Random(f"{seed} {cell}")
    suite.setup(*params)
    slower.SHARE = 0
    for _ in range(WARM_UP):
        method(*params)
    found = []
    for _ in range(turns):
        seconds = [0.0] * len(shares)
        for place in draw.sample(range(len(shares)), len(shares)):
            slower.SHARE = shares[place]
            suite.setup(*params)
            start = time.perf_counter()
            method(*params)
            seconds[place] = time.perf_counter() - start
        found.append(seconds)
    return found


def find(cell: str) -> tuple:
    """The suite, the method and the parameters of a cell, by asv's name of it. Raises LookupError."""
    name, _, values = cell.partition("(")
    module, suite_name, method = name.split(".")
    suite = getattr(importlib.import_module(f"benchmarks.{module}"), suite_name)()
    for params in itertools.product(*suite.params):
        if ", ".join(map(repr, params)) == values.removesuffix(")"):
            return suite, getattr(suite, method), params
    raise LookupError(f"{name} has no parameters {values.removesuffix(')')}")


if __name__ == "__main__":
    # The benchmarks are in the working folder; this file's own folder is no place to import from.
    sys.path[0] = str(Path.cwd())
    main()
