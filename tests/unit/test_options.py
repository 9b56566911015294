"""What options of commands are made into."""

import re

import click
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


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e999"])
def test_a_range_of_numbers_holds_finite_ones_alone(value):
    with pytest.raises(click.BadParameter, match="is no number to reckon with|is not in the range"):
        options.Finite(0).convert(value, None, None)
    assert options.Finite(0).convert("2.5", None, None) == 2.5


@pytest.mark.parametrize(
    "words",
    [
        ["verdict", "3.4.2", "--minutes"],
        ["bisect", "3.4.1..3.4.2", "1", "--seconds"],
        ["who", "--seconds"],
    ],
)
@pytest.mark.parametrize("value", ["inf", "nan"])
def test_a_length_of_time_without_an_end_is_refused(run, words, value):
    done = run(*words, value)
    assert done.code and f"{value!r} is no number" in done.error and "Traceback" not in done.error
