"""Says which cells of the suites a release can't do on a volume, or are not measured there, without trying them.

Run in a release's environment, in the repository's folder. asv starts a process for each cell, also for one whose
setup then says that there is nothing to measure: two in three of line 2.18's. Writes a line of JSON: for each suite
(``counts.Shards``) the parameters of such cells, as asv has them (``read whole, 16×16×16, whole``).

With the names of volumes: for each of them the suites that have no part on it, whatever the release. A suite asks what its
grid does, or ``part_of`` where it is over none.
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
    found: dict[str, list[str]]
    if volumes := sys.argv[1:]:
        found = {volume: without_a_part(volume) for volume in volumes}
    else:
        found = {name: cells for name, suite in suites("grid") if (cells := impossible(suite))}
    print(json.dumps(found))


def suites(attribute: str) -> Iterator[tuple[str, Any]]:
    """The suites that have an attribute, by the name that asv gives them."""
    for module in disc_modules("benchmarks"):
        for name, suite in inspect.getmembers(module, inspect.isclass):
            if hasattr(suite, attribute) and not name.startswith("_"):
                yield f"{module.__name__.partition('.')[2]}.{name}", suite


def without_a_part(volume: str) -> list[str]:
    """The suites that have no part on a volume."""
    several = [*suites("grid"), *suites("part_of")]
    from tomobench.bench.grids import wanted  # now that the suites are there

    asked = ((name, getattr(suite, "grid", None) or suite.part_of) for name, suite in several)
    return sorted({name for name, grid in asked if not wanted(volume, grid)})


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
