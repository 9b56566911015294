"""Which benchmarks the history has on which releases and volumes."""

from types import SimpleNamespace

import pytest

from tests import REPOSITORY
from tomobench.desk.measure.history import steps
from tomobench.desk.releases import lock

FIRST, LARGER = "phantom-128", "phantom-192x320x320"
COUNTS = "counts.Shards.track_requests"
BENCHMARKS = [
    COUNTS,
    "counts.Practice.track_requests",
    "calls.Calls.track_outcome",
    "pipelines.Counts.track_requests",
    "read.Shards.time_whole",
    "write.OverwriteShards.time_aligned",
    "floor.Shards.track_zarr",
]
ENVIRONMENTS = [SimpleNamespace(env_vars={"volume": one}) for one in (FIRST, LARGER)]
HISTORY = lock.load(REPOSITORY)


def planned(release: str, **options) -> dict[tuple[str, str], list[str]]:
    """The benchmarks of each step of a release, by volume and suite."""
    (one,) = HISTORY.choose([release])
    found = steps.every([one], HISTORY.tips(), ENVIRONMENTS, BENCHMARKS, None, **options)
    return {(step.volume, step.suite): list(step.names) for step in found}


def test_a_tip_has_all_on_every_volume():
    found = planned("3.4.2")
    assert {volume for volume, _ in found} == {FIRST, LARGER}
    for volume in (FIRST, LARGER):
        assert sorted(found[volume, "exact"] + found[volume, "times"]) == sorted(BENCHMARKS)


def test_a_release_that_is_no_tip_has_the_first_volume_and_no_suites_of_tips():
    found = planned("3.1.2")
    assert set(found) == {(FIRST, "exact"), (FIRST, "times")}
    assert "pipelines.Counts.track_requests" not in found[FIRST, "exact"]


@pytest.mark.parametrize("release", steps.SIDES[LARGER][0])
def test_beside_an_event_a_larger_volume_has_the_suites_that_show_it(release):
    found = planned(release)
    assert found[LARGER, "exact"] == [COUNTS]
    assert found[LARGER, "times"] == [
        "read.Shards.time_whole",
        "write.OverwriteShards.time_aligned",
    ]


def test_a_yanked_release_has_what_is_exact():
    (yanked, *_) = HISTORY.yanked()
    assert set(planned(yanked.version)) == {(FIRST, "exact")}


def test_suites_without_a_part_on_a_volume_are_not_measured_there():
    found = planned("3.4.2", without={LARGER: ["calls.Calls"]})
    assert "calls.Calls.track_outcome" in found[FIRST, "exact"]
    assert "calls.Calls.track_outcome" not in found[LARGER, "exact"]
