"""What options of commands are made into."""

import re

import pytest

from tomobench.desk import options


@pytest.mark.parametrize(
    ("cells", "found", "others"),
    [
        (
            ["read.Chunks.time_whole(64×64×64, 2)"],
            ["read.Chunks.time_whole(64×64×64, 2)"],
            ["read.Chunks.time_whole(64×64×64, 3)", "read.Chunks.time_whole"],
        ),
        (
            ["calls.Calls.track_outcome", "workers.Own.track_at_once"],
            ["calls.Calls.track_outcome(save and load)", "workers.Own.track_at_once"],
            ["calls.Calls.track_outcomes(save)", "old.calls.Calls.track_outcome(save)"],
        ),
    ],
)
def test_a_pattern_finds_the_cells_and_no_others(cells, found, others):
    pattern = options.pattern(cells)
    assert all(re.search(pattern, one) for one in found)
    assert not any(re.search(pattern, one) for one in others)
