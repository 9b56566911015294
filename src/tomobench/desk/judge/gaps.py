"""What could not be compared, said release by release: a gap is never "no regression"."""

from collections.abc import Iterator, Mapping

import numpy as np

from tomobench.bench.grids import ONLY_ON
from tomobench.desk.arrays import Array
from tomobench.desk.judge.compare import Compared
from tomobench.desk.judge.series import MISSING, NA, Series
from tomobench.desk.judge.subjects import place_of
from tomobench.desk.judge.tiers import UNSAFE_WAYS
from tomobench.desk.releases.history import History


def disappeared(
    series: Series, before: Mapping[str, str | None]
) -> Iterator[tuple[str, str, list[str]]]:
    """Releases that have no result of cells that the one ``before`` them has (hashes): both, and the benchmarks'
    names. One that the series does not hold has none at all."""
    place = {release: column for column, release in enumerate(series.releases)}
    for release, earlier in before.items():
        if earlier is None or earlier not in place:
            continue
        missing = series.measured[:, place[earlier]]
        if release in place:
            missing = missing & (series.states[:, place[release]] == MISSING)
        if missing.any():
            yield release, earlier, _benchmarks(series, missing)


def no_longer_possible(
    series: Series, columns: list[int], before: list[int]
) -> Iterator[tuple[str, str, list[str]]]:
    """Releases in ``columns`` that skip (n/a) cells that the one ``before`` has a value of: both, and the benchmarks'
    names. ``before``: its column for each, -1 for none. Not of ways that are unsafe by design: whether they lose
    anything in a run is luck."""
    for column, earlier in zip(columns, before):
        if earlier < 0:
            continue
        skipped = series.measured[:, earlier] & (series.states[:, column] == NA)
        for row in np.flatnonzero(skipped):
            skipped[row] = place_of(series.lines[row]).subject.access not in UNSAFE_WAYS
        if skipped.any():
            yield series.releases[column], series.releases[earlier], _benchmarks(series, skipped)


def of_one_line(
    series: Series, columns: list[int], before: list[int], history: History
) -> list[int]:
    """``before``, as in :func:`no_longer_possible`, -1 where a cell that is n/a tells nothing of a release: another line
    has other ways, and of a volume that is measured in part, the suite chooses which."""
    if series.volume in ONLY_ON:
        return [-1] * len(columns)
    lines = [history.find(one).line for one in series.releases]
    return [
        earlier if earlier >= 0 and lines[earlier] == lines[column] else -1
        for column, earlier in zip(columns, before)
    ]


def last_known(series: Series, column: int) -> int:
    """The column of the last release before one of which anything is known; -1 for none."""
    known = np.flatnonzero((series.states[:, :column] != MISSING).any(axis=0))
    return int(known[-1]) if len(known) else -1


def incomparable(
    series: Series, compared: Compared, columns: list[int], before: list[int]
) -> Iterator[tuple[str, list[str]]]:
    """Releases in ``columns`` with values of which, and of those of the one ``before``, no ratio could be made.
    ``before``: its column for each, -1 where it was not measured."""
    for column, earlier in zip(columns, before):
        tried = series.measured[:, column] & (compared.before[:, column] == earlier)
        tried &= earlier >= 0
        lost = tried & np.isnan(compared.ratio[:, column])
        if lost.any():
            yield series.releases[column], _benchmarks(series, lost)


def first_measured(series: Series, columns: list[int]) -> Iterator[tuple[str, list[str]]]:
    """Releases in ``columns``, but the series' first, that are the first with a result of some
    cells."""
    for column in columns:
        new = series.measured[:, column] & (series.states[:, :column] == MISSING).all(axis=1)
        if column and new.any():
            yield series.releases[column], _benchmarks(series, new)


def _benchmarks(series: Series, lines: Array) -> list[str]:
    return sorted({series.lines[n].benchmark for n in np.flatnonzero(lines)})
