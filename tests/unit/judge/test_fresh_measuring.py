"""What a verdict asks the race of, whatever time it has."""

import json
import time
from typing import Any
from unittest import mock

import pytest

from tests.made.history import READ, MadeHistory
from tomobench.desk.judge.fresh import measuring
from tomobench.desk.measure.race.cli import command


@pytest.mark.parametrize(
    ("minutes", "left", "expected"),
    [(0.001, 0, "1s"), (0.03, 0, "1s"), (10, 0, "150s"), (10, 500, "480s")],
)
def test_a_race_has_a_length_that_the_race_takes(tmp_path, minutes, left, expected):
    (tmp_path / measuring.KEY_CELLS).write_text("read.Chunks.time_whole(64×64×64, 2)\n")
    release, aside = mock.Mock(hash="3.4.2"), mock.Mock(root=tmp_path)
    end = time.monotonic() + left + 0.4
    campaign: Any = measuring.Measuring(aside, release, release, minutes, end, None)
    measuring.race(campaign)
    _, *words = aside.run_on_stderr.call_args.args
    assert words[words.index("--time-limit") + 1] == expected
    asked = command.make_context("race", words).params
    assert asked["seconds"] == float(expected.removesuffix("s"))


def test_what_is_kept_is_of_the_benchmarks_that_it_was_measured_with(tmp_path):
    """The repository's results are of an older version of the benchmark."""
    both = clone, project = [MadeHistory(tmp_path / name) for name in ("clone", "project")]
    project.declare(READ, "seconds", type="time", version="2")
    for made, seconds in zip(both, (1.0, 2.0)):
        made.measured("3.4.0", READ, seconds)
        made.save()
    release = mock.Mock(hash="3.4.0", own=False)
    aside = mock.Mock(root=clone.root, folder=project.root)
    with mock.patch.object(measuring.lock, "wheel_file", return_value=None):
        measuring.keep(measuring.Measuring(aside, release, release, 1, 0, None))
    described = [(one.root / "results/benchmarks.json").read_bytes() for one in both]
    assert described[0] == described[1]
    mine, theirs = (json.loads(one.file("3.4.0").read_text())["results"][READ] for one in both)
    assert mine == theirs
