"""Which releases get which suites on which volumes."""

from dataclasses import dataclass, field

import pytest

from tests.unit.releases.making import wheel
from tomobench.desk.measure.history import steps
from tomobench.desk.releases.hashes import give
from tomobench.desk.releases.history import History

FIRST, LARGER = "phantom-128", "phantom-192x320x320"


@dataclass(frozen=True)
class Environment:
    name: str
    env_vars: dict = field(hash=False)


@pytest.fixture
def found():
    wheels = [
        wheel("3.0.7", 0, yanked="loses data"),
        wheel("3.0.8", 1),
        wheel("3.1.2", 2),
        wheel("3.1.4", 3),
        wheel("3.1.6", 4),
    ]
    history = History(give(wheels))
    environments = [Environment(one, {"volume": one}) for one in (FIRST, LARGER)]
    benchmarks = [
        "counts.Selections.track_requests",
        "counts.Shards.track_requests",
        "selections.Selections.time_read",
        "read.Chunks.time_whole",
    ]
    several = history.choose(["YANKED", "ALL"])
    every = steps.every(several, history.tips(), environments, benchmarks, None)
    return {(one.release.version, one.volume, one.suite): one.names for one in every}


@pytest.mark.parametrize("at_once", [1, 2, 3, 8])
@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_steps_are_spread_where_cores_are_free_and_no_suite_is_cut(at_once, number):
    names = ("calls.Calls.a", "counts.Chunks.a", "counts.Shards.b", "system.Layouts.a")
    several = [steps.Step(wheel("3.1.4", 3), Environment(FIRST, {}), "exact", names)] * number
    found = steps.spread(several, at_once)
    assert len(found) == number * min(3, max(1, at_once // number if number else 1))
    assert sorted(name for step in found for name in step.names) == sorted(names * number)
    suites = [{name.partition(".")[0] for name in step.names} for step in found]
    assert sum(map(len, suites)) == 3 * number


def test_the_longest_suites_are_dealt_out_first_so_that_parts_end_together():
    took = {"a.S.x": 60.0, "b.S.x": 40.0, "b.T.x": 50.0, "c.S.x": 70.0, "d.S.x": 20.0}
    step = steps.Step(wheel("3.1.4", 3), Environment(FIRST, {}), "exact", tuple(took))

    def seconds(one):
        return sum(took[name] for name in one.names)

    found = steps.spread([step], 2, seconds)
    assert [one.names for one in found] == [("b.S.x", "b.T.x", "d.S.x"), ("a.S.x", "c.S.x")]
    assert [seconds(one) for one in found] == [110.0, 130.0]


def test_a_yanked_release_has_the_exact_suites_on_the_first_volume_alone(found):
    assert [key[1:] for key in found if key[0] == "3.0.7"] == [(FIRST, "exact")]
    assert found["3.0.7", FIRST, "exact"] == (
        "counts.Selections.track_requests",
        "counts.Shards.track_requests",
    )


def test_a_larger_volume_has_the_tips_and_both_sides_of_an_event(found):
    assert {key[0] for key in found if key[1] == LARGER} == {"3.0.8", "3.1.4", "3.1.6"}
    assert found["3.1.4", LARGER, "exact"] == ("counts.Shards.track_requests",)
    assert {key[0] for key in found if key[1:] == (FIRST, "times")} == {
        "3.0.8",
        "3.1.2",
        "3.1.4",
        "3.1.6",
    }
