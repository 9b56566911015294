"""A series: what one machine measured in one environment, every benchmark's cells over the
releases.

The values are matrices, one row for a benchmark and cell, one column for a release, so that a whole
history is compared in a few array operations.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from tomobench.desk.judge.kinds import Kind, higher_is_better, kind_of
from tomobench.desk.measure.race.turns import Race
from tomobench.desk.releases.history import History
from tomobench.desk.results.reading import Row

MEASURED, NA, FAILED, MISSING = "measured", "n/a", "failed", "not measured"
"""What is known of a cell. MISSING: there is no result, or none of this version of the
benchmark."""

CI_LEVEL = 0.99
"""The level of the interval that asv keeps of a median (asv_runner.statistics.compute_stats)."""

CI_QUANTILE = float(ndtri((1 + CI_LEVEL) / 2))
"""How many standard errors of a normal distribution reach from the median to an end of it."""


@dataclass(frozen=True)
class Line:
    """A benchmark at one cell of its parameters: a row of a series. ``cell`` is as in
    results.Row."""

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
        values = ", ".join(value for _, value in self.cell)
        return f"{self.benchmark}({values})" if self.cell else self.benchmark


@dataclass(frozen=True)
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
    values: np.ndarray
    states: np.ndarray
    spread: np.ndarray
    runners: list[str | None]
    race: Race | None = None
    elsewhere: dict[str, list[set[str]]] = field(default_factory=dict)

    @cached_property
    def measured(self) -> np.ndarray:
        """Which cells hold a number: booleans, (lines, releases)."""
        return self.states == MEASURED

    @cached_property
    def raced_elsewhere(self) -> np.ndarray:
        """``elsewhere`` as booleans, (lines, sets, releases): which releases each set holds."""
        most = max((len(sets) for sets in self.elsewhere.values()), default=0)
        found = np.zeros((len(self.lines), most, len(self.releases)), dtype=bool)
        for row, line in enumerate(self.lines):
            for place, raced in enumerate(self.elsewhere.get(line.name, ())):
                found[row, place] = [release in raced for release in self.releases]
        return found

    @cached_property
    def exact(self) -> np.ndarray:
        """Which lines are of exact kind: booleans, (lines,)."""
        return np.array([line.kind is Kind.EXACT for line in self.lines], dtype=bool)

    @cached_property
    def worse_is(self) -> np.ndarray:
        """+1 for the lines where more is worse, -1 where less is: (lines,)."""
        return np.array([-1 if line.higher_is_better else 1 for line in self.lines])

    def select(self, lines: np.ndarray) -> "Series":
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

    def matching(self, pattern: str | None) -> np.ndarray:
        """Which lines the regular expression finds, as ``asv run --bench`` would: booleans,
        (lines,)."""
        found = [pattern is None or bool(re.search(pattern, line.name)) for line in self.lines]
        return np.array(found, dtype=bool)


def build(rows: Iterable[Row], history: History, runners: dict[tuple, str]) -> list[Series]:
    """Arrange ``rows`` into series, by machine, volume and environment.

    ``runners`` maps (machine, environment, release) to the version of asv_runner. Releases that are
    not in ``history`` are left out: nothing says where they stand.
    """
    order = {release.hash: n for n, release in enumerate(history.releases)}
    groups: dict[tuple, list[Row]] = {}
    for row in rows:
        if row.release in order:
            groups.setdefault((row.machine, row.volume, row.environment), []).append(row)
    return [_build(key, groups[key], order, runners) for key in sorted(groups)]


def _build(key: tuple, rows: list[Row], order: dict[str, int], runners: dict[tuple, str]) -> Series:
    machine, volume, environment = key
    releases = sorted({row.release for row in rows}, key=order.__getitem__)
    column = {release: n for n, release in enumerate(releases)}
    first: dict[tuple, Row] = {}
    keys = [_key(row) for row in rows]
    for name, row in zip(keys, rows):
        first.setdefault(name, row)
    place = {name: n for n, name in enumerate(first)}
    at = [place[name] for name in keys], [column[row.release] for row in rows]
    shape = (len(first), len(releases))
    values, spread = np.full(shape, np.nan), np.full(shape, np.nan)
    states = np.full(shape, MISSING, dtype="<U12")
    states[at] = [_state(row) for row in rows]
    values[at] = [row.value if row.measured else math.nan for row in rows]
    spread[at] = [own_spread(row.stats) if row.measured else math.nan for row in rows]
    return Series(
        machine,
        environment,
        volume,
        releases,
        [_line(row) for row in first.values()],
        values,
        states,
        spread,
        [runners.get((machine, environment, release)) for release in releases],
    )


def _key(row: Row) -> tuple:
    return row.benchmark, row.version, row.cell, row.unit, row.type


def _line(row: Row) -> Line:
    return Line(row.benchmark, row.version, row.cell, row.unit, kind_of(row.type, row.unit))


def _state(row: Row) -> str:
    if row.measured:
        return MEASURED
    return FAILED if row.value is None else NA


def own_spread(found: dict | None) -> float:
    """The standard error of ln(median), from the 99 % interval that asv keeps; NaN if there is
    none.

    The samples of one process are not independent, so this is the least that it can be.
    """
    if not found:
        return math.nan
    low, high = found.get("ci_99_a") or math.nan, found.get("ci_99_b") or math.nan
    if not (0 < low <= high < math.inf):
        return math.nan
    return math.log(high / low) / (2 * CI_QUANTILE)
