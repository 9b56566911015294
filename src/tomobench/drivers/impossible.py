"""Says which cells of the suites a release can't do on a volume, or are not measured there, without trying them.

Run in a release's environment, in the repository's folder. asv starts a process for each cell, also for one whose
setup then says that there is nothing to measure: two in three of line 2.18's. Writes a line of JSON: for each suite
(``counts.Shards``) the parameters of such cells, as asv has them (``read whole, 16×16×16, whole``).
"""

import inspect
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asv_runner.discovery import disc_modules


def main() -> None:
    # The benchmarks are in the working folder; this file's own folder is no place to import from.
    sys.path[0] = str(Path.cwd())
    print(json.dumps({name: cells for name, suite in suites() if (cells := impossible(suite))}))


def suites() -> Iterator[tuple[str, Any]]:
    """The suites that are over a grid, by the name that asv gives them."""
    for module in disc_modules("benchmarks"):
        for name, suite in inspect.getmembers(module, inspect.isclass):
            if hasattr(suite, "grid") and not name.startswith("_"):
                yield f"{module.__name__.partition('.')[2]}.{name}", suite


def impossible(suite: Any) -> list[str]:
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
