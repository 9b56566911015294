"""What measuring took, and how much of it was inside timed calls."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tomobench.desk.measure.history import took

WHERE = Path("machine")


@dataclass
class Step:
    """A step of which a machine keeps benchmarks, each with its seconds and those inside timed calls."""

    suite: str
    kept_seconds: dict[str, tuple[float, float]]

    @property
    def names(self):
        return tuple(self.kept_seconds)

    def kept(self, machine):
        return self if machine == WHERE else None

    @property
    def duration(self):
        return {name: whole for name, (whole, _) in self.kept_seconds.items()}

    def get_all_result_keys(self):
        return self.names

    def get_result_params(self, name):
        return []

    def get_result_value(self, name, params):
        return [self.kept_seconds[name][1] / 10]

    def get_result_stats(self, name, params):
        return [{"number": 2, "repeat": 5}]


READ = {"read.Chunks.time_whole": (60.0, 45.0), "opening.Array.timeraw_open": (60.0, 15.0)}


def test_the_share_inside_timed_calls_is_that_of_timed_suites_alone():
    steps = [Step("times", READ), Step("exact", {"counts.Chunks.track_requests": (600.0, 0.0)})]
    said = "50% of the 2 minutes of timed suites were inside timed calls"
    assert took.share(steps, WHERE) == said


def test_a_suite_that_times_itself_is_inside():
    steps = [Step("times", {**READ, "floor.Chunks.track_zarr": (120.0, 0.0)})]
    said = "75% of the 4 minutes of timed suites were inside timed calls"
    assert took.share(steps, WHERE) == said


@pytest.mark.parametrize("suite", ["times", "exact"])
def test_nothing_is_said_where_nothing_was_timed(suite):
    assert took.share([Step(suite, {})], WHERE) is None
    assert took.share([Step("times", READ)], Path("another")) is None


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("read.Chunks.time_whole", "read"),
        ("read.Chunks.peakmem_whole", "memory"),
        ("write.OneCallChunks.track_files", "write, counts"),
        ("ways.Ways.track_amplification", "ways, counts"),
        ("ways.Whole.time_whole", "ways"),
        ("workers.Checked.track_wrong_voxels", "workers, counts"),
        ("blocks.Times.track_time", "blocks"),
        ("counts.Chunks.track_requests", "counts"),
        ("correctness.Chunks.track_wrong_voxels", "correctness"),
        ("raw.Chunks.track_files", "raw"),
    ],
)
def test_what_is_counted_beside_times_is_told_apart(name, group):
    assert took.group(name) == group
