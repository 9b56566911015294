"""What turns say: swapped, scaled, equal, and how often an interval that stopped the race is right."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made.race import turns
from tomobench.desk.measure.race.estimate import estimate
from tomobench.desk.measure.race.turns import arrange

SEEDS = st.integers(0, 2**32 - 1)


def cell_of(times, **options):
    return arrange(turns(times, **options), sorted(times))["m.time_x"]


@given(SEEDS, st.floats(0.2, 5))
def test_swapping_the_releases_inverts_the_ratio(seed, factor):
    cell = cell_of({"a": 1e-3, "b": factor * 1e-3}, seed=seed)
    one, other = estimate(cell, "a", "b"), estimate(cell, "b", "a")
    assert one.ratio == pytest.approx(1 / other.ratio)
    assert (one.low, one.high) == pytest.approx((1 / other.high, 1 / other.low))
    assert one.p == pytest.approx(other.p) and one.renewals == other.renewals


@given(SEEDS, st.floats(0.01, 100))
def test_a_release_that_takes_n_times_as_long_has_a_ratio_n_times_as_large(seed, factor):
    plain = estimate(cell_of({"a": 1e-3, "b": 1e-3}, seed=seed), "a", "b")
    scaled = estimate(cell_of({"a": 1e-3, "b": factor * 1e-3}, seed=seed), "a", "b")
    assert scaled.ratio == pytest.approx(factor * plain.ratio)
    assert scaled.half_width == pytest.approx(plain.half_width)


@given(SEEDS, st.floats(0, 100))
def test_what_slows_the_machine_down_for_all_changes_nothing(seed, drift):
    still = estimate(cell_of({"a": 1e-3, "b": 2e-3}, seed=seed, drift=0), "a", "b")
    stormy = estimate(cell_of({"a": 1e-3, "b": 2e-3}, seed=seed, drift=drift), "a", "b")
    assert stormy == pytest.approx(still)


@given(SEEDS, st.permutations(["a", "b", "c"]))
def test_other_releases_in_the_race_change_nothing(seed, order):
    rows = list(turns({"a": 1e-3, "b": 2e-3, "c": 3e-3}, seed=seed))
    all_three = arrange(rows, list(order))["m.time_x"]
    two = arrange([row for row in rows if row.release != "c"], ["a", "b"])["m.time_x"]
    assert estimate(all_three, "a", "b") == pytest.approx(estimate(two, "a", "b"))


def test_a_release_against_itself_in_the_same_turns_is_one():
    one = estimate(cell_of({"a": 1e-3, "b": 1e-3}), "a", "a")
    assert (one.ratio, one.low, one.high, one.p) == (1, 1, 1, 1)


def test_equal_releases_are_seldom_called_different_and_the_interval_holds_the_truth():
    found = [estimate(cell_of({"a": 1e-3, "b": 1e-3}, seed=n), "a", "b") for n in range(400)]
    inside = np.mean([one.low <= 1 <= one.high for one in found])
    assert 0.92 <= inside <= 0.98
    assert np.mean([one.p < 0.05 for one in found]) == pytest.approx(1 - inside)
    assert np.exp(np.mean(np.log([one.ratio for one in found]))) == pytest.approx(1, abs=0.003)


def test_ten_percent_is_found():
    found = [
        estimate(cell_of({"a": 1e-3, "b": 1.1e-3}, seed=n, renewals=12), "a", "b")
        for n in range(50)
    ]
    assert all(one.low > 1 and one.p < 0.01 for one in found)
    assert np.median([one.ratio for one in found]) == pytest.approx(1.1, abs=0.01)


def test_too_few_renewals_say_so():
    one = estimate(cell_of({"a": 1e-3, "b": 2e-3}, renewals=1), "a", "b")
    assert one.ratio == pytest.approx(2, rel=0.3) and one.renewals == 1
    assert math.isnan(one.p) and math.isnan(one.low) and math.isnan(one.half_width)
    rows = [row for row in turns({"a": 1e-3, "b": 2e-3}) if row.release == "a"]
    none = estimate(arrange(rows, ["a", "b"])["m.time_x"], "a", "b")
    assert none.renewals == 0 and math.isnan(none.ratio)
