"""What a gate compares with, and which cells it refuses: no commit is built."""

import json

import pytest

from tests import REPOSITORY
from tests.made.clone import MadeClone
from tomobench.desk import options
from tomobench.desk.judge.fresh import gate
from tomobench.desk.judge.fresh.gate import sides
from tomobench.desk.releases.clone import Clone


@pytest.fixture
def made(tmp_path):
    """Two commits of a pull request, and two of zarr's before them that the fork's main has not."""
    made = MadeClone(tmp_path / "zarr-python")
    made.commit("begin", tag="v3.0.0")
    made.git("update-ref", "refs/remotes/origin/main", "HEAD")
    made.commit("of another (#2)")
    made.commit("of a third (#3)")
    made.switch("topic", "HEAD")
    made.commit("one")
    made.commit("two")
    return made


def between(made, base=None):
    return sides(Clone.open(str(made.folder), made.folder), base)


def test_a_fork_whose_main_is_behind_is_not_what_a_pull_request_goes_into(made):
    assert between(made).number == 4
    made.git("update-ref", "refs/remotes/upstream/main", made.shas["of a third (#3)"])
    found = between(made)
    assert (found.base.subject, found.target, found.number) == (
        "of a third (#3)",
        "upstream/main",
        2,
    )


def test_a_base_that_is_named_is_taken(made):
    found = between(made, "main")
    assert (found.base.subject, found.target, found.number) == ("of a third (#3)", "main", 2)


def test_a_merge_that_github_checks_out_is_judged_against_what_it_goes_into(made):
    """Its first parent is the base, which may have gone on since the pull request was begun."""
    made.switch("main")
    made.commit("go on (#4)")
    made.merge("topic", "Merge topic into main")
    found = between(made, made.shas["go on (#4)"])
    assert found.base.subject == "go on (#4)" and found.number == 1


def test_what_is_part_of_it_already_is_refused_by_its_name(made, refused):
    line = refused(between, made, "topic")
    assert "is part of topic already" in line


def test_a_base_without_a_common_history_is_refused_with_what_to_do(made, refused):
    made.git("switch", "--quiet", "--orphan", "another")
    made.commit("begin anew")
    line = refused(between, made, "topic")
    assert "have no common history: topic is no branch" in line and "--base" in line


def test_changes_are_refused_and_new_files_are_not_looked_at(made, run, tmp_path, monkeypatch):
    """The wheel is built from what is committed. Without a base, the commits are not looked for."""
    (tmp_path / "asv.conf.json").write_text("{}")
    (tmp_path / "releases.lock.json").write_text("{}")
    (tmp_path / gate.CELLS).write_text("counts.Chunks.track_requests\n")
    monkeypatch.chdir(tmp_path)
    made.write("new.txt", "new\n")
    assert "is part of topic already" in run("gate", made.folder, "--base", "topic").error
    made.write("days.txt", "changed\n")
    assert "not committed" in run("gate", made.folder, "--base", "topic").error


@pytest.mark.parametrize(
    "cell",
    [
        "read.Chunks.time_whole(64×64×64, 2)",
        "opening.Import.timeraw_import",
        "read.Chunks.peakmem_whole(64×64×64, 2)",
    ],
)
def test_a_timed_cell_is_refused(made, run, tmp_path, monkeypatch, cell):
    (tmp_path / "asv.conf.json").write_text("{}")
    (tmp_path / "releases.lock.json").write_text("{}")
    (tmp_path / "cells.txt").write_text(f"counts.Chunks.track_requests\n{cell}\n")
    monkeypatch.chdir(tmp_path)
    done = run("gate", made.folder, "--cells", tmp_path / "cells.txt")
    assert done.code == 1 and f"{cell} is a time or a process's memory, and a gate" in done.error


def _described(unit, type_="track"):
    return {"params": [["x", "y"], ["2"]], "type": type_, "unit": unit}


def test_a_cell_that_no_benchmark_has_is_refused(refused):
    described = {"counts.A.track_b": _described("requests")}
    for known in (["counts.A.track_b"], ["counts.A.track_b(x, 2)", "counts.A.track_b(y, 2)"]):
        gate.require_cells(described, known)
    for unknown in ("counts.A.track_b(z, 2)", "counts.A.track_c"):
        assert unknown in refused(gate.require_cells, described, ["counts.A.track_b", unknown])


@pytest.mark.parametrize(
    ("unit", "type_"), [("times the floor", "track"), ("seconds", "track"), ("bytes", "peakmemory")]
)
@pytest.mark.parametrize("cell", ["floor.A.track_b", "floor.A.track_b(x, 2)"])
def test_a_cell_with_a_clock_behind_it_is_refused_whatever_its_name(refused, unit, type_, cell):
    described = {
        "counts.A.track_b": _described("requests"),
        "floor.A.track_b": _described(unit, type_),
    }
    line = refused(gate.require_cells, described, ["counts.A.track_b", cell])
    assert line == f"{cell} is a time or a process's memory, and a gate counts: leave it out"


def test_the_cells_of_this_repository_are_counts():
    described = json.loads((REPOSITORY / "results" / "benchmarks.json").read_text())
    described.pop("version")
    gate.require_cells(described, options.cells(None, None, REPOSITORY / gate.CELLS))
