"""The one rule for the machine whose results are meant."""

import pytest

from tomobench.desk.errors import UserError
from tomobench.desk.results import choosing

OURS, THEIRS, OTHER = "local-abc", "reference", "local-xyz"
SMALL = {("3.4.2", "phantom-128", "read.Chunks.time_whole")}
LARGE = SMALL | {("3.4.2", "phantom-192x320x320", "read.Chunks.time_whole")}


@pytest.fixture
def choose(monkeypatch):
    """Choose as this machine, OURS; the machine, and the lines that were said."""
    monkeypatch.delenv("TOMOBENCH_MACHINE", raising=False)
    monkeypatch.setattr("tomobench.desk.results.machine.name", lambda: OURS)

    def chosen(has, asked=None):
        said = []
        return choosing.machine(has, asked, said.append), said

    return chosen


def test_a_named_machine_is_taken_and_nothing_is_said(choose, monkeypatch):
    has = {OURS: LARGE, THEIRS: SMALL}
    assert choose(has, THEIRS) == (THEIRS, [])
    monkeypatch.setenv("TOMOBENCH_MACHINE", THEIRS)
    assert choose(has) == (THEIRS, [])
    assert choose(has, OURS) == (OURS, [])


def test_this_machine_is_taken_where_it_has_everything_and_the_other_is_said(choose):
    machine, said = choose({OURS: LARGE, THEIRS: SMALL})
    assert machine == OURS
    (line,) = said
    assert OURS in line and THEIRS in line and "--machine" in line


def test_a_newcomers_small_run_does_not_take_the_place_of_the_committed_results(choose):
    machine, said = choose({OURS: SMALL, THEIRS: LARGE, OTHER: LARGE})
    assert machine == THEIRS
    assert OURS in said[0]


def test_without_committed_results_the_one_with_most_is_taken(choose):
    assert choose({OTHER: LARGE, OURS: SMALL})[0] == OTHER
    assert choose({OURS: SMALL}) == (OURS, [])


def test_where_there_is_no_choice_it_is_one_clear_line(choose, monkeypatch):
    with pytest.raises(UserError, match="no results of nowhere: choose one of local-abc"):
        choose({OURS: SMALL}, "nowhere")
    with pytest.raises(UserError, match="no results of this yet"):
        choose({})
    monkeypatch.setenv("TOMOBENCH_MACHINE", "elsewhere")
    with pytest.raises(UserError, match="no results of elsewhere"):
        choose({OURS: SMALL})
