"""Two sides as they are named on the command line: found, installed, explained."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tomobench.desk.asv.pythons import ReleasePython
from tomobench.desk.errors import UserError
from tomobench.desk.judge.explain import explaining
from tomobench.desk.judge.explain.cells import Cell
from tomobench.desk.judge.explain.explaining import Explained
from tomobench.desk.judge.fresh import measuring
from tomobench.desk.judge.fresh import subject as subjects
from tomobench.desk.releases import lock


@dataclass(frozen=True)
class ExplainedPair:
    """``before``, ``after``: the versions of two sides. ``found``: why their counts differ."""

    before: str
    after: str
    found: Explained


def explain(
    root: Path, before: str, after: str, volume: str, cells: Sequence[Cell]
) -> ExplainedPair:
    """Why the counts of cells on a volume differ between two sides.

    ``before`` and ``after``: a wheel, a folder to build one from, or a release of releases.lock.json. Raises
    UserError where a side can't be made ready, where both are one wheel, and where neither has a cell.
    """
    with tempfile.TemporaryDirectory(prefix="tomobench-explain-") as scratch:
        one, other = _sides(root, Path(scratch), before, after, volume)
    found = explaining.explain(root, one, other, volume, cells)
    return ExplainedPair(one.version, other.version, found)


def _sides(
    root: Path, scratch: Path, before: str, after: str, volume: str
) -> tuple[ReleasePython, ReleasePython]:
    """Both, installed. Raises UserError, also where they are one wheel."""
    history = lock.load(root)
    one = subjects.find(root, history, before, scratch / "before")
    other = subjects.find(root, history, after, scratch / "after")
    if one.wheel.sha256 == other.wheel.sha256:
        raise UserError(f"{before} and {after} are one wheel: there is nothing to explain")
    with measuring.alone(root):
        beside, late, early = measuring.prepare(root, other, one, volume)
        return explaining.ready(beside.folder, [early, late], volume)
