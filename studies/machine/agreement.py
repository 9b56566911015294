"""Do two machines say the same? ``python -m studies.machine.agreement OTHER`` writes results/machines.csv

OTHER is a clone whose results are those of another machine. The results of this clone's ``reference`` are compared with
its ``reference``: their counts, which layout is the quickest, and what another release changes. Only what both
have of the same release, volume, benchmark, version and cell is compared. Of times, plain runs are. Counts that one machine
lent to another are left out.
"""

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from asv.results import Results

from tomobench.desk.judge.kinds import CLOCKED, Kind, kind_of, repeatability
from tomobench.desk.publish.docs.queries import MACHINE
from tomobench.desk.releases import lock
from tomobench.desk.results import reading
from tomobench.desk.results.reading import Row
from tomobench.desk.results.table import Table

FILE = Path("results", "machines.csv")

FEWEST_LAYOUTS = 5
"""With fewer cells than these, a benchmark leaves no choice worth the name."""

BY_LAYOUT = ("read.", "write.")
"""Suites whose cells are layouts, and whose times are of the same job in each."""

SPANS = [("2.18.7", "3.4.2", 1.5), ("2.18.7", "3.4.2", 1.25), ("3.3.0", "3.4.2", 1.25)]
"""From which release to which, and by more than which factor a time changes to be counted."""


@dataclass(frozen=True)
class ComparedCounts:
    """``compared``: counts that both machines have; ``different``: how many of them differ, by benchmark."""

    compared: int
    different: dict[str, int]

    @property
    def equal(self) -> int:
        return self.compared - sum(self.different.values())


@dataclass(frozen=True)
class Choice:
    """What it costs to take, on one machine, the layout that is the quickest on the other.

    ``loss``: by how much more time it takes than that machine's own quickest, as a share.
    """

    release: str
    volume: str
    benchmark: str
    loss: float


@dataclass(frozen=True)
class MatchedRows:
    """The two machines' rows of one cell."""

    one: Row
    other: Row


def main(other: str) -> None:
    root = lock.find_root()
    both = [measured_there(root, MACHINE), measured_there(Path(other), MACHINE)]
    if not all(both):
        sys.exit(f"agreement: no results of {MACHINE} are in {root if not both[0] else other}")
    found = table(pairs(*both), {one.version: one.hash for one in lock.load(root).releases})
    found.save(root / FILE)
    print(found.text())


def measured_there(root: Path, machine: str) -> list[Row]:
    """The rows of a machine, but for those that another lent it."""
    lent = _lent(root / "results" / machine)
    return [
        row
        for row in reading.read(root)
        if row.machine == machine and (row.release, row.environment, row.benchmark) not in lent
    ]


def _lent(machine: Path) -> set[tuple[str, str, str]]:
    """Release, environment and benchmark of what another machine counted: it has no duration (see lend_counts)."""
    return {
        (found.commit_hash, found.env_name, name)
        for found in (
            Results.load(str(path), machine_name=machine.name)
            for path in reading.result_files(machine)
        )
        for name in found.get_all_result_keys()
        if found.duration.get(name) is None
    }


def table(several: Collection[MatchedRows], hashes: dict[str, str]) -> Table:
    """What is asked of the pairs, a record each: in how many ``cases``, and of these how many are the ``same``. Of layouts:
    the ``loss`` in the middle, in nine of ten, and the largest, as shares. ``hashes``: releases', by version."""
    empty = dict.fromkeys(("cases", "same", "middle", "nine", "largest"))
    counted = counts(several)
    records = [
        {"asked": "counts", **empty, "cases": counted.compared, "same": counted.equal},
        *(
            {"asked": f"counts that differ, {name}", **empty, "cases": number}
            for name, number in sorted(counted.different.items())
        ),
    ]
    for before, after, beyond in SPANS:
        same, cases = changes(several, hashes[before], hashes[after], beyond)
        asked = f"{before} to {after}, by more than {beyond}"
        records.append({"asked": asked, **empty, "cases": cases, "same": same})
    if losses := [one.loss for one in choices(several)]:
        middle, nine, largest = map(float, np.quantile(losses, [0.5, 0.9, 1]))
        said = {"cases": len(losses), "middle": middle, "nine": nine, "largest": largest}
        records.append({"asked": "layouts", **empty, **said})
    return Table(records, digits=dict.fromkeys(("middle", "nine", "largest"), ".0%"))


def pairs(one: Iterable[Row], other: Iterable[Row]) -> list[MatchedRows]:
    """The rows of two machines that are of the same cell, and have a number or a failure on both."""
    here, there = _by_cell(one), _by_cell(other)
    return [
        MatchedRows(here[key], there[key])
        for key in here
        if key in there and not (_absent(here[key]) and _absent(there[key]))
    ]


def _by_cell(rows: Iterable[Row]) -> dict[tuple[object, ...], Row]:
    return {
        (row.release, row.volume, row.benchmark, row.version, row.cell): row
        for row in rows
        if not row.server and not row.configuration
    }


def counts(several: Iterable[MatchedRows]) -> ComparedCounts:
    """How many counts are equal, of those that are the same in every run of one machine. A failure equals a failure, and
    n/a no number."""
    compared = 0
    different: Counter[str] = Counter()
    for pair in several:
        row = pair.one
        if kind_of(row.type, row.unit) is Kind.EXACT and repeatability(row.benchmark) == (0, 0):
            compared += 1
            different[row.benchmark] += pair.one.value != pair.other.value
    return ComparedCounts(compared, {name: number for name, number in different.items() if number})


def choices(several: Iterable[MatchedRows]) -> list[Choice]:
    """For each access: the layout that ``one`` of the pairs has as the quickest, taken on the other machine."""
    groups: dict[tuple[str, str, str], list[MatchedRows]] = defaultdict(list)
    for pair in several:
        row = pair.one
        if row.type == "time" and row.benchmark.startswith(BY_LAYOUT) and _both_measured(pair):
            groups[row.release, row.volume, row.benchmark].append(pair)
    return [
        Choice(*key, _value(min(cells, key=_of_one).other) / min(map(_of_other, cells)) - 1)
        for key, cells in groups.items()
        if len(cells) >= FEWEST_LAYOUTS
    ]


def changes(
    several: Collection[MatchedRows], before: str, after: str, beyond: float
) -> tuple[int, int]:
    """Of the times that change on ``one`` by more than a factor ``beyond`` from a release to another (hashes): how many
    change the same way on the other machine, and how many there are."""
    places: dict[tuple[object, ...], dict[str, MatchedRows]] = defaultdict(dict)
    for pair in several:
        row = pair.one
        if row.release in (before, after) and row.unit in CLOCKED and _both_measured(pair):
            places[row.volume, row.benchmark, row.cell][row.release] = pair
    steps = [
        (
            _of_one(both[after]) / _of_one(both[before]),
            _of_other(both[after]) / _of_other(both[before]),
        )
        for both in places.values()
        if len(both) == 2
    ]
    clear = [(here, there) for here, there in steps if abs(math.log(here)) > math.log(beyond)]
    return sum((here > 1) == (there > 1) for here, there in clear), len(clear)


def _absent(row: Row) -> bool:
    return row.value is not None and math.isnan(row.value)


def _both_measured(pair: MatchedRows) -> bool:
    return pair.one.measured and pair.other.measured


def _value(row: Row) -> float:
    assert row.value is not None
    return row.value


def _of_one(pair: MatchedRows) -> float:
    return _value(pair.one)


def _of_other(pair: MatchedRows) -> float:
    return _value(pair.other)


if __name__ == "__main__":
    main(*sys.argv[1:])
