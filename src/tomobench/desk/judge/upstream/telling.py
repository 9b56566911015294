"""What a bisection found, in words and as a table."""

from collections.abc import Callable
from typing import Any

from tomobench.desk.judge import sentences
from tomobench.desk.judge.upstream import bisection
from tomobench.desk.judge.upstream.bisection import ValueChange
from tomobench.desk.judge.upstream.sides import ChangedSide, Ends
from tomobench.desk.measure.cells import COUNTED, FAILED, CellValue
from tomobench.desk.releases.clone import Commit
from tomobench.desk.results.table import Table

COLUMNS = ("commit", "day", "before", "after", "subject", "link", "note")
STEPS = ("commit", "day", "commits", "value", "unit", "state", "subject", "link")
MOST_SKIPPED = 5
"""Commits that can't be built, of which the reason is told; of more it says how many."""
BAR = 40
"""Characters of the longest bar."""


def quantity(unit: str) -> Callable[[CellValue], str]:
    """How a value of this unit is said."""

    def said(value: CellValue) -> str:
        if value.state == COUNTED:
            return sentences.quantity(value.value, unit)
        return f"failure ({value.reason})" if value.state == FAILED else value.state

    return said


def changes(between: Ends, sides: list[ChangedSide], unit: str) -> Table:
    """A row for each change, the largest first."""
    said = quantity(unit)
    records = [
        dict(zip(COLUMNS, (*_row(side.commits, one, said), of_side(between, side.of_first))))
        for side, one in largest(sides)
    ]
    return Table(records, headings=COLUMNS)


def largest(sides: list[ChangedSide]) -> list[tuple[ChangedSide, ValueChange]]:
    """The changes of all sides, the largest first."""
    every = [(side, one) for side in sides for one in side.found.changes]
    return sorted(every, key=lambda one: -one[1].weight)


def _row(
    commits: list[Commit], one: ValueChange, said: Callable[[CellValue], str]
) -> tuple[Any, ...]:
    commit = commits[one.last]
    name = commit.short
    if one.skipped:
        name = f"{commits[one.first + 1].short}..{commit.short}, one of {len(one.skipped) + 1}"
    return (
        *(name, f"{commit.date:%Y-%m-%d}", said(one.before), said(one.after)),
        *(commit.subject, commit.address),
    )


def remarks(between: Ends, sides: list[ChangedSide], unit: str) -> list[str]:
    """What is to be said beside the table, a line each."""
    said = quantity(unit)
    lines = []
    if not between.straight:
        lines.append(f"{parted(between)}, which was measured first")
    for side in sides:
        lines += _of_side(side, said)
    if not any(side.found.changes or side.found.small for side in sides):
        lines.append("no step of it is larger than what the count differs by from run to run")
    return lines


def parted(between: Ends) -> str:
    """Where the two ends part, which are not on one line."""
    return (
        f"{between.names[0]} is not on the line of {between.names[1]}: they part at "
        f"{_named(between.fork)}"
    )


def of_side(between: Ends, of_first: bool) -> str | None:
    """What is to be said of a commit for the side it is on."""
    return f"was only on the branch of {between.names[0]}" if of_first else None


def _of_side(side: ChangedSide, said: Callable[[CellValue], str]) -> list[str]:
    found, commits = side.found, side.commits
    lines = []
    ordered = sorted([*found.changes, *found.small], key=lambda one: one.first)
    if len(ordered) > 1:
        times = {2: "twice"}.get(len(ordered), f"{len(ordered)} times")
        where = "; ".join(
            f"between {commits[one.first].short} and {commits[one.last].short} "
            f"({said(one.before)} → {said(one.after)})"
            for one in ordered
        )
        lines.append(f"changed {times}: {where}")
    if found.small:
        lines.append(
            f"{len(found.small)} of these are under {bisection.SMALL:.0%} of the whole and were not looked into"
        )
    if found.unbuildable:
        reasons = list(found.unbuildable.values())
        more = len(reasons) - MOST_SKIPPED
        lines.append(f"skipped, as they can't be measured: {len(reasons)} commits")
        lines += [f"  {one}" for one in reasons[:MOST_SKIPPED]]
        lines += [f"  … and {more} more"] if more > 0 else []
    return lines


def drawing(
    commits: list[Commit],
    values: list[CellValue | None],
    benchmark: str,
    unit: str,
) -> str:
    """The steps of a cell along a line of commits: a line for each run of equal values, with a bar."""
    said = quantity(unit)
    runs = _runs(values, benchmark, unit)
    most = max((value.value for *_, value in runs if value.state == COUNTED), default=0)
    rows = []
    for first, number, value in runs:
        long = round(BAR * value.value / most) if value.state == COUNTED and most > 0 else 0
        rows.append(
            {
                "from": _named(commits[first]),
                "commits": str(number),
                "value": said(value),
                "": "█" * long,
            }
        )
    return Table(rows).text()


def steps(
    commits: list[Commit], values: list[CellValue | None], benchmark: str, unit: str
) -> Table:
    """The same for a program: a row for each run of equal values, with the commit that it begins with.

    ``commits``: how many of the run were counted. ``value`` is in ``unit``, None where ``state`` is not "counted".
    """
    records = [
        dict(zip(STEPS, _step(commits[first], number, value, unit)))
        for first, number, value in _runs(values, benchmark, unit)
    ]
    return Table(records, digits={"commits": "d", "value": ",.6g"}, headings=STEPS)


def _step(commit: Commit, number: int, value: CellValue, unit: str) -> tuple[Any, ...]:
    counted = value.value if value.state == COUNTED else None
    return (
        *(commit.short, f"{commit.date:%Y-%m-%d}", number, counted, unit, value.state),
        *(commit.subject, commit.address),
    )


def _runs(
    values: list[CellValue | None], benchmark: str, unit: str
) -> list[tuple[int, int, CellValue]]:
    """Runs of equal values: the first place, how many were counted, the value."""
    found = bisection.steps(values, bisection.differ(benchmark, unit))
    return [
        (first, sum(one is not None for one in values[first : last + 1]), value)
        for first, last, value in found
    ]


def _named(commit: Commit) -> str:
    subject = commit.subject if len(commit.subject) <= 60 else f"{commit.subject[:57]}…"
    return f"{commit.short} {commit.date:%Y-%m-%d} {subject}"
