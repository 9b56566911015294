"""Releases compared, cell by cell: ratio, interval, and whether it is a change.

Exact numbers are compared exactly, or within the repeatability that was measured for them. For
times and memory, ln(after / before) is compared with the noise of the two runs: a t-test whose
spread was measured beforehand, over fresh processes (noise.py), because the samples inside one
process are not independent.

One release has as many tests as there are cells, so those of one release against one other are a
family, in which the share of false findings is held down (Benjamini and Hochberg 1995). Not all
releases together: where one release changes everything, as 3.0.8 does, that would let false
findings into the quiet ones.
"""

from collections.abc import Set
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from tomobench.desk.arrays import Array
from tomobench.desk.judge import raced
from tomobench.desk.judge.noise import Noise
from tomobench.desk.judge.series import FAILED, MISSING, Series

NONE, SAME, WORSE, BETTER, FAILS = range(5)
"""Verdicts. NONE: nothing was compared. FAILS: it was measured before, and fails."""

FALSE_SHARE = 0.01
"""The share of false findings that is allowed among a release's findings; if nothing has changed at
all, the chance that a release has any."""

INTERVAL = 0.95
"""The level of the interval given for each ratio."""


@dataclass(frozen=True, repr=False)
class Compared:
    """Arrays of one shape. ``before``: the column compared with, -1 for none; ``verdict``: see
    above.

    ``ratio`` is after / before and [``low``, ``high``] its interval, equal to it of exact kind;
    ``p`` is the chance of such a ratio if nothing had changed, NaN of exact kind.
    """

    before: Array
    ratio: Array
    low: Array
    high: Array
    p: Array
    verdict: Array

    def select(self, lines: Array) -> "Compared":
        """What is said of these lines only (indices)."""
        return Compared(**{name: value[lines] for name, value in vars(self).items()})


def with_the_one_before(series: Series, noise: Noise, beside: Set[str] = frozenset()) -> Compared:
    """Compare each release with the last one before it in which the same cell was measured; ``beside``: the releases
    that none is compared with."""
    columns = np.arange(len(series.releases))
    able = np.array([one not in beside for one in series.releases], dtype=bool)
    latest = np.maximum.accumulate(np.where(series.measured & able, columns, -1), axis=1)
    before = _shifted(latest)
    found = against(series, noise, before)
    there = (series.states != MISSING) & able
    known = np.maximum.accumulate(np.where(there, columns, -1), axis=1)
    earlier = np.take_along_axis(series.states, np.maximum(_shifted(known), 0), axis=1)
    # A benchmark that failed before, too, broke there and not here.
    found.verdict[(found.verdict == FAILS) & (earlier == FAILED)] = NONE
    return found


def _shifted(columns: Array) -> Array:
    """What each release says, said of the next one; -1 of the first."""
    return np.hstack([np.full((len(columns), 1), -1), columns[:, :-1]])


def with_one(series: Series, noise: Noise, column: int) -> Compared:
    """Compare each release with the one in ``column``."""
    before = np.where(series.measured[:, [column]], column, -1)
    before = np.repeat(before, len(series.releases), axis=1)
    before[:, column] = -1
    return against(series, noise, before)


def against(series: Series, noise: Noise, before: Array) -> Compared:
    """Compare each cell with that of the column ``before`` (lines, releases) says, as one family a
    column."""
    rows, columns = np.indices(before.shape)
    ratio, low, high, p = estimate(series, noise, rows, before, columns)
    verdict = _verdict(series, noise, rows, before, columns, ratio, certain(series, ratio, p))
    failed = (series.states == FAILED) & (before >= 0)
    verdict[failed] = FAILS
    verdict[raced.compared_elsewhere(series, rows, before, columns)] = NONE
    return Compared(before, ratio, low, high, p, verdict)


def estimate(
    series: Series, noise: Noise, rows: Array, before: Array, after: Array
) -> tuple[Array, ...]:
    """Ratio, interval and p of the cells (rows, after) against (rows, before): arrays of one shape.

    NaN where they can't be compared: not measured, a time of zero, other versions of asv_runner,
    fewer than two renewals of a race. A ratio to zero is infinite. p is NaN where a race tells.
    """
    if series.race is not None:
        return raced.estimate(series, rows, before, after)
    one, other = series.values[rows, before], series.values[rows, after]
    sampled = ~series.exact[rows]
    ends = [(rows[sampled], column[sampled]) for column in (before, after)]
    usable = (before >= 0) & np.isfinite(one) & np.isfinite(other)
    usable[sampled] &= (one[sampled] > 0) & (other[sampled] > 0)
    usable[sampled] &= _one_runner(series, before[sampled], after[sampled])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(usable, np.where(one == other, 1.0, other / one), np.nan)
    p, low, high = np.full(ratio.shape, np.nan), ratio.copy(), ratio.copy()
    error = np.hypot(*(_error(series, noise, *end) for end in ends))
    freedom = noise.freedom[rows[sampled]]
    p[sampled] = 2 * stdtr(freedom, -np.abs(np.log(ratio[sampled])) / error)
    half = stdtrit(freedom, (1 + INTERVAL) / 2) * error
    low[sampled] *= np.exp(-half)
    high[sampled] *= np.exp(half)
    p[raced.compared_elsewhere(series, rows, before, after)] = np.nan
    return ratio, low, high, p


def _error(series: Series, noise: Noise, rows: Array, columns: Array) -> Array:
    """The standard error of ln(value): the calibrated one, or what the run itself shows if that is
    more."""
    answer: Array = np.fmax(noise.sigma[rows], series.spread[rows, columns])
    return answer


def _one_runner(series: Series, before: Array, after: Array) -> Array:
    names = {name: n for n, name in enumerate({one for one in series.runners if one}, 1)}
    number = np.array([names[one] if one else 0 for one in series.runners])
    one, other = number[before], number[after]
    answer: Array = (one == other) | (one == 0) | (other == 0)
    return answer


def family_wise(p: Array) -> Array:
    """Which of each column's ``p`` are findings; NaN are no tests."""
    found = np.zeros(p.shape, dtype=bool)
    for column in range(p.shape[1]):
        tests = np.isfinite(p[:, column])
        if tests.any():
            found[tests, column] = false_discovery(p[tests, column]) <= FALSE_SHARE
    return found


def false_discovery(p: Array) -> Array:
    """The least share of false findings at which each of a family's tests (1-D) is one.

    The step-up procedure of Benjamini and Hochberg 1995, "Controlling the false discovery rate",
    J. R. Stat. Soc. B 57(1):289-300: p × tests / rank, made to rise with p. (SciPy has it in
    scipy.stats, whose import takes a second.)
    """
    order = np.argsort(p)
    scaled = p[order] * (len(p) / np.arange(1, len(p) + 1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.minimum(adjusted, 1)


def certain(series: Series, ratio: Array, p: Array) -> Array:
    """Which of each column's comparisons are changes: booleans, of the shape of ``p``."""
    found = family_wise(p)
    return found if series.race is None else found & raced.large_enough(ratio)


def differences(series: Series, rows: Array, before: Array, after: Array, ratio: Array) -> Array:
    """By how much cells differ, in their unit; of a race as a share."""
    if series.race is not None:
        return ratio - 1  # taken within the turns: the medians may lie the other way round
    answer: Array = series.values[rows, after] - series.values[rows, before]
    return answer


def tolerance(series: Series, noise: Noise, rows: Array, values: Array) -> Array:
    """By how much cells of exact kind with these values may differ without a change."""
    relative, absolute = series.allowed
    least = np.fmax(noise.tolerance, absolute)[rows]
    answer: Array = np.fmax(least, relative[rows] * np.abs(values))
    return answer


def _verdict(
    series: Series,
    noise: Noise,
    rows: Array,
    before: Array,
    after: Array,
    ratio: Array,
    significant: Array,
) -> Array:
    one = series.values[rows, before]
    difference = differences(series, rows, before, after, ratio)
    changed = np.where(
        series.exact[rows], np.abs(difference) > tolerance(series, noise, rows, one), significant
    )
    worse = difference * series.worse_is[rows] > 0
    verdict = np.where(changed, np.where(worse, WORSE, BETTER), SAME)
    return np.where(np.isnan(ratio), NONE, verdict).astype(np.int8)
