"""Who did it, for a whole history: each fact, and the commit of zarr-python that brought or repaired it."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tomobench.desk import digits
from tomobench.desk.judge.examination import Answer
from tomobench.desk.judge.facts import Key, WrongFact
from tomobench.desk.judge.series import FAILED, Series
from tomobench.desk.judge.series import MEASURED as HAS_A_VALUE
from tomobench.desk.judge.subjects import place_of
from tomobench.desk.judge.tier import Tier
from tomobench.desk.judge.tiers import HARMS
from tomobench.desk.judge.upstream import asked, bisection, sides, table, telling
from tomobench.desk.judge.upstream.asked import AnyFact, AskedCell
from tomobench.desk.judge.upstream.sides import ChangedSide, NothingToFind
from tomobench.desk.judge.upstream.table import FactCommit
from tomobench.desk.measure.cells import CellValue, Counting
from tomobench.desk.releases.clone import Clone
from tomobench.desk.releases.commits import Unbuildable
from tomobench.desk.releases.history import History
from tomobench.desk.releases.release import Release

COUNTED = (Tier.WRONG, Tier.TRAFFIC, Tier.WORK)
"""The tiers whose facts are all counts; of the others those that were raced are asked about."""


@dataclass(frozen=True)
class FactTask:
    """A fact to find the commits of. ``first`` and ``last``: versions, the range that is looked through; ``cell``:
    None where ``state`` says already why nothing can be found."""

    tier: Tier
    did: str
    fact: str
    first: str
    last: str
    cell: AskedCell | None
    state: str = ""

    @property
    def row(self) -> FactCommit:
        """The task as a row without a commit."""
        cell = self.cell or AskedCell("", "", False)
        known = (self.last, self.first, self.tier.value, self.did, self.fact)
        nothing = ("",) * 7
        return FactCommit(*known, cell.cell, cell.volume, *nothing, self.state, "")


def tasks(
    answer: Answer, several: list[Series], history: History, clone: Clone
) -> Iterator[FactTask]:
    """The facts of a history that can be asked about, in order: all counted ones, and the raced ones. Of wheels of one's
    own none: no clone has their tags."""
    main = [one for one in history.branch("main") if not one.own]
    before = {one.hash: main[n - 1] for n, one in enumerate(main) if n}
    every: list[AnyFact] = [*answer.wrong, *answer.facts]
    for fact in every:
        release = history.find(fact.release)
        if release.own:
            continue
        if isinstance(fact, WrongFact):
            if fact.unsafe:
                continue  # by design: no commit did it
            if fact.since == fact.release and release.hash in before:
                yield _brought(fact, before[release.hash], release, several, history, clone)
            yield from _repaired(fact, main, several, history, clone)
            continue
        earlier = history.find(fact.compared_with)
        found = _brought(fact, earlier, release, several, history, clone)
        if fact.tier in COUNTED or (found.cell and found.cell.raced):
            yield found


def _brought(
    fact: AnyFact,
    before: Release,
    release: Release,
    several: list[Series],
    history: History,
    clone: Clone,
) -> FactTask:
    cell = asked.cell_of(fact, several, before.hash)
    said = asked.sentence(fact, history)
    found = FactTask(fact.tier, table.BROUGHT, said, before.version, release.version, cell)
    if before.line != release.line:
        if not isinstance(fact, WrongFact):
            return replace(
                found, state=f"line {release.line} is written anew: no one commit did it"
            )
        found = replace(found, first=_first_of_line(release))
    return _in_the_clone(found, clone)


def _repaired(
    fact: WrongFact, main: list[Release], several: list[Series], history: History, clone: Clone
) -> Iterator[FactTask]:
    """What is wrong in a release and right in the next."""
    place = next((n for n, one in enumerate(main) if one.hash == fact.release), len(main))
    if place + 1 >= len(main):
        return
    after = main[place + 1]
    cell = asked.cell_of(fact, several, after.hash)
    if cell and _is_repaired(several, cell, fact.release, after.hash):
        right, bad = _how_many(fact, several, after.hash), len(fact.cells)
        where = "" if right == bad else f" in {right} of {digits.several(bad, 'cell')}"
        said = f"No longer{where}: {asked.sentence(fact, history)}"
        task = FactTask(fact.tier, table.REPAIRED, said, main[place].version, after.version, cell)
        yield _in_the_clone(task, clone)


def _first_of_line(release: Release) -> str:
    """The first release of a line, by its number: it may have been yanked."""
    return f"{release.line}.0.0" if "." not in release.line else f"{release.line}.0"


def _in_the_clone(task: FactTask, clone: Clone) -> FactTask:
    return (
        task
        if clone.has(task.first) and clone.has(task.last)
        else replace(task, state=table.NOT_IN_THE_CLONE)
    )


def _how_many(fact: WrongFact, several: list[Series], after: str) -> int:
    """How many cells of a fact are right in the release ``after``, by all the lines that say that they were wrong."""
    right: dict[Key, bool] = {}
    for series in (one for one in several if one.race is None and fact.release in one.releases):
        column = series.releases.index(fact.release)
        later = series.releases.index(after) if after in series.releases else None
        for row, line in enumerate(series.lines):
            before = float(series.values[row, column])
            failed = series.states[row, column] == FAILED
            if line.name in fact.lines and asked.has(fact, line.unit, failed, before):
                figure = math.nan if later is None else float(series.values[row, later])
                place = place_of(line)
                key = place.subject, place.layout, series.volume
                right[key] = right.get(key, True) and _repairs(line.unit, before, figure)
    return sum(right.values())


def _is_repaired(several: list[Series], cell: AskedCell, release: str, after: str) -> bool:
    """Whether the release ``after`` was measured in a cell, and what ``release`` does wrong there is right."""
    _, before = next(_figures(several, cell, release), ("", math.nan))
    unit, figure = next(_figures(several, cell, after), ("", math.nan))
    return _repairs(unit, before, figure)


def _repairs(unit: str, before: float, after: float) -> bool:
    return HARMS[unit].repairs(before, after) if unit in HARMS else not math.isnan(after)


def _figures(
    several: Iterable[Series], cell: AskedCell, release: str
) -> Iterator[tuple[str, float]]:
    """What plain runs measured of a cell in a release: the unit, and the figure."""
    for series in several:
        if series.race is None and series.volume == cell.volume and release in series.releases:
            column = series.releases.index(release)
            for row in np.flatnonzero(series.states[:, column] == HAS_A_VALUE):
                if series.lines[row].name == cell.cell:
                    yield series.lines[row].unit, float(series.values[row, column])


def together(tasks: Iterable[FactTask], counting: Counting) -> dict[str, list[str]]:
    """Of each counted cell, those that one pass over one store gives with it."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for task in tasks:
        if task.cell and task.cell.cell in counting.cells:
            groups.setdefault(_store(task.cell.cell), []).append(task.cell.cell)
    return {cell: sorted(set(group)) for group in groups.values() for cell in group}


def _store(cell: str) -> tuple[str, str]:
    """A suite and its layout: what is between the access and the end."""
    benchmark, _, values = cell.partition("(")
    return benchmark.rpartition(".")[0], values.partition(", ")[2]


def counted(
    task: FactTask, clone: Clone, counting: Counting, beside: dict[str, list[str]]
) -> list[FactCommit]:
    """The rows of a task whose cell is counted. Raises UserError where the machine was in the way."""
    assert task.cell is not None
    cell, benchmark = task.cell.cell, task.cell.cell.partition("(")[0]
    unit = counting.benchmarks[benchmark]["unit"]
    said = telling.quantity(unit)

    def measure(sha: str) -> CellValue:
        return counting.measure(sha, beside.get(cell, [cell]))[cell]

    between = sides.ends(clone, task.first, task.last)
    differing = bisection.differ(benchmark, unit)
    try:
        sides.require_change(between, measure, differing, said)
        found = sides.changed(clone, between, measure, differing)
    except (NothingToFind, Unbuildable) as error:
        return [replace(task.row, state=str(error))]
    rows = list(_rows(task, found, said))
    return rows or [replace(task.row, state="no single step of it is large enough to be told")]


def _rows(
    task: FactTask, found: list[ChangedSide], said: Callable[..., Any]
) -> Iterator[FactCommit]:
    for side in found:
        changes = side.found.changes
        for one, share in zip(changes, bisection.shares(changes)):
            commit = side.commits[one.last]
            yield replace(
                task.row,
                before=said(one.before),
                after=said(one.after),
                share=f"{share:.2f}",
                commit=commit.sha,
                day=f"{commit.date:%Y-%m-%d}",
                subject=commit.subject,
                pull=str(commit.pull or ""),
                state=state_of(task, len(one.skipped), side.of_first),
            )


def state_of(task: FactTask, skipped: int, of_first: bool) -> str:
    """How sure a commit is: measured, or what is to be said of it. ``skipped``: how many before it have no value."""
    said = [f"was only on the branch of {task.first}"] * of_first
    if skipped:
        said.append(f"this one, or one of {skipped} before it that can't be measured")
    return "; ".join(said) or table.MEASURED
