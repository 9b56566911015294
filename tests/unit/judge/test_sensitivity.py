"""The least change that a race would have found: the formula against made races."""

import math

import numpy as np
import pytest
from scipy import stats

from tomobench.desk.judge import compare, raced
from tomobench.desk.judge.fresh.sensitivity import POWER, least_change

RENEWALS, SCATTER, CELLS = 8, 0.02, 20


def found(logs: np.ndarray) -> np.ndarray:
    """Which made races (rows of ln ratio) a verdict calls slower, as one changed cell among CELLS."""
    mean, error = logs.mean(axis=1), logs.std(axis=1, ddof=1) / math.sqrt(logs.shape[1])
    p = 2 * stats.t.sf(np.abs(mean) / error, logs.shape[1] - 1)
    return (p <= compare.FALSE_SHARE / CELLS) & (mean >= np.log1p(raced.LEAST))


def test_a_change_of_that_size_is_found_about_as_often_as_it_says():
    draw = np.random.default_rng(7)
    shares = [least_change(draw.normal(0, SCATTER, RENEWALS), CELLS) for _ in range(500)]
    change = np.log1p(np.median(shares))
    made = draw.normal(change, SCATTER, (20_000, RENEWALS))
    assert POWER - 0.05 <= found(made).mean() <= 1
    smaller = draw.normal(change / 2, SCATTER, (20_000, RENEWALS))
    assert found(smaller).mean() < 0.6


def test_a_quiet_race_still_finds_nothing_below_what_counts():
    assert least_change(np.full(10, 0.0), CELLS) == pytest.approx(raced.LEAST)


def test_one_renewal_finds_nothing():
    assert least_change(np.array([0.1]), CELLS) == math.inf


def test_more_cells_and_fewer_renewals_find_less():
    logs = np.random.default_rng(1).normal(0, 10 * SCATTER, 12)
    assert least_change(logs, 40) > least_change(logs, 4)
    assert least_change(logs[:3], 4) > least_change(logs, 4)
