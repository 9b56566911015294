"""The first line of a verdict on a fresh release: it calls clean only what was looked at."""

import pytest

from tests.made.history import FILES
from tests.unit.judge.test_races import race
from tomobench.desk.judge import examination, project, verdict
from tomobench.desk.judge.acknowledged import Acknowledgement
from tomobench.desk.judge.fresh import sensitivity, text

WRONG, STARTS = "correctness.Chunks.track_wrong_voxels", "counts.Chunks.track_function_starts"
ACCEPTED = [Acknowledgement("3.4.0", ".", "Known.", hashes=("3.4.0",))]


def first_line(made, accepted=(), benchmark=None) -> str:
    """What is said of 3.4.0 against 3.3.0."""
    found = project.load(made.save().root)
    query = examination.Query("desk", ["3.4.0"], "3.3.0", None, benchmark)
    answer = examination.examine(found, query, list(accepted))
    raced = sensitivity.families(found.raced("desk"), "3.3.0", "3.4.0", benchmark)
    return text.sentence(verdict.of(answer, found.history), answer, found.history, raced)


def measured(made, **values) -> None:
    """Of each kind what 3.3.0 and 3.4.0 measured."""
    made.declare(WRONG, "wrong voxels")
    made.declare(STARTS, "function starts")
    for name, both in values.items():
        for version, value in zip(("3.3.0", "3.4.0"), both, strict=True):
            made.measured(version, {"wrong": WRONG, "files": FILES, "starts": STARTS}[name], value)


@pytest.mark.parametrize(
    ("values", "accepted", "said"),
    [
        ({"wrong": (0, 0), "files": (1, 1)}, [], "nothing broken; no request or byte more"),
        ({"starts": (1, 1)}, [], "correctness not checked; requests not counted"),
        ({"wrong": (0, 0)}, [], "nothing broken; requests not counted"),
        ({"files": (1, 1)}, [], "correctness not checked; no request or byte more"),
        (
            {"wrong": (0, 7), "files": (1, 2)},
            ACCEPTED,
            "nothing broken but what is known; no request or byte more but what is accepted",
        ),
        ({"files": (1, 2)}, [], "correctness not checked; stored volumes make 2.0 times the"),
    ],
)
def test_only_what_was_compared_and_is_not_accepted_is_called_clean(made, values, accepted, said):
    measured(made, **values)
    assert first_line(made, accepted).startswith(f"zarr 3.4.0 against 3.3.0: {said}")


def test_what_is_compared_is_what_was_asked_about(made):
    measured(made, wrong=(0, 0), files=(1, 1), starts=(1, 1))
    assert "correctness not checked; requests not counted" in first_line(made, benchmark="starts")


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        ([], "of 1 raced accesses 1 slower; "),
        (ACCEPTED, "of 1 raced accesses 1 slower, 1 of them accepted; "),
    ],
)
def test_an_access_that_is_slower_and_accepted_is_counted(made, accepted, said):
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 2e-3}, renewals=15)
    assert said in first_line(made, accepted)


@pytest.mark.parametrize(
    ("benchmark", "said"), [("^counts", "; nothing raced"), ("time_whole", "of 1 raced accesses")]
)
def test_of_the_raced_cells_those_count_that_were_asked_about(made, benchmark, said):
    measured(made, starts=(1, 1))
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 2e-3}, renewals=15)
    assert said in first_line(made, benchmark=f"{benchmark}|starts")


def test_a_cell_that_was_raced_again_counts_once(made):
    made.save()
    for started in ("2026-01-01", "2026-01-02"):
        race(made.root, {"3.3.0": 1e-3, "3.4.0": 2e-3}, renewals=15, started=started)
    assert "of 1 raced accesses 1 slower; " in first_line(made)
