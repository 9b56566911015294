"""How much a number differs from run to run when nothing has changed: measured, or assumed and said
so.

A calibration holds, for each benchmark and cell, the spread of several fresh runs of one release, or of more than one.
Five runs say little of one cell, but hundreds of cells say how spreads are distributed on this
machine, so each cell's is drawn towards that: an empirical Bayes estimate, Smyth 2004, "Linear
models and empirical Bayes methods for assessing differential expression", Stat. Appl. Genet. Mol.
Biol. 3(1):3, section 4.
"""

import csv
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from scipy import optimize, stats

from tomobench.bench.cache import whole_file
from tomobench.desk.errors import UserError
from tomobench.desk.judge.kinds import Tier
from tomobench.desk.judge.series import Line, Series

FILE = "calibration.csv"
"""Beside the results of its machine: not .json, or asv would take it for a result."""

ASSUMED = 0.18
"""Standard deviation of ln(value) from run to run where nothing was calibrated: the middle of 809
timed cells in the trial on a shared two-core machine that examples.md of the project's design
reports."""

FLOOR = 0.005
"""The least spread that is believed: in a few runs some cells agree by chance, or to a memory
page."""

FEWEST = 8
"""Cells needed before their spreads say how spreads are distributed."""


@dataclass(frozen=True)
class Record:
    """A cell's spread over the runs of one release. ``cell`` is Line.name.

    ``spread``: the sample standard deviation of ln(value) in the timed tier; the greatest
    difference, in the benchmark's unit, in the exact tier.
    """

    environment: str
    release: str
    cell: str
    version: str
    tier: str
    runs: int
    spread: float


@dataclass(frozen=True)
class Noise:
    """For each line of a series, arrays (lines,).

    ``sigma``: the standard deviation of ln(value) from run to run, ``freedom``: the degrees of
    freedom it was estimated with, ``tolerance``: what exact numbers may differ by, in their unit;
    ``calibrated``: whether this very line was.
    """

    sigma: np.ndarray
    freedom: np.ndarray
    tolerance: np.ndarray
    calibrated: np.ndarray


def spreads(line: Line, environment: str, release: str, values: Iterable[float]) -> Record | None:
    """The record of a cell from its values in several runs; None for less than two usable ones."""
    found = [value for value in values if value > 0 or line.tier is Tier.EXACT]
    if len(found) < 2:
        return None
    spread = np.ptp(found) if line.tier is Tier.EXACT else np.std(np.log(found), ddof=1)
    return Record(
        environment, release, line.name, line.version, line.tier, len(found), float(spread)
    )


def save(path: Path, records: Iterable[Record]) -> None:
    """Write a calibration, whole or not at all."""
    with whole_file(path, "w") as file:
        writer = csv.DictWriter(file, [one.name for one in fields(Record)], lineterminator="\n")
        writer.writeheader()
        for record in records:
            writer.writerow({**asdict(record), "spread": f"{record.spread:.4g}"})


def load(path: Path) -> list[Record]:
    """Read a calibration; nothing if there is none. Raises UserError for a damaged one."""
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if reader.fieldnames != [one.name for one in fields(Record)]:
                raise ValueError("its first line is not that of a calibration")
            return [_record(row) for row in reader]
    except (OSError, LookupError, ValueError, TypeError, csv.Error) as error:
        raise UserError(
            f"{path.parent.name}/{path.name} is damaged ({type(error).__name__}: {error}): "
            "restore it from git, or make it again with tomobench calibrate"
        ) from None


def _record(row: dict) -> Record:
    record = Record(**{**row, "runs": int(row["runs"]), "spread": float(row["spread"])})
    if record.runs < 2 or not 0 <= record.spread < math.inf:
        raise ValueError(f"{record.cell} has spread {record.spread} of {record.runs} runs")
    return record


def of(series: Series, records: list[Record]) -> Noise:
    """The noise of each line, from the records of its machine."""
    timed = [record for record in records if record.tier == Tier.TIMED]
    prior = _prior(timed)
    # Where several releases were calibrated, the one in which a cell scatters most speaks for all.
    known = {
        (one.environment, one.cell, one.version): one
        for one in sorted(records, key=lambda one: one.spread)
    }
    found = [known.get((series.environment, line.name, line.version)) for line in series.lines]
    estimates = [_estimate(record, prior) for record in found]
    return Noise(
        np.array([max(sigma, FLOOR) for sigma, _ in estimates]),
        np.array([freedom for _, freedom in estimates]),
        np.array(
            [record.spread if record and record.tier == Tier.EXACT else 0.0 for record in found]
        ),
        np.array([record is not None for record in found], dtype=bool),
    )


def _estimate(record: Record | None, prior: tuple[float, float]) -> tuple[float, float]:
    """The standard deviation and its degrees of freedom: Smyth 2004, equation of section 4,
    s-tilde."""
    variance, weight = prior
    if record is None or record.tier == Tier.EXACT:
        return (math.sqrt(variance), weight) if weight else (ASSUMED, math.inf)
    own = record.runs - 1
    return math.sqrt((weight * variance + own * record.spread**2) / (weight + own)), weight + own


def _prior(records: list[Record]) -> tuple[float, float]:
    """The scale of the cells' variances, and how many degrees of freedom that knowledge is worth.

    A variance with d degrees of freedom, drawn where the true ones scatter, is scale × F(d,
    weight). Both are fitted by maximum likelihood; weight 0 where there are too few cells to say.
    """
    if len(records) < FEWEST:
        return 0.0, 0.0
    variances = np.array([max(record.spread, FLOOR) ** 2 for record in records])
    freedom = np.array([record.runs - 1 for record in records])

    def misfit(guess):
        scale, weight = np.exp(guess)
        return -stats.f.logpdf(variances, freedom, weight, scale=scale).sum()

    start = [np.log(np.median(variances)), np.log(4)]
    # Beyond these weights nothing changes: the cells are all alike, or have nothing in common.
    bounds = [(None, None), (np.log(0.5), np.log(200))]
    fitted = optimize.minimize(misfit, start, method="Nelder-Mead", bounds=bounds)
    return tuple(float(value) for value in np.exp(fitted.x))
