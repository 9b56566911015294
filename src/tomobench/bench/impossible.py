"""Says which cells of the suites a release can't do on a volume, or are not measured there, without trying them.

Run in a release's environment, in the repository's folder. asv starts a process for each cell, also for one whose
setup then says that there is nothing to measure: two in three of line 2.18's. Writes a line of JSON: for each suite
(``counts.Shards``) the parameters of such cells, as asv has them (``read whole, 16×16×16, whole``).
"""

import importlib
import inspect
import itertools
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path


def main() -> None:
    # The benchmarks are in the working folder; this file's own folder is no place to import from.
    sys.path[0] = str(Path.cwd())
    print(json.dumps({name: cells for name, suite in suites() if (cells := impossible(suite))}))


def suites() -> Iterator[tuple[str, type]]:
    """The suites that are over a grid, by the name that asv gives them."""
    benchmarks = importlib.import_module("benchmarks")
    for _, name, _ in pkgutil.iter_modules(benchmarks.__path__):
        module = importlib.import_module(f"benchmarks.{name}")
        for suite_name, suite in inspect.getmembers(module, inspect.isclass):
            if hasattr(suite, "grid") and not suite_name.startswith("_"):
                yield f"{name}.{suite_name}", suite


def impossible(suite: type) -> list[str]:
    """The parameters of a suite's impossible cells; all but one where none is possible, for asv needs one to record a benchmark."""
    cells = list(itertools.product(*suite.params))
    found = [cell for cell in cells if not _possible(suite.grid, cell[-len(suite.grid.names) :])]
    return [", ".join(map(repr, cell)) for cell in found[len(found) == len(cells) :]]


def _possible(grid, cell: tuple) -> bool:
    from benchmarks.common import layout_of

    try:
        layout_of(grid, cell)
    except NotImplementedError:
        return False
    return True


if __name__ == "__main__":
    main()
