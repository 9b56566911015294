"""What a race says beside its ratios, and what it goes on with, where a release fails in some renewals."""

import pytest

from tests.made import race as made
from tomobench.desk.measure.race import race as racing
from tomobench.desk.measure.race import report, turns
from tomobench.desk.measure.race.race import Limits
from tomobench.desk.measure.race.turns import About, Renewal

CELL = "m.time_x"
NAMES = {"a": "3.4.0", "b": "3.4.1", "c": "3.4.2"}
LIMITS = Limits(0.5, 60, 10)


def race_of(folder, said, renewals=6):
    """A race whose release c is timed but in the renewals that ``said`` {renewal: kind} names."""
    about = About(
        "desk", "made", "py", dict.fromkeys(NAMES, ""), [CELL], {CELL: "1"}, "0.3.2", 7, ""
    )
    found = turns.create(folder / "desk" / turns.FOLDER / "x", about)
    rows = list(made.turns(dict.fromkeys(NAMES, 1e-3), renewals))
    for number in range(1, renewals + 1):
        untimed = [("c", CELL, said[number], "boom")] if number in said else []
        mine = [
            one
            for one in rows
            if one.renewal == number and not (one.release == "c" and number in said)
        ]
        found = turns.add(found, Renewal(number, list(NAMES), untimed, {CELL: 1.0}), mine)
    return turns.open_race(found.folder)


def remarks(race):
    return list(report.remarks(race, NAMES, 0.5))


def pairs(race):
    return [(one.against, one.release) for one in report.outcomes(race, NAMES)]


def test_a_release_that_is_timed_throughout_is_no_remark(tmp_path):
    race = race_of(tmp_path, {})
    assert remarks(race) == []
    assert pairs(race) == [("3.4.0", "3.4.1"), ("3.4.1", "3.4.2")]


@pytest.mark.parametrize("failing", [[6], [3, 6], [1, 2, 3, 4, 5, 6]])
def test_a_release_that_fails_in_the_end_is_named_and_has_no_time(tmp_path, failing):
    race = race_of(tmp_path, dict.fromkeys(failing, "failed"))
    line, again = remarks(race)
    where = ("renewals " if failing[1:] else "renewal ") + ", ".join(map(str, failing))
    assert line == f"3.4.2, m.time_x: failed (boom) in {where}"
    assert again.startswith("the same command tries again what failed")
    assert pairs(race) == [("3.4.0", "3.4.1")]


def test_a_release_that_failed_and_was_timed_since_is_named_and_has_a_time(tmp_path):
    race = race_of(tmp_path, {3: "failed"})
    assert remarks(race) == ["3.4.2, m.time_x: failed (boom) in renewal 3, and timed since"]
    assert pairs(race) == [("3.4.0", "3.4.1"), ("3.4.1", "3.4.2")]


def test_what_is_not_there_in_the_end_is_named_without_a_renewal(tmp_path):
    race = race_of(tmp_path, {6: "n/a"})
    assert remarks(race) == ["3.4.2, m.time_x: n/a (boom)"]
    assert pairs(race) == [("3.4.0", "3.4.1")]


@pytest.mark.parametrize(
    ("said", "before", "wanting"),
    [
        ({}, 6, []),
        ({6: "failed"}, 6, [CELL]),  # the next command tries it again
        ({6: "failed"}, 5, []),  # this one has tried it
        ({3: "failed"}, 6, []),  # it was timed since
        ({6: "n/a"}, 6, []),
    ],
)
def test_what_failed_is_tried_again_by_the_next_command_alone(tmp_path, said, before, wanting):
    assert racing.unfinished(race_of(tmp_path, said), LIMITS, before) == wanting
