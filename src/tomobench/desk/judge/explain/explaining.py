"""Two installed sides, and why their counts differ: asked, compared. The one way to do it, for every command."""

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tomobench.desk.asv import pythons, running
from tomobench.desk.asv.pythons import ReleasePython
from tomobench.desk.errors import UserError
from tomobench.desk.judge.explain import asking, difference
from tomobench.desk.judge.explain.cells import Cell
from tomobench.desk.judge.explain.difference import Explanation
from tomobench.desk.releases.release import Release
from tomobench.desk.volumes import catalogue


@dataclass(frozen=True)
class Explained:
    """``explained``: the cells that both sides have, in their order. ``left``: the reason by cell that one has not."""

    explained: tuple[Explanation, ...]
    left: dict[Cell, str]


def ready(root: Path, releases: list[Release], volume: str) -> tuple[ReleasePython, ReleasePython]:
    """The Pythons of two releases, installed, and the volume made ready. Raises UserError."""
    catalogue.ensure(volume)
    # asv says on stdout what it installs; that is for the answer alone.
    with contextlib.redirect_stdout(sys.stderr), running.on_volume(volume):
        before, after = pythons.make_ready(root, releases)
    return before, after


def explain(
    root: Path, before: ReleasePython, after: ReleasePython, volume: str, cells: Sequence[Cell]
) -> Explained:
    """As :func:`both`. Raises UserError, too, where none of the cells is there on both sides."""
    found = both(root, before, after, volume, cells)
    if not found.explained:
        raise UserError(
            f"nothing to explain: {next(iter(found.left.values()), 'no cell was named')}"
        )
    return found


def both(
    root: Path, before: ReleasePython, after: ReleasePython, volume: str, cells: Sequence[Cell]
) -> Explained:
    """Why the counts of cells on a volume differ between two sides that are installed.

    ``root``: the repository's folder. What was profiled before is not profiled again. Raises UserError where a side
    can't be profiled.
    """
    sides = (before, after)
    profiles = list(zip(*asking.ask(root, sides, volume, cells, asking.WORK)))
    left = {
        cell: reason
        for cell, found in zip(cells, profiles)
        if (reason := _reason(sides, found)) is not None
    }
    there = [(cell, found) for cell, found in zip(cells, profiles) if cell not in left]
    called = difference.renamed(*([one[side] for _, one in there] for side in (0, 1)))
    explained = {cell: difference.explain(cell, one, other, called) for cell, (one, other) in there}
    explained |= _with_memory(root, sides, volume, explained)
    return Explained(tuple(explained.values()), left)


def _with_memory(
    root: Path, sides: Sequence[ReleasePython], volume: str, found: dict[Cell, Explanation]
) -> dict[Cell, Explanation]:
    """The explanations of cells whose peaks differ, with the lines that hold memory then."""
    cells = [cell for cell, one in found.items() if difference.other_peak(one)]
    if not cells:
        return {}
    both = zip(*asking.ask(root, sides, volume, cells, asking.MEMORY))
    return {
        cell: replace(found[cell], memory=difference.compare_memory(*each))
        for cell, each in zip(cells, both)
        if _reason(sides, each) is None
    }


def _reason(sides: Sequence[ReleasePython], found: Sequence[dict[str, Any]]) -> str | None:
    """Why a cell is missing on a side; None where it is there on both."""
    for side, one in zip(sides, found):
        if "impossible" in one:
            return f"n/a in {side.version}: {one['impossible']}"
        if "failed" in one:
            return f"it failed in {side.version}: {one['failed']}"
    return None
