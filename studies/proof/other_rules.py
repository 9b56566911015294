"""What others would say of the same samples: rustc-perf, Otava, a bootstrap of medians."""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import stats

from studies.proof.samples import Pair
from tomobench.desk.errors import UserError

FEWEST = 4
"""Changes that a benchmark's history must have before quartiles are taken of it."""

LEVEL, RESAMPLES, SEED = 0.99, 2000, 10445
"""The bootstrap's interval, its resamples, and the seed they are drawn with."""


def quartiles(change: float, history: Sequence[float]) -> bool | None:
    """rustc-perf's rule (docs/comparison-analysis.md there): is the change farther from nothing than
    the upper quartile of the benchmark's earlier changes, and three interquartile ranges?

    ``change`` and ``history``: relative changes or ln(ratio), with sign. None for too short a
    history.
    """
    if len(history) < FEWEST:
        return None
    low, high = np.percentile(np.abs(history), [25, 75])
    return bool(abs(change) > high + 3 * (high - low))


def change_points(before: np.ndarray, after: np.ndarray, package: Path) -> bool | None:
    """Whether Otava's change point detection, as it is set by default, finds any in a series that
    goes from ``before`` to ``after``. None where the ``package`` is not installed."""
    if not (package / "otava").exists():
        return None
    if str(package) not in sys.path:
        sys.path.append(str(package))
    found, _ = importlib.import_module("otava.analysis").compute_change_points([*before, *after])
    return bool(found)


def bootstrap(pair: Pair) -> bool:
    """Whether the bootstrapped interval of ln(median after / median before) leaves out 0.

    The medians are those of the renewals: the times of one process are not independent.
    """
    before, after = pair.medians
    if len(before) < 2:
        raise UserError("a bootstrap needs two renewals or more")

    def change(one, other, axis):
        return np.log(np.median(other, axis=axis) / np.median(one, axis=axis))

    interval = stats.bootstrap(
        (before, after),
        change,
        n_resamples=RESAMPLES,
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return not interval.low <= 0 <= interval.high
