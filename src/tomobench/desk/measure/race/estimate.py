"""What the turns of a race say of two releases: a ratio, how sure it is, and nothing else.

Within a turn both releases ran in the same second or so: the machine's drift is in both times, and
leaves their ratio. Within a renewal the ratios share two processes, whose memory fell as it fell, so a
renewal is one observation: the median over its turns of ln(t_b / t_a). Over the renewals, which are
independent, the mean of these with Student's t.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from tomobench.desk.arrays import Array
from tomobench.desk.measure.race.turns import CellTurns

INTERVAL = 0.95
"""The level of the interval, as that of tomobench regressions."""


class RaceRatio(NamedTuple):
    """``ratio``: the time of b over that of a, [``low``, ``high``] its interval, ``p`` the chance of
    such a ratio if they were equal; ``renewals``: the number of observations. NaN where too few."""

    ratio: float
    low: float
    high: float
    p: float
    renewals: int

    @property
    def half_width(self) -> float:
        """Half the interval's width as a share of the ratio: what --precision asks of."""
        return float(np.log(self.high / self.low) / 2)


def estimate(cell: CellTurns, a: str, b: str, level: float = INTERVAL) -> RaceRatio:
    """How much longer ``b`` takes than ``a`` (hashes of releases). Pure.

    One renewal gives a ratio without an interval; none gives NaN.
    """
    logs = log_ratios(cell, a, b)
    if not len(logs):
        return RaceRatio(np.nan, np.nan, np.nan, np.nan, 0)
    mean = logs.mean()
    if len(logs) == 1:
        return RaceRatio(float(np.exp(mean)), np.nan, np.nan, np.nan, 1)
    error = logs.std(ddof=1) / np.sqrt(len(logs))
    freedom = len(logs) - 1
    half = stdtrit(freedom, (1 + level) / 2) * error
    p = _p(mean, error, freedom)
    ratio, low, high = (float(np.exp(mean + side)) for side in (0, -half, half))
    return RaceRatio(ratio, low, high, p, len(logs))


def log_ratios(cell: CellTurns, a: str, b: str) -> Array:
    """Of each renewal that timed both: the median over its turns of ln(t_b / t_a)."""
    one, other = (cell.seconds[:, :, cell.releases.index(name)] for name in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(other / one)
    logs[~np.isfinite(logs)] = np.nan
    missing = np.isnan(logs)
    if logs.size and not missing.any():
        answer: Array = np.median(logs, axis=1)
        return answer
    return np.array([np.nanmedian(turns) for turns in logs[~missing.all(axis=1)]])


def _p(mean: float, error: float, freedom: int) -> float:
    """Two-sided; certain where every renewal says exactly the same."""
    if error == 0:
        return 1.0 if mean == 0 else 0.0
    return float(2 * stdtr(freedom, -abs(mean) / error))
