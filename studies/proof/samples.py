"""The pairs of a race, with all that is known of them: what is judged, by whatever method."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from studies.proof import variants
from tomobench.desk.errors import UserError
from tomobench.desk.judge import compare, noise
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.series import MEASURED, NA, Line, Series
from tomobench.desk.measure.race import turns
from tomobench.desk.measure.race.turns import Race
from tomobench.desk.results.table import Table

QUIET, LOADED = "quiet", "loaded"
CONDITIONS = (QUIET, LOADED)
"""Nothing else runs; another process keeps one core busy."""

WHEELS = "wheels.csv"
"""Which wheel a hash is: beside the races, in a proof's folder."""


@dataclass(frozen=True)
class Pair:
    """A cell of two wheels in one race: the release itself, and ``variant``.

    ``before`` and ``after``: seconds, (renewals, turns), NaN where there is none. ``log``,
    ``p`` and ``found``: what ``tomobench regressions`` makes of the turns: ln(ratio), the chance of it
    without a change, and whether it calls it a change. ``true``: ln of the ratio that the change
    really has, None where it was not measured; 0 if it is no change.
    """

    race: str
    condition: str
    benchmark: str
    variant: variants.Variant
    before: np.ndarray
    after: np.ndarray
    log: float
    p: float
    found: bool
    true: float | None

    @property
    def touched(self) -> bool:
        return self.variant.touches(self.benchmark)

    @cached_property
    def medians(self) -> tuple[np.ndarray, np.ndarray]:
        """The median over the turns of each renewal, before and after: seconds, (renewals,)."""
        whole = np.isfinite(self.before).any(axis=1) & np.isfinite(self.after).any(axis=1)
        return np.nanmedian(self.before[whole], axis=1), np.nanmedian(self.after[whole], axis=1)

    @cached_property
    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        """All times, before and after: seconds, (samples,)."""
        return tuple(one[np.isfinite(one)] for one in (self.before, self.after))

    @property
    def change(self) -> float:
        """ln of the ratio of the medians of all times: what a method sees that pairs nothing."""
        before, after = self.samples
        return float(np.log(np.median(after) / np.median(before)))


def races(folder: Path) -> list[Race]:
    """The races kept in a proof's folder; a race's name begins with its condition.

    Raises UserError when there is none, or one is damaged.
    """
    found = turns.load_folder(folder.parent, folder.name)
    if not found:
        raise UserError(
            f"there is no race to judge yet on {folder.parent.name}: make prove STEPS=quiet "
            "(TOMOBENCH_MACHINE names another machine)"
        )
    return found


def condition_of(race: Race) -> str:
    """What else ran while a kept race did: QUIET or LOADED."""
    return race.id.partition("-")[0]


def pairs(
    folder: Path, several: Iterable[Race], truths: dict[tuple[str, str, float], float]
) -> list[Pair]:
    """The pairs of races of a proof's folder. ``truths``: see truth.load. Raises UserError."""
    known = {row["hash"]: variants.find(row["label"]) for row in load_table(folder / WHEELS)}
    found: list[Pair] = []
    for race in several:
        if strangers := set(race.about.releases) - set(known):
            raise UserError(f"{folder.name}/{WHEELS} does not say what {min(strangers)} is")
        found += _pairs_of(race, condition_of(race), known, truths)
    return found


def _pairs_of(race: Race, condition: str, known: dict, truths: dict) -> Iterable[Pair]:
    (released,) = [name for name in race.about.releases if known[name] is None]
    series = as_series(race)
    base = series.releases.index(released)
    compared = compare.with_one(series, noise.of(series, []), base)
    for row, column in np.argwhere(compared.verdict != compare.NONE):
        benchmark, release = series.lines[row].name, series.releases[column]
        cell = race.cells[benchmark]
        before, after = (cell.seconds[..., cell.releases.index(one)] for one in (released, release))
        yield Pair(
            race.id,
            condition,
            benchmark,
            known[release],
            before,
            after,
            float(np.log(compared.ratio[row, column])),
            float(compared.p[row, column]),
            bool(np.isin(compared.verdict[row, column], (compare.WORSE, compare.BETTER))),
            true_change(known[release], benchmark, truths),
        )


def as_series(race: Race) -> Series:
    """A race as ``tomobench regressions`` compares it, all its wheels taken for releases."""
    lines = [Line(name, "", (), "seconds", Kind.TIMED) for name in sorted(race.cells)]
    releases = list(race.about.releases)
    medians = [[race.cells[line.name].medians(one) for one in releases] for line in lines]
    values = np.array([[np.median(one) if len(one) else np.nan for one in row] for row in medians])
    states = np.where(np.isfinite(values), MEASURED, NA)
    unknown = np.full(values.shape, np.nan)
    about = race.about
    runners: list[str | None] = [about.runner] * len(releases)
    return Series(
        about.machine, "", about.volume, releases, lines, values, states, unknown, runners, race
    )


def true_change(variant: variants.Variant, benchmark: str, truths: dict) -> float | None:
    """ln(ratio) that was measured for it; 0 where it touches nothing, None where nothing was
    measured."""
    if not variant.touches(benchmark):
        return 0.0
    return truths.get((benchmark, variant.kind, variant.share))


def save_table(path: Path, rows: list[dict]) -> None:
    """Write rows as CSV, whole or not at all; their columns are those of the first."""
    Table(rows).save(path)


def load_table(path: Path) -> list[dict[str, str]]:
    """Read rows back, as texts; nothing if there is no file. Raises UserError for a damaged one."""
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
        if any(None in row or None in row.values() for row in rows):
            raise ValueError("a row has not as many values as the first line")
        return rows
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{path.parent.name}/{path.name} is damaged ({error}): delete it") from None
