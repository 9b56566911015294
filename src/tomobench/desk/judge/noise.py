"""How much a number differs from run to run when nothing has changed: measured, or assumed and said
so.

Five runs say little of one cell, but hundreds of cells say how spreads are distributed on this
machine, so each cell's is drawn towards that: an empirical Bayes estimate, Smyth 2004, "Linear
models and empirical Bayes methods for assessing differential expression", Stat. Appl. Genet. Mol.
Biol. 3(1):3, section 4.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from tomobench.desk.arrays import Array
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.series import Line, Series
from tomobench.desk.results import answers
from tomobench.desk.results.calibration import ASSUMED, FLOOR, Spread

FEWEST = 8
"""Cells needed before their spreads say how spreads are distributed."""


@dataclass(frozen=True)
class Noise:
    """For each line of a series, arrays (lines,).

    ``sigma``: the standard deviation of ln(value) from run to run, ``freedom``: the degrees of
    freedom it was estimated with, ``tolerance``: what exact numbers may differ by, in their unit;
    ``calibrated``: whether this very line was.
    """

    sigma: Array
    freedom: Array
    tolerance: Array
    calibrated: Array


def spreads(line: Line, environment: str, release: str, values: Iterable[float]) -> Spread | None:
    """The record of a cell from its values in several runs; None for less than two usable ones."""
    found = [value for value in values if value > 0 or line.kind is Kind.EXACT]
    if len(found) < 2:
        return None
    spread = np.ptp(found) if line.kind is Kind.EXACT else np.std(np.log(found), ddof=1)
    return Spread(
        environment, release, line.name, line.version, line.kind, len(found), float(spread)
    )


def of(series: Series, records: list[Spread]) -> Noise:
    """The noise of each line, from the records of its machine."""
    timed = [record for record in records if record.tier == Kind.TIMED]
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
            [record.spread if record and record.tier == Kind.EXACT else 0.0 for record in found]
        ),
        np.array([record is not None for record in found], dtype=bool),
    )


def _estimate(record: Spread | None, prior: tuple[float, float]) -> tuple[float, float]:
    """The standard deviation and its degrees of freedom: Smyth 2004, equation of section 4,
    s-tilde."""
    variance, weight = prior
    if record is None or record.tier == Kind.EXACT:
        return (math.sqrt(variance), weight) if weight else (ASSUMED, math.inf)
    own = record.runs - 1
    return math.sqrt((weight * variance + own * record.spread**2) / (weight + own)), weight + own


def _prior(records: list[Spread]) -> tuple[float, float]:
    """The scale of the cells' variances, and how many degrees of freedom that knowledge is worth.

    A variance with d degrees of freedom, drawn where the true ones scatter, is scale × F(d,
    weight). Both are fitted by maximum likelihood; weight 0 where there are too few cells to say.
    """
    if len(records) < FEWEST:
        return 0.0, 0.0
    return _fitted(tuple((max(record.spread, FLOOR), record.runs) for record in records))


@cache
@answers.kept
def _fitted(spreads: tuple[tuple[float, int], ...]) -> tuple[float, float]:
    from scipy import optimize  # half a second; not needed where the answer is kept

    variances = np.array([spread**2 for spread, _ in spreads])
    freedom = np.array([runs - 1 for _, runs in spreads])

    def misfit(guess: Array) -> float:
        scale, weight = np.exp(guess)
        return -float((_log_density(variances / scale, freedom, weight) - np.log(scale)).sum())

    start = [np.log(np.median(variances)), np.log(4)]
    # Beyond these weights nothing changes: the cells are all alike, or have nothing in common.
    bounds = [(None, None), (np.log(0.5), np.log(200))]
    fitted = optimize.minimize(misfit, start, method="Nelder-Mead", bounds=bounds)
    scale, weight = np.exp(fitted.x)
    return float(scale), float(weight)


def _log_density(x: Array, n: Array, m: float) -> Array:
    """ln of the density of Fisher's F with ``n`` and ``m`` degrees of freedom (as scipy.stats.f)."""
    from scipy.special import betaln, xlogy

    found = m / 2 * np.log(m) + n / 2 * np.log(n) + xlogy(n / 2 - 1, x)
    answer: Array = found - ((n + m) / 2) * np.log(m + n * x) - betaln(n / 2, m / 2)
    return answer
