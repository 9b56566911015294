"""Findings: what changed, in which release, against which one, and what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tomobench.desk.arrays import Array
from tomobench.desk.judge import compare, noise, raced
from tomobench.desk.judge.acknowledged import Acknowledgement
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.noise import Noise
from tomobench.desk.judge.series import FAILED, Line, Series
from tomobench.desk.results.calibration import Spread

WORDS = {compare.WORSE: "worse", compare.BETTER: "better", compare.FAILS: "fails"}

SINGLE = 0.05
"""The level of one test on its own, where a finding is followed and none is looked for."""


class PlainRatio(NamedTuple):
    """The ratio of plain runs, [``low``, ``high``] its interval."""

    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class Finding:
    """A change of one cell. ``before`` and ``after`` are in the line's unit; after is NaN if it
    fails.

    ``change``: worse, better or fails. ``drift``: it came over several releases, each step too
    small to be told. ``ratio``, ``low`` and ``high`` are NaN if it fails. ``unmeasured``: the
    releases in between without a value. ``repaired``: the later release that undid it; ``repairs``:
    the one this undoes. ``attributable``: whether it is a step between neighbours, or from a chosen
    release, so that one release is to blame. ``run``: what plain runs say of a raced pair.
    """

    series: Series
    line: Line
    release: str
    compared_with: str
    change: str
    before: float
    after: float
    ratio: float
    low: float
    high: float
    calibrated: bool
    drift: bool = False
    unmeasured: tuple[str, ...] = ()
    repaired: str | None = None
    repairs: str | None = None
    acknowledged: Acknowledgement | None = None
    attributable: bool = True
    run: "PlainRatio | None" = None

    @property
    def raced(self) -> bool:
        """Whether ratio and interval come from a race, and not from runs and a calibration."""
        return self.series.race is not None

    @property
    def bad(self) -> bool:
        return self.change != WORDS[compare.BETTER]

    @property
    def kind(self) -> Kind:
        """Whether it can be certain: a benchmark that fails fails, whatever it would have
        measured."""
        return Kind.EXACT if self.change == WORDS[compare.FAILS] else self.line.kind

    @property
    def worth(self) -> float:
        """How much worse, to sort by: ln(ratio) in the bad direction; infinite if it fails."""
        if np.isnan(self.ratio):
            return np.inf
        with np.errstate(divide="ignore"):
            return float(np.log(self.ratio)) * (-1 if self.line.higher_is_better else 1)


@dataclass(frozen=True, repr=False)
class Steps:
    """One series against the history of releases: ``main`` holds the hashes of the branch, in
    order; ``own`` those of wheels of one's own, which take no published release's place."""

    series: Series
    noise: Noise
    main: list[str]
    own: frozenset[str] = frozenset()

    @cached_property
    def neighbours(self) -> compare.Compared:
        return compare.with_the_one_before(self.series, self.noise, self.own)

    def steps(self) -> list[Finding]:
        """Each release against the one before, with what was repaired later, and drifts."""
        found = self._findings(self.neighbours)
        repaired = self._repaired([place for place, finding in found.items() if finding.bad])
        names = self.series.releases
        for (row, column), later in repaired.items():
            found[row, column] = replace(found[row, column], repaired=names[later])
            if (row, later) in found:
                found[row, later] = replace(found[row, later], repairs=names[column])
        return [*found.values(), *self._drifts()]

    def against(self, release: str) -> list[Finding]:
        """Every release against one of them."""
        column = self.series.releases.index(release)
        return list(self._findings(compare.with_one(self.series, self.noise, column)).values())

    def _findings(self, compared: compare.Compared) -> dict[tuple[int, int], Finding]:
        places = np.argwhere(np.isin(compared.verdict, list(WORDS)))
        return {(row, column): self._finding(compared, row, column) for row, column in places}

    def _finding(self, compared: compare.Compared, row: int, column: int) -> Finding:
        before = compared.before[row, column]
        ratio, low, high = (getattr(compared, one)[row, column] for one in ("ratio", "low", "high"))
        return self._made(
            row, before, column, WORDS[compared.verdict[row, column]], (ratio, low, high)
        )

    def _made(
        self,
        row: int,
        before: int,
        column: int,
        change: str,
        interval: tuple[float, float, float],
        drift: bool = False,
    ) -> Finding:
        series = self.series
        ratio, low, high = map(float, interval)
        return Finding(
            series,
            series.lines[row],
            series.releases[column],
            series.releases[before],
            change,
            float(series.values[row, before]),
            float(series.values[row, column]),
            ratio,
            low,
            high,
            bool(self.noise.calibrated[row]) or series.race is not None,
            drift,
            () if drift else self._between(row, before, column),
        )

    def _between(self, row: int, before: int, column: int) -> tuple[str, ...]:
        """The releases on main between two columns in which this cell has no value."""
        ends = [self.series.releases[n] for n in (before, column)]
        if not set(ends) <= set(self.main):
            return ()
        first, last = sorted(self.main.index(end) for end in ends)
        measured = {
            release for release, one in zip(self.series.releases, self.series.measured[row]) if one
        }
        passed = measured | self.own
        return tuple(one for one in self.main[first + 1 : last] if one not in passed)

    def _repaired(self, places: list[tuple[int, int]]) -> dict[tuple[int, int], int]:
        """Of each place (row, column) that got worse and was repaired: the first later column that
        is not worse than before the change, and better than after it."""
        series = self.series
        tried = [
            (row, column, later)
            for row, column in places
            for later in range(column + 1, len(series.releases))
        ]
        if not tried:
            return {}
        rows, columns, later = np.array(tried).T
        back = ~self._worse(rows, self.neighbours.before[rows, columns], later)
        back &= (series.states[rows, columns] == FAILED) | self._worse(rows, later, columns)
        first: dict[tuple[int, int], int] = {}
        for n in np.flatnonzero(back & series.measured[rows, later]):
            first.setdefault((rows[n], columns[n]), int(later[n]))
        return first

    def _worse(self, rows: Array, before: Array, after: Array) -> Array:
        """Whether cells are worse than others, each tested on its own."""
        series = self.series
        ratio, _, _, p = compare.estimate(series, self.noise, rows, before, after)
        difference = compare.differences(series, rows, before, after, ratio) * series.worse_is[rows]
        allowed = compare.tolerance(series, self.noise, rows, series.values[rows, before])
        large = p < SINGLE
        if series.race is not None:
            large &= raced.large_enough(ratio)
        answer: Array = np.where(series.exact[rows], difference > allowed, large & (difference > 0))
        return answer

    def _drifts(self) -> Iterator[Finding]:
        """Stretches of releases without a step whose ends differ all the same: one family of
        tests."""
        stretches = list(self._stretches(np.flatnonzero(~self.series.exact)))
        if not stretches:
            return
        rows, first, last = np.array(stretches).T
        ratio, low, high, p = compare.estimate(self.series, self.noise, rows, first, last)
        certain = compare.certain(self.series, ratio[:, None], p[:, None])[:, 0]
        for n in np.flatnonzero(certain):
            worse = (ratio[n] - 1) * self.series.worse_is[rows[n]] > 0
            change = WORDS[compare.WORSE if worse else compare.BETTER]
            yield self._made(
                rows[n], first[n], last[n], change, (ratio[n], low[n], high[n]), drift=True
            )

    def _stretches(self, rows: Array) -> Iterator[tuple[int, int, int]]:
        """Row, first and last column of each run of three measured releases or more without a step.

        A pair that a race compares ends a run: what it found is no drift. A wheel of one's own is in no run.
        """
        series, before = self.series, self.neighbours.before[rows]
        steps = np.isin(self.neighbours.verdict[rows], list(WORDS))
        steps |= raced.compared_elsewhere(
            series, rows[:, None], before, np.arange(len(series.releases))
        )
        published = np.array([one not in self.own for one in series.releases], dtype=bool)
        for row, measured, ends in zip(rows, series.measured[rows], steps):
            columns = np.flatnonzero(measured & published)
            for stretch in np.split(columns, np.flatnonzero(ends[columns])):
                if len(stretch) >= 3:
                    yield int(row), int(stretch[0]), int(stretch[-1])


def plain_ratio(one: Finding, plain: list[Series], records: list[Spread]) -> PlainRatio | None:
    """What plain runs of the same volume and environment say of a raced pair; None where there are none.

    ``records``: the calibration of their machine.
    """
    ends = [one.compared_with, one.release]
    where = one.series.volume, one.series.measured_in
    for series in plain:
        if (series.volume, series.measured_in) != where or not {*ends} <= {*series.releases}:
            continue
        rows = [n for n, line in enumerate(series.lines) if line.name == one.line.name]
        for row in rows:
            alone = series.select(np.array([row]))
            before, after = (np.array([series.releases.index(end)]) for end in ends)
            found = compare.estimate(alone, noise.of(alone, records), np.array([0]), before, after)
            if np.isfinite(found[0][0]):
                return PlainRatio(*(float(value[0]) for value in found[:3]))
    return None
