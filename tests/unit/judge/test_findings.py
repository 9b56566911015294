"""Made series with known steps, through the code that reads asv's files."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.made.history import (
    FILES,
    HISTORY_OF_24,
    NAN,
    RATIO,
    READ,
    VERSIONS,
    MadeHistory,
    environment_of,
)
from tomobench.desk.judge import compare, findings, noise, project, series
from tomobench.desk.judge.kinds import Kind, differs, higher_is_better, kind_of
from tomobench.desk.results import calibration

CALIBRATED = 0.03
"""The made noise of a calibrated machine: the standard deviation of ln(value) from run to run."""


def records(made, spread=CALIBRATED, runs=6, benchmark=READ, cells=("'16×16×16'",)):
    """A calibration of some cells, and of enough others for a distribution of spreads."""
    one = (environment_of("phantom-128"), "3.4.2")
    found = [
        calibration.Spread(*one, f"{benchmark}({cell})", "1", "timed", runs, spread)
        for cell in cells
    ]
    others = np.random.default_rng(1).chisquare(runs - 1, 40) / (runs - 1)
    return found + [
        calibration.Spread(*one, f"other({n})", "1", "timed", runs, spread * math.sqrt(scale))
        for n, scale in enumerate(others)
    ]


def history_of(made, calibration=()) -> findings.Steps:
    (one,) = project.load(made.root).series("desk")
    return findings.Steps(one, noise.of(one, list(calibration)), list(made.versions))


def steps(made, name, calibration=()) -> list[tuple]:
    """Change, release, release before, repaired in and repairs of each finding of a benchmark, in
    order."""
    return sorted(
        (one.release, one.change, one.compared_with, one.repaired, one.repairs)
        for one in history_of(made, calibration).steps()
        if one.line.benchmark == name and not one.drift
    )


def test_tiers_and_directions():
    assert kind_of("track", "files") is Kind.EXACT
    assert kind_of("track", "seconds") is Kind.TIMED
    assert kind_of("time", "seconds") is kind_of("peakmem", "bytes") is Kind.TIMED
    assert higher_is_better("voxel bytes / stored bytes") and not higher_is_better("seconds")


def test_exact_numbers_are_compared_exactly(made):
    made.series(FILES, [1000, 1000, 1001, 1001, 1000, 1000, 1000, 999])
    made.save()
    assert steps(made, FILES) == [
        ("3.0.8", "worse", "2.18.7", "3.2.0", None),
        ("3.2.0", "better", "3.1.0", None, "3.0.8"),
        ("3.4.2", "better", "3.4.0", None, None),
    ]


def test_more_is_better_for_a_ratio(made):
    made.series(RATIO, [1.2, 1.2, 1.1999, 1.2, 1.3, 1.3, 1.3, 1.3])
    made.save()
    assert steps(made, RATIO) == [
        ("3.0.8", "worse", "2.18.7", "3.1.0", None),
        ("3.1.0", "better", "3.0.8", None, "3.0.8"),
        ("3.2.0", "better", "3.1.0", None, None),
    ]


def test_exact_numbers_within_their_own_repeatability(made):
    made.series(FILES, [1000, 1002, 1000, 1003, 1003, 1003, 1003, 1003])
    made.save()
    own = calibration.Spread(
        environment_of("phantom-128"), "3.4.2", f"{FILES}('16×16×16')", "1", "exact", 5, 2.0
    )
    assert steps(made, FILES, [own]) == [("3.1.0", "worse", "3.0.8", None, None)]


def test_the_peak_of_memory_may_differ_as_it_does_from_run_to_run(made):
    peak = "counts.Chunks.track_peak_memory"
    made.declare(peak, "bytes")
    small, large = 30_000, 10_000_000
    made.series(
        peak,
        [small, small + 16_000, small, small + 17_000, large, large + 90_000, large, 2 * large],
    )
    made.save()
    assert [(release, change) for release, change, *_ in steps(made, peak)] == [
        ("3.1.0", "worse"),
        ("3.2.0", "worse"),
        ("3.4.2", "worse"),
    ]


def test_a_peak_that_came_back_within_its_tolerance_is_repaired(made):
    peak = "counts.Chunks.track_peak_memory"
    made.declare(peak, "bytes")
    made.series(peak, [100e6, 100e6, 100e6, 200e6, 200e6, 101e6, 101e6, 101e6])
    made.save()
    (worse, better) = sorted(steps(made, peak))
    assert worse == ("3.1.0", "worse", "3.0.8", "3.3.0", None)
    assert better[:2] == ("3.3.0", "better")


@pytest.mark.parametrize(
    ("before", "after"), [(1e5, 1.15e5), (1e5, 1.24e5), (1e5, 1.3e5), (1e3, 1.5e4), (1e3, 2e4)]
)
def test_a_count_differs_by_one_rule_wherever_it_is_asked(made, before, after):
    peak = "counts.Chunks.track_peak_memory"
    made.declare(peak, "bytes")
    made.series(peak, [before] * 4 + [after] * 4)
    made.save()
    assert bool(steps(made, peak)) == differs(peak, before, after)


STEPS = {
    "up": ([1, 1, 1, 1.3, 1.3, 1.3, 1.3, 1.3], [("3.1.0", "worse", "3.0.8", None, None)]),
    "down": ([1, 1, 1, 1, 1, 0.7, 0.7, 0.7], [("3.3.0", "better", "3.2.0", None, None)]),
    "newest": ([1] * 7 + [1.5], [("3.4.2", "worse", "3.4.0", None, None)]),
    "spike": (
        [1, 1, 1, 1, 1.6, 1, 1, 1],
        [("3.2.0", "worse", "3.1.0", "3.3.0", None), ("3.3.0", "better", "3.2.0", None, "3.2.0")],
    ),
    "slow, then repaired": (
        [1, 1, 1.5, 1.5, 1.5, 1.5, 1, 1],
        [("3.0.8", "worse", "2.18.7", "3.4.0", None), ("3.4.0", "better", "3.3.0", None, "3.0.8")],
    ),
    "repaired in part": (
        [1, 1, 2, 2, 1.5, 1.5, 1.5, 1.5],
        [("3.0.8", "worse", "2.18.7", None, None), ("3.2.0", "better", "3.1.0", None, None)],
    ),
    "missing releases": (
        [1, "", "", 1, "", 1.4, "", 1.4],
        [("3.3.0", "worse", "3.1.0", None, None)],
    ),
    "n/a and back": (
        [1, 1, NAN, NAN, 1.4, 1.4, 1.4, 1.4],
        [("3.2.0", "worse", "2.18.7", None, None)],
    ),
    "fails, then repaired": (
        [1, 1, 1, None, None, 1, 1, 1],
        [("3.1.0", "fails", "3.0.8", "3.3.0", None)],
    ),
    "flat": ([1.0, 1.01, 0.99, 1, 1.02, 1, 0.98, 1], []),
    "a thirteenfold step beside small ones": (
        [1, 13, 13, 13.2, 14, 13, 13.5, 13],
        [("2.18.7", "worse", "2.18.6", None, None)],
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_steps_of_times(made, name):
    values, expected = STEPS[name]
    made.series(READ, values)
    made.series(FILES, [1] * 8)
    made.save()
    assert steps(made, READ, records(made)) == expected


def test_releases_between_that_were_not_measured_are_named(made):
    made.series(FILES, [1, "", "", 2, 2, 2, 2, 2])
    made.save()
    (one,) = history_of(made).steps()
    assert one.unmeasured == ("2.18.7", "3.0.8")


def test_drift_is_found_over_releases_though_no_step_is(made):
    made.series(READ, [1.08**n for n in range(8)])
    made.save()
    found = list(history_of(made, records(made)).steps())
    assert [(one.drift, one.release, one.compared_with, one.change) for one in found] == [
        (True, "3.4.2", "2.18.6", "worse")
    ]
    assert found[0].ratio == pytest.approx(1.08**7)


def test_without_calibration_only_large_changes_are_found(made):
    made.series(READ, [1, 1, 1.5, 1.5, 4.5, 4.5, 4.5, 4.5])
    made.save()
    assert steps(made, READ) == [("3.2.0", "worse", "3.1.0", None, None)]


@pytest.mark.parametrize("spread", [None, 0.0])
def test_one_sample_is_no_less_uncertain_than_the_machine(made, spread):
    made.series(READ, [1, 1, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3], spread=spread)
    made.save()
    assert [one[0] for one in steps(made, READ, records(made))] == ["3.0.8"]
    assert steps(made, READ) == []


def test_a_run_that_was_restless_itself_is_believed_less(made):
    made.series(READ, [1, 1, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2], spread=0.15)
    made.save()
    assert steps(made, READ, records(made)) == []


def test_zero(made):
    made.declare("counts.track_retries", "requests", params=(), names=())
    made.series("counts.track_retries", [0, 0, 3, 3, 0, 0, 0, 0])
    made.series(READ, [1, 0, 1, 1, 1, 1, 1, 1], spread=None)
    made.save()
    history = history_of(made, records(made))
    (up, down) = sorted(history.steps(), key=lambda one: one.release)
    assert (up.change, up.ratio, up.repaired, down.ratio) == ("worse", math.inf, "3.2.0", 0)
    row = [line.benchmark for line in history.series.lines].index(READ)
    assert list(history.neighbours.verdict[row, :3]) == [compare.NONE, compare.NONE, compare.NONE]


def test_against_a_chosen_release(made):
    made.series(FILES, [3, 3, 4, 4, 5, 5, 4, 4])
    made.save()
    found = {
        one.release: (one.change, one.before, one.after)
        for one in history_of(made).against("3.4.2")
    }
    assert found == {
        "2.18.6": ("better", 4, 3),
        "2.18.7": ("better", 4, 3),
        "3.2.0": ("worse", 4, 5),
        "3.3.0": ("worse", 4, 5),
    }


def test_runs_of_different_runners_are_not_compared(made):
    made.series(READ, [1, 1, 1, 9, 9, 9, 9, 9])
    made.series(FILES, [1, 1, 1, 9, 9, 9, 9, 9])
    made.save()
    for version in VERSIONS[3:]:
        made.installed(version, environment_of("phantom-128"), "0.4.0")
    assert steps(made, READ, records(made)) == []
    assert [one[0] for one in steps(made, FILES)] == ["3.1.0"]


def test_nothing_is_found_where_nothing_changed(tmp_path):
    """24 releases × 200 cells of noise alone, calibrated by six runs of the same noise: 4,600
    comparisons."""
    cells = [f"'{n}'" for n in range(200)]
    made = MadeHistory(tmp_path, HISTORY_OF_24)
    made.declare(READ, "seconds", "time", (cells,))
    random = np.random.default_rng(20)
    sigma = 0.1 * np.sqrt(
        1 / random.gamma(3, 1 / 3, len(cells))
    )  # some cells are far noisier than others
    for version in made.versions:
        made.measured(version, READ, *np.exp(sigma * random.normal(size=len(cells))), spread=0.01)
    made.save()
    (one,) = project.load(tmp_path).series("desk")
    runs = np.exp(sigma * random.normal(size=(6, len(cells))))
    calibration = [
        noise.spreads(line, one.environment, "3.4.2", runs[:, n])
        for n, line in enumerate(one.lines)
    ]
    history = findings.Steps(one, noise.of(one, calibration), list(made.versions))
    assert (history.neighbours.verdict != compare.NONE).sum() == 23 * len(cells)
    assert len(history.steps()) == 0


def test_prior_is_what_the_spreads_were_drawn_from():
    random = np.random.default_rng(3)
    variances = 0.05**2 / (random.chisquare(8, 500) / 8) * random.chisquare(5, 500) / 5
    drawn = [
        calibration.Spread("", "", str(n), "", "timed", 6, math.sqrt(v))
        for n, v in enumerate(variances)
    ]
    scale, weight = noise._prior(drawn)
    assert math.sqrt(scale) == pytest.approx(0.05, rel=0.1)
    assert weight == pytest.approx(8, rel=0.5)


LINES = [
    series.Line("a.time_x", "1", (), "seconds", Kind.TIMED),
    series.Line("a.track_y", "1", (), "files", Kind.EXACT),
    series.Line("a.track_z", "1", (), "voxel bytes / stored bytes", Kind.EXACT),
]


def small_series(values) -> series.Series:
    values = np.array(values, dtype=float)
    states = np.where(np.isfinite(values), series.MEASURED, series.NA)
    releases = list(HISTORY_OF_24[: values.shape[1]])
    return series.Series(
        "m",
        "e",
        "v",
        releases,
        LINES,
        values,
        states,
        np.full(values.shape, np.nan),
        [None] * len(releases),
    )


number = st.floats(1e-6, 1e6)
table = st.integers(2, 6).flatmap(
    lambda n: st.lists(
        st.lists(st.one_of(number, st.just(NAN)), min_size=n, max_size=n), min_size=3, max_size=3
    )
)


@settings(deadline=None)
@given(table)
def test_arithmetic_holds_for_any_numbers(values):
    one = small_series(values)
    for found in itertools.chain(
        [compare.with_the_one_before(one, noise.of(one, []))],
        (compare.with_one(one, noise.of(one, []), column) for column in range(len(one.releases))),
    ):
        made = np.isfinite(found.ratio)
        assert (made == (found.verdict != compare.NONE)).all()
        assert (found.low[made] <= found.ratio[made]).all() and (
            found.ratio[made] <= found.high[made]
        ).all()
        assert (found.low[1:][made[1:]] == found.ratio[1:][made[1:]]).all()
        changed = found.verdict[0] >= compare.WORSE
        assert not (changed & (found.low[0] <= 1) & (found.high[0] >= 1)).any()
        assert ((found.verdict[1] == compare.SAME) == (found.ratio[1] == 1)).all()
        assert ((found.verdict[2] == compare.BETTER) == (found.ratio[2] > 1)).all()


@settings(deadline=None)
@given(number, number)
def test_there_and_back_are_opposites(before, after):
    one = small_series([[before, after]] * 3)
    spread = noise.of(one, [])
    there, back = compare.with_one(one, spread, 0), compare.with_one(one, spread, 1)
    assert there.ratio[:, 1] * back.ratio[:, 0] == pytest.approx(1)
    assert there.low[:, 1] * back.high[:, 0] == pytest.approx(1)
    opposite = {
        compare.WORSE: compare.BETTER,
        compare.BETTER: compare.WORSE,
        compare.SAME: compare.SAME,
    }
    assert [opposite[one] for one in there.verdict[:, 1]] == list(back.verdict[:, 0])
