"""A series: what one machine measured in one environment, every benchmark's cells over the
releases.

The values are matrices, one row for a benchmark and cell, one column for a release, so that a whole
history is compared in a few array operations.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np

from tomobench.desk.arrays import Array
from tomobench.desk.judge.kinds import (
    OBJECTS,
    PER_OBJECT,
    Kind,
    higher_is_better,
    kind_of,
    repeatability,
)
from tomobench.desk.measure.race.turns import Race
from tomobench.desk.releases.history import History
from tomobench.desk.results.reading import Sheet

MEASURED, NA, FAILED, MISSING = "measured", "n/a", "failed", "not measured"
"""What is known of a cell. MISSING: there is no result, or none of this version of the
benchmark."""

CI_LEVEL = 0.99
"""The level of the interval that asv keeps of a median (asv_runner.statistics.compute_stats)."""

CI_QUANTILE = NormalDist().inv_cdf((1 + CI_LEVEL) / 2)
"""How many standard errors of a normal distribution reach from the median to an end of it."""


@dataclass(frozen=True)
class Line:
    """A benchmark at one cell of its parameters: a row of a series. ``cell`` is as in
    reading.Row."""

    benchmark: str
    version: str
    cell: tuple[tuple[str, str], ...]
    unit: str
    kind: Kind

    @property
    def higher_is_better(self) -> bool:
        return higher_is_better(self.unit)

    @cached_property
    def name(self) -> str:
        """``benchmark(value, value)``, as asv spells it where it takes a regular expression."""
        return named(self.benchmark, [value for _, value in self.cell])


def named(benchmark: str, values: Sequence[str]) -> str:
    """A cell as asv spells it: see Line.name."""
    return f"{benchmark}({', '.join(values)})" if values else benchmark


@dataclass(frozen=True, repr=False)  # pytest prints what it compares: gigabytes, of all lines
class Series:
    """Values and states are (lines, releases); ``spread`` too.

    ``releases``: hashes, in the order of the history. ``values``: in each line's unit, NaN where
    nothing was measured. ``spread``: the standard error of ln(value) that the run itself shows, NaN
    if it shows none. ``runners``: the version of asv_runner that measured each release, None if not
    recorded. ``race``: the race that all of it comes from; its ratios are taken within the turns.
    ``elsewhere``: {line's name: sets of releases that were raced on it}: such pairs are compared
    there and not here.
    """

    machine: str
    environment: str
    volume: str
    releases: list[str]
    lines: list[Line]
    values: Array
    states: Array
    spread: Array
    runners: list[str | None]
    race: Race | None = None
    elsewhere: dict[str, list[set[str]]] = field(default_factory=dict)

    @property
    def measured_in(self) -> str:
        """asv's name of the environment that the releases ran in; a race and runs can have it in common."""
        return self.race.about.environment if self.race else self.environment

    @cached_property
    def measured(self) -> Array:
        """Which cells hold a number: booleans, (lines, releases)."""
        answer: Array = self.states == MEASURED
        return answer

    @cached_property
    def raced_elsewhere(self) -> Array:
        """``elsewhere`` as booleans, (lines, sets, releases): which releases each set holds."""
        most = max((len(sets) for sets in self.elsewhere.values()), default=0)
        found = np.zeros((len(self.lines), most, len(self.releases)), dtype=bool)
        for row, line in enumerate(self.lines):
            for place, raced in enumerate(self.elsewhere.get(line.name, ())):
                found[row, place] = [release in raced for release in self.releases]
        return found

    @cached_property
    def raced_at_all(self) -> Array:
        """Which lines were raced on any releases: booleans, (lines,)."""
        return np.asarray(self.raced_elsewhere.any(axis=(1, 2)))

    @cached_property
    def exact(self) -> Array:
        """Which lines are of exact kind: booleans, (lines,)."""
        return np.array([line.kind is Kind.EXACT for line in self.lines], dtype=bool)

    @cached_property
    def allowed(self) -> tuple[Array, Array]:
        """By what share of its value, and by how many of its unit, each line of exact kind may differ
        without a change: two arrays (lines,).

        Calls of the system may differ by fewer than the access has objects.
        """
        with np.errstate(invalid="ignore"):
            objects = {
                line.cell: float(np.nanmax(values, initial=1))
                for line, values in zip(self.lines, self.values)
                if line.benchmark == OBJECTS
            }
        share, count = np.reshape([repeatability(one.benchmark) for one in self.lines], (-1, 2)).T
        few = [
            objects.get(line.cell, 1) - 1 if line.benchmark in PER_OBJECT else 0
            for line in self.lines
        ]
        return share, np.fmax(count, few)

    @cached_property
    def worse_is(self) -> Array:
        """+1 for the lines where more is worse, -1 where less is: (lines,)."""
        return np.array([-1 if line.higher_is_better else 1 for line in self.lines])

    def select(self, lines: Array) -> "Series":
        """The series with these lines only (indices or booleans)."""
        chosen = np.arange(len(self.lines))[lines]
        return replace(
            self,
            lines=[self.lines[n] for n in chosen],
            **{name: getattr(self, name)[chosen] for name in ("values", "states", "spread")},
        )

    def of_releases(self, hashes: Iterable[str]) -> "Series":
        """The series with these releases only, in its own order."""
        chosen = [n for n, release in enumerate(self.releases) if release in set(hashes)]
        return replace(
            self,
            releases=[self.releases[n] for n in chosen],
            runners=[self.runners[n] for n in chosen],
            **{name: getattr(self, name)[:, chosen] for name in ("values", "states", "spread")},
        )

    def matching(self, pattern: str | None) -> Array:
        """Which lines the regular expression finds, as ``asv run --bench`` would: booleans,
        (lines,)."""
        found = [pattern is None or bool(re.search(pattern, line.name)) for line in self.lines]
        return np.array(found, dtype=bool)


def build(
    sheets: Iterable[Sheet], history: History, runners: dict[tuple[Any, ...], str]
) -> list[Series]:
    """Arrange ``sheets`` of one reading into series, by machine, volume and environment.

    ``runners`` maps (machine, environment, release) to the version of asv_runner. Releases that are
    not in ``history`` are left out: nothing says where they stand.
    """
    order = {release.hash: n for n, release in enumerate(history.releases)}
    groups: dict[tuple[Any, ...], list[Sheet]] = {}
    for sheet in sheets:
        if sheet.release in order:
            key = sheet.machine, sheet.volume, sheet.environment
            groups.setdefault(key, []).append(sheet)
    return [_build(key, groups[key], order, runners) for key in sorted(groups)]


def _build(
    key: tuple[Any, ...],
    sheets: list[Sheet],
    order: dict[str, int],
    runners: dict[tuple[Any, ...], str],
) -> Series:
    machine, volume, environment = key
    releases = sorted({sheet.release for sheet in sheets}, key=order.__getitem__)
    column = {release: n for n, release in enumerate(releases)}
    lines: dict[tuple[str, int], int] = {}
    rows = list(_rows(sheets, lines))
    described = {sheet.benchmark: sheet for sheet in sheets}
    shape = (len(lines), len(releases))
    values, spread = np.full(shape, np.nan), np.full(shape, np.nan)
    states = np.full(shape, MISSING, dtype="<U12")
    for sheet, places in zip(sheets, rows):
        at = places, column[sheet.release]
        found = np.array(sheet.values, dtype=float)  # None, of one that failed, is NaN
        measured = ~np.isnan(found)
        values[at] = found
        states[at] = MEASURED if measured.all() else _states(sheet, measured)
        spread[at] = np.where(measured, own_spread(sheet.stats), np.nan)
    return Series(
        machine,
        environment,
        volume,
        releases,
        [_line(described[benchmark], place) for benchmark, place in lines],
        values,
        states,
        spread,
        [runners.get((machine, environment, release)) for release in releases],
    )


def _states(sheet: Sheet, measured: Array) -> Array:
    failed = np.array([value is None for value in sheet.values])
    return np.where(measured, MEASURED, np.where(failed, FAILED, NA))


def _rows(sheets: list[Sheet], lines: dict[tuple[str, int], int]) -> Iterator[list[int]]:
    """Of each sheet, the rows of its numbers. ``lines`` gets the row of each benchmark and cell."""
    before: dict[str, tuple[list[int], list[int]]] = {}
    for sheet in sheets:
        places, rows = before.get(sheet.benchmark, ([], []))
        if places != sheet.places:  # the same cells come in nearly every release
            cells = ((sheet.benchmark, place) for place in sheet.places)
            rows = [lines.setdefault(cell, len(lines)) for cell in cells]
            before[sheet.benchmark] = sheet.places, rows
        yield rows


def _line(sheet: Sheet, place: int) -> Line:
    kind = kind_of(sheet.type, sheet.unit)
    return Line(sheet.benchmark, sheet.version, sheet.cells[place], sheet.unit, kind)


def own_spread(stats: list[dict[str, Any] | None]) -> Array:
    """The standard errors of ln(median), from the 99 % intervals that asv keeps; NaN where there is
    none.

    The samples of one process are not independent, so this is the least that it can be.
    """
    if not any(stats):
        return np.full(len(stats), np.nan)
    ends = [((one or {}).get("ci_99_a"), (one or {}).get("ci_99_b")) for one in stats]
    low, high = np.array(ends, dtype=float).T
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.log(high / low) / (2 * CI_QUANTILE)
        return np.where((low > 0) & (low <= high) & (high < math.inf), found, np.nan)
