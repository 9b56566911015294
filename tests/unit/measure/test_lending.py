"""Counts of one machine join another's results; its times and the memory of its processes do not."""

import json

import pytest
from asv.results import Results

from tests.made.history import FILES, READ, MadeHistory
from tomobench.desk.asv import failures
from tomobench.desk.errors import UserError
from tomobench.desk.measure.history.lending import differing, is_count, lend_counts

MEMORY, STARTS = "read.Chunks.peakmem_whole", "counts.Chunks.track_function_starts"


@pytest.fixture
def made(tmp_path):
    """Machine desk has 3.4.0; machine other has 3.4.0 too, and 3.4.2."""
    made = MadeHistory(tmp_path / "project")
    made.declare(MEMORY, "bytes", type="peakmem")
    made.declare(STARTS, "function starts")
    for machine, version, files in [
        ("desk", "3.4.0", 8),
        ("other", "3.4.0", 9),
        ("other", "3.4.2", 10),
    ]:
        for name in (FILES, READ, MEMORY, STARTS):
            made.measured(version, name, files, machine=machine)
    return made.save()


def test_counts_of_the_releases_named_join_and_nothing_else_does(made):
    before = made.file("3.4.0").read_bytes()
    assert lend_counts(made.root / "results", "other", "desk", {"3.4.2"}) == 1
    joined = Results.load(str(made.file("3.4.2")), machine_name="desk")
    assert set(joined.get_all_result_keys()) == {FILES, STARTS}
    assert joined.get_result_value(FILES, [["'16×16×16'"]]) == [10]
    assert joined.params["machine"] == "desk"
    assert made.file("3.4.0").read_bytes() == before
    record = made.file("3.4.2").with_suffix(".installed.txt")
    assert "zarr==3.4.2" in record.read_text()


def test_of_counts_those_join_that_are_asked_for(made):
    lend_counts(made.root / "results", "other", "desk", {"3.4.2"}, only=r"^footprint\.")
    joined = Results.load(str(made.file("3.4.2")), machine_name="desk")
    assert set(joined.get_all_result_keys()) == {FILES}


def test_what_was_raised_in_counts_comes_along(made):
    other = made.file("3.4.2", machine="other")
    raised = {f"{name}(16×16×16)": "ValueError: no" for name in (FILES, READ)}
    failures.file_of(other).write_text("".join(f"{cell}: {why}\n" for cell, why in raised.items()))
    lend_counts(made.root / "results", "other", "desk", {"3.4.2"})
    assert failures.read(failures.file_of(made.file("3.4.2"))) == {
        f"{FILES}(16×16×16)": "ValueError: no"
    }


def test_what_the_machine_has_stays_beside_them(made):
    path = made.file("3.4.0")
    lend_counts(made.root / "results", "other", "desk", {"3.4.0"})
    found = json.loads(path.read_text())["results"]
    assert set(found) == {FILES, READ, MEMORY, STARTS}
    assert found[FILES][0] == found[STARTS][0] == [9]


@pytest.mark.parametrize(("replacing", "found"), [(True, [9]), (False, [8])])
def test_what_was_counted_just_now_replaces_what_is_later_by_the_clock(made, replacing, found):
    path = made.file("3.4.0")
    content = json.loads(path.read_text())
    place = content["result_columns"].index("started_at")
    for row in content["results"].values():
        row[place] += 1
    path.write_text(json.dumps(content))
    lend_counts(made.root / "results", "other", "desk", {"3.4.0"}, replacing=replacing)
    assert json.loads(path.read_text())["results"][FILES][0] == found


def test_machines_are_compared_by_the_counts_that_both_have(made):
    results = made.root / "results"
    assert differing(results / "other", results / "desk") == {FILES, STARTS}
    lend_counts(results, "other", "desk", {"3.4.0", "3.4.2"})
    assert differing(results / "other", results / "desk") == set()


def test_a_machine_without_results_takes_none(made):
    with pytest.raises(UserError, match="nobody/machine.json is missing"):
        lend_counts(made.root / "results", "other", "nobody", {"3.4.2"})
    assert not (made.root / "results" / "nobody").exists()


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("counts.Chunks.track_requests", True),
        ("write.OneCallChunks.track_files", True),
        ("correctness.Shards.track_wrong_voxels", True),
        ("read.Chunks.peakmem_whole", False),
        ("read.Chunks.time_whole", False),
        ("floor.Pace.track_pace", False),
    ],
)
def test_times_and_memory_are_no_counts(name, counts):
    assert is_count(name) is counts
