"""Races among the series: a series for each, whose ratios come from its turns and need no calibration."""

import itertools
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from tomobench.desk.arrays import Array
from tomobench.desk.judge.kinds import kind_of
from tomobench.desk.judge.series import FAILED, MEASURED, MISSING, NA, Line, Series
from tomobench.desk.measure.race import estimate as turn_by_turn
from tomobench.desk.measure.race.turns import CellTurns, Race
from tomobench.desk.releases.history import History
from tomobench.desk.results.reading import RACE

FEWEST = 2
"""Renewals without which there is no interval."""

LEAST = 0.035
"""The least change of a raced time that counts, as a share. Two copies of one release can differ by a
little in every renewal, for their files lie in different places: sure, and no change. Of 580 comparisons
of a release with itself (the proof in studies/), three were sure and over 2 %, the largest of 3.4 %: hence the figure.
In 522 later ones, with malloc and the page cache held equal, none was."""


def large_enough(ratio: Array) -> Array:
    """Whether ratios are changes that count, up or down: booleans."""
    with np.errstate(invalid="ignore", divide="ignore"):
        answer: Array = np.abs(np.log(ratio)) >= np.log1p(LEAST)
        return answer


def series(race: Race, benchmarks: dict[str, dict[str, Any]], history: History) -> Series | None:
    """The race as a series; None when it has fewer than two releases or no benchmark of today's.

    ``benchmarks``: asv's descriptions. Cells of another version of their benchmark are left out.
    """
    releases = [one.hash for one in history.releases if one.hash in race.about.releases]
    lines = list(_lines(race, benchmarks))
    if len(releases) < 2 or not lines:
        return None
    places = [[_place(race, line, release) for release in releases] for line in lines]
    values = np.array([[value for value, _ in row] for row in places], dtype=float)
    states = np.array([[state for _, state in row] for row in places], dtype="<U12")
    about = race.about
    return Series(
        about.machine,
        f"{RACE}-{about.environment}",
        about.volume,
        releases,
        lines,
        values,
        states,
        np.full(values.shape, np.nan),
        [about.runner] * len(releases),
        race,
    )


def pairs(several: Iterable[Series]) -> dict[str, list[set[str]]]:
    """{line's name: sets of releases} that these series of races compare: see Series.elsewhere."""
    found: dict[str, list[set[str]]] = {}
    for one in several:
        for line, measured in zip(one.lines, one.measured):
            timed = {release for release, there in zip(one.releases, measured) if there}
            found.setdefault(line.name, []).append(timed)
    return found


def estimate(series: Series, rows: Array, before: Array, after: Array) -> tuple[Array, ...]:
    """As compare.estimate, from the turns: ratio, interval and p of (rows, after) on (rows, before)."""
    places = np.broadcast(rows, before, after)
    found = [_estimate(series, *place) for place in places]
    return tuple(np.array(found, dtype=float).reshape(*places.shape, 4)[..., n] for n in range(4))


def compared_elsewhere(series: Series, rows: Array, before: Array, after: Array) -> Array:
    """Which pairs of cells a race compares, and this series therefore does not: booleans."""
    rows, before, after = np.broadcast_arrays(rows, before, after)
    sets = series.raced_elsewhere
    found: Array = series.raced_at_all[rows] & (before >= 0)
    row, one, other = rows[found], before[found], after[found]
    found[found] = (sets[row, :, one] & sets[row, :, other]).any(axis=-1)
    return found


def _estimate(series: Series, row: int, before: int, after: int) -> tuple[float, ...]:
    cell = series.race.cells.get(series.lines[row].name) if series.race else None
    if before < 0 or cell is None or not series.measured[row, [before, after]].all():
        return (np.nan,) * 4
    found = _told(cell, series.releases[before], series.releases[after])
    if found.renewals < FEWEST:
        return (np.nan,) * 4
    return found.ratio, found.low, found.high, found.p


@lru_cache(maxsize=1 << 15)
def _told(cell: CellTurns, before: str, after: str) -> turn_by_turn.RaceRatio:
    """What the turns say of two releases: kept, as several pages ask for the same pair."""
    return turn_by_turn.estimate(cell, before, after)


def _lines(race: Race, benchmarks: dict[str, dict[str, Any]]) -> Iterable[Line]:
    wanted = set(race.about.benchmarks)
    for name, version in race.about.versions.items():
        benchmark = benchmarks.get(name)
        if benchmark is None or benchmark["version"] != version:
            continue
        kind = kind_of(benchmark["type"], benchmark["unit"])
        for values in itertools.product(*benchmark["params"]):
            cell = tuple(zip(benchmark["param_names"], values))
            line = Line(name, version, cell, benchmark["unit"], kind)
            if line.name in wanted:
                yield line


def _place(race: Race, line: Line, release: str) -> tuple[float, str]:
    medians = race.medians(line.name, release)
    if len(medians):
        return float(np.median(medians)), MEASURED
    last = race.without_a_time(line.name, release)
    return np.nan, {"n/a": NA, "failed": FAILED}.get(last.kind if last else "", MISSING)
