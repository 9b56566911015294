"""What a verdict asks the race of, whatever time it has."""

import time
from typing import Any
from unittest import mock

import pytest

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
