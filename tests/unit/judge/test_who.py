"""Whose commits are asked for, of a made history: who brought what is wrong, and who repaired it."""

from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from tests.made.clone import MadeClone
from tests.made.history import FILES, NAN
from tomobench.desk.judge import acknowledged, examination, project
from tomobench.desk.judge.tiers import RAISES, VOXELS
from tomobench.desk.judge.upstream import asked, table, who
from tomobench.desk.judge.upstream.table import BROUGHT, MEASURED, REPAIRED, FactCommit
from tomobench.desk.publish.docs import queries
from tomobench.desk.releases import lock

FAULTS = "0 recovered, 1 failed loudly, 2 hung, 3 wrong voxels"
CALLS = "0 worked, 1 raised, 2 wrong"
STEP = FactCommit(
    "3.0.8", "3.0.0", "wrong", BROUGHT, "Writes in one call into shards lose voxels (1 of 1 cells)",
    "correctness.Shards.track_wrong_voxels(a)", "phantom-128", "0 wrong voxels", "7 wrong voxels", "1.00",
    "a" * 40, "2026-01-02", "write sooner (#12)", "12", MEASURED, "0.5",
)  # fmt: skip


def did(made, name: str) -> list[tuple[str, str, str]]:
    """(what was done, first version, last version) of each task."""
    tasks = asked_about(made)
    return [(one.did, one.first, one.last) for one in tasks if one.cell and name in one.cell.cell]


def asked_about(made) -> list[who.FactTask]:
    found = project.load(made.save().root)
    everything = examination.Query("desk", list(made.versions), None)
    answer = examination.examine(found, everything, acknowledged.load(made.root, found.history))
    clone: Any = mock.Mock(has=lambda version: True)
    return list(who.tasks(answer, found.all_series("desk"), found.history, clone))


@pytest.mark.parametrize(
    ("unit", "bad", "after", "repaired"),
    [
        ("wrong voxels", 7, 0, True),
        ("wrong voxels", 7, 5, False),
        ("wrong voxels", None, 0, True),
        ("wrong voxels", None, 5, False),
        ("requests", None, 90, True),
        (FAULTS, 3, 1, True),
        (FAULTS, 3, 2, False),
        (FAULTS, 1, 0, True),
        (FAULTS, 1, 1, False),
        (CALLS, 1, 0, True),
        (CALLS, 2, 1, False),
        (CALLS, 2, 0, True),
    ],
)
def test_who_repaired_what_was_wrong_is_asked(made, unit, bad, after, repaired):
    name = "suite.Cells.track_it"
    made.declare(name, unit, params=(["'read whole'"],), names=("access",))
    for version, value in zip(("3.2.0", "3.3.0", "3.4.0"), (0, bad, after)):
        made.measured(version, name, value)
    found = did(made, name)
    assert (BROUGHT, "3.2.0", "3.3.0") in found
    assert ((REPAIRED, "3.3.0", "3.4.0") in found) is repaired


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ((0, 0, 0), "No longer"),
        ((0, 1, 0), "No longer in 2 of 3 cells"),
        ((0, 1, NAN), "No longer in 1 of 3 cells"),
    ],
)
def test_what_was_repaired_in_part_is_said_to_be(made, after, said):
    cells = (["'create'", "'zeros'", "'open'"],)
    made.declare("calls.Calls.track_outcome", CALLS, params=cells, names=("way",))
    for version, values in zip(("3.2.0", "3.3.0", "3.4.0"), ((0, 0, 0), (1, 1, 1), after)):
        made.measured(version, "calls.Calls.track_outcome", *values)
    (found,) = [one for one in asked_about(made) if one.did == REPAIRED]
    calls = "Calls of “create”, “open” and “zeros” raise an error (3 of 3 cells)"
    assert found.fact == f"{said}: {calls}"


def test_of_wheels_of_ones_own_nothing_is_asked(made):
    """No clone has their tags, and the table is everybody's."""
    name = "suite.Cells.track_requests"
    made.declare(name, "requests", params=(["'read whole'"],), names=("access",))
    own = replace(
        made.releases[-1], version="3.4.0.post5", hash="abcdef12", sha256="ab" * 32, path="a.whl"
    )
    lock.save_own(made.root, [own])
    made.releases = [*made.releases, own]
    for version, value in zip(("3.4.0", "3.4.0.post5", "3.4.2"), (5, 9, 12)):
        made.measured(version, name, value)
    assert did(made, name) == [(BROUGHT, "3.4.0", "3.4.2")]


@pytest.mark.parametrize("raises", [True, False])
def test_the_cell_of_what_is_wrong_is_on_a_volume_where_it_is(made, raises):
    """The same line has larger numbers, and is right, on another volume."""
    name = "counts.Chunks.track_it"
    unit = "requests" if raises else "wrong voxels"
    made.declare(name, unit, params=(["'read whole'"],), names=("access",))
    for volume, after in (
        ("phantom-128", None if raises else 7),
        ("tomogram", 90 if raises else None),
    ):
        made.measured("3.3.0", name, 80 if raises else 0, volume=volume)
        made.measured("3.4.0", name, after, volume=volume)
    found = project.load(made.save().root)
    answer = examination.examine(found, examination.Query("desk", ["3.4.0"]), [])
    volumes = {
        fact.metric.name: asked.cell_of(fact, found.all_series("desk"), "3.3.0").volume
        for fact in answer.wrong
    }
    expected = {RAISES.name: "phantom-128" if raises else "tomogram"}
    assert volumes == (expected if raises else expected | {VOXELS.name: "phantom-128"})


def test_how_sure_a_commit_is_is_said_in_full():
    task: Any = mock.Mock(first="3.0.9")
    assert who.state_of(task, 0, False) == MEASURED
    said = who.state_of(task, 2, True)
    assert "only on the branch of 3.0.9" in said and "one of 2 before it" in said


LOST = "1.83501e+06 wrong voxels"
FAILS = "failure (TypeError: create_array() got an unexpected keyword argument 'data')"


@pytest.mark.parametrize(
    ("bad", "before", "after", "doubt"),
    [
        (BROUGHT, FAILS, "0 wrong voxels", "after this one it was right"),
        (BROUGHT, "0 wrong voxels", LOST, ""),
        (BROUGHT, FAILS, LOST, ""),
        (BROUGHT, "raises", "works", "after this one it was right"),
        (BROUGHT, "raises", "wrong", ""),
        (BROUGHT, "recovers", "fails", ""),
        (REPAIRED, FAILS, LOST, "after this one it was still wrong"),
        (REPAIRED, LOST, "0 wrong voxels", ""),
        (REPAIRED, FAILS, "90 requests", ""),
        (REPAIRED, "hangs", "fails", ""),
        (REPAIRED, "5 kills that leave neither", "0 kills that leave neither", ""),
    ],
)
def test_a_step_on_the_way_to_a_fact_is_said_to_be_one(bad, before, after, doubt):
    """A fact's cell may change several times, and not each of these commits did what the fact says."""
    row = replace(STEP, did=bad, before=before, after=after)
    assert row.doubt == doubt
    assert replace(row, tier="traffic").doubt == ""
    assert replace(row, commit="", share="", state="not in the clone").doubt == ""


def test_a_commit_that_made_it_right_is_none_that_brought_it():
    step = replace(STEP, commit="b" * 40, before=FAILS, after="0 wrong voxels")
    assert table.of_cells([step, STEP], {STEP.cell}, STEP.release) == [STEP]


def test_the_documents_call_a_commit_that_made_it_right_by_what_it_did(made):
    step = replace(STEP, commit="b" * 40, before=FAILS, after="0 wrong voxels", pull="7")
    made.measured("3.4.2", FILES, 1, machine=queries.MACHINE)
    made.save()
    table.save(made.root / "results", [step, STEP])
    said = queries.Queries(made.root).who_table()
    assert "pull/7) (after this one it was right), [#12](" in said


@pytest.fixture
def asked_who(made, run, tmp_path):
    """tomobench who, of a history in which nothing can be looked for: the clone has no tag of these releases."""
    clone = MadeClone(tmp_path / "zarr-python")
    clone.commit("begin", tag="v1.0.0")

    def ask(*words):
        return run("who", "--counts", "--clone", clone.folder, *words)

    (made.root / "asv.upstream.conf.json").write_text('{"repo": "."}')
    return ask


@pytest.mark.parametrize("machine", ["desk", "other"])
def test_what_no_machine_tells_any_more_is_dropped_from_the_table(made, asked_who, machine):
    name = "counts.Chunks.track_requests"
    made.declare(name, "requests", params=(["'read whole'"],), names=("access",))
    for on, after in (("desk", 8), ("other", 8), ("little", 8)):
        made.measured("3.4.0", name, after, machine=on)
    for on in ("desk", "other"):
        made.measured("3.3.0", name, 5, machine=on)
    made.save()
    done = asked_who("--machine", machine)
    assert done.code == 0, done.error
    folder = made.root / "results"
    (row,) = table.load(folder)
    found = replace(row, commit="ab" * 20, share="1.00", state=MEASURED)
    table.save(folder, [found, replace(found, cell=f"{name}(of before)")])
    assert asked_who("--machine", machine).code == 0
    assert table.load(folder) == [found]


def test_the_table_is_in_the_order_of_the_history_whatever_was_asked_about_last(made, asked_who):
    name = "counts.Chunks.track_requests"
    made.declare(name, "requests", params=(["'read whole'"],), names=("access",))
    for version, value in (("3.2.0", 5), ("3.3.0", 8), ("3.4.0", 12)):
        made.measured(version, name, value)
    made.save()
    for words in ((), ("3.4.0",), ("3.3.0",)):
        assert asked_who(*words).code == 0
        releases = [row.release for row in table.load(made.root / "results")]
        assert releases == ["3.3.0", "3.4.0"]
