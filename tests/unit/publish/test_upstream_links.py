"""The table of who did it: kept and read, matched with facts, and shown beside links that were written by hand."""

from dataclasses import replace

import pytest

from tests.made.history import FILES, MadeHistory
from tomobench.desk.judge import examination, project
from tomobench.desk.judge.upstream import table
from tomobench.desk.judge.upstream.table import BROUGHT, MEASURED, REPAIRED, FactCommit
from tomobench.desk.publish.site import told, upstream
from tomobench.desk.publish.site.known import Words, words
from tomobench.desk.releases import lock
from tomobench.desk.results.configuration import load

CELL = f"{FILES}('16×16×16')"
ROW = FactCommit(
    "3.1.0", "3.0.8", "traffic", BROUGHT, "Stored volumes make more objects", CELL, "phantom-128",
    "5 files", "8 files", "1.00", "a" * 40, "2026-01-02", "add files (#12)", "12", MEASURED, "0.5",
)  # fmt: skip
SHORT = replace(ROW, commit="b" * 40, pull="", share="0.20")
FINDINGS = """
[[finding]]
title = "More files"
release = "3.1.0"
benchmark = "track_files"
cell = "footprint.Chunks.track_files('16×16×16')"
volume = "phantom-128"
text = "There are."
links = ["https://github.com/zarr-developers/zarr-python/pull/13", "https://github.com/zarr-developers/zarr-python/issues/9"]
"""


def pull(number: int) -> str:
    return f"https://github.com/zarr-developers/zarr-python/pull/{number}"


def named(measured, by_hand) -> list[str]:
    return [one["name"] for one in upstream.links(measured, by_hand)]


def test_the_table_is_read_as_it_was_written(tmp_path):
    assert table.load(tmp_path) == []
    table.save(tmp_path, [ROW, SHORT])
    assert table.load(tmp_path) == [ROW, SHORT]


@pytest.mark.parametrize("text", ["release\n3.1.0\n", "no,table\n1,2,3\n", "release,against\n1\n"])
def test_a_damaged_table_is_refused(tmp_path, refused, text):
    path = tmp_path / table.PLACE
    path.parent.mkdir()
    path.write_text(text)
    assert "is damaged" in refused(table.load, tmp_path)


@pytest.mark.parametrize(("part", "damage"), [("(#12)", '(#12)"'), ("1.00", "all")])
def test_a_table_that_is_damaged_in_a_row_is_refused(tmp_path, refused, part, damage):
    table.save(tmp_path, [replace(ROW, subject='add "files" (#12)')])
    path = tmp_path / table.PLACE
    path.write_text(path.read_text().replace(part, damage))
    assert "is damaged" in refused(table.load, tmp_path)


def test_a_link_by_hand_that_was_measured_is_told_once():
    assert named([ROW], [pull(12)]) == ["pull#12 (measured)"]


def test_a_link_by_hand_that_was_not_what_was_found_is_doubted():
    assert named([ROW], [pull(13)]) == [
        "pull#12 (measured)",
        "pull#13 (by hand: not what was measured)",
    ]


def test_where_nothing_was_measured_a_link_by_hand_stands_alone():
    assert named([], [pull(13)]) == ["pull#13"]


def test_an_issue_is_no_commit_to_doubt():
    issue = "https://github.com/zarr-developers/zarr-python/issues/9"
    assert named([ROW], [issue])[-1] == "issues#9"


def test_several_commits_are_told_with_their_shares_and_a_repair_as_one():
    repair = replace(ROW, did=REPAIRED, pull="20")
    assert named([replace(ROW, share="0.80"), SHORT, repair], []) == [
        "pull#12 (measured, 80% of it)",
        "commit bbbbbbbbb (measured, 20% of it)",
        "pull#20 (measured: repaired it)",
    ]
    assert upstream.links([SHORT], [])[0]["address"].endswith("/commit/" + "b" * 40)


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """More files in 3.1.0, fewer again in 3.3.0; and a table of which commits did it."""
    history = MadeHistory(tmp_path_factory.mktemp("made"))
    history.series(FILES, [5, 5, 5, 8, 8, 5, 5, 5])
    history.save()
    (history.root / "findings.toml").write_text(FINDINGS)
    fewer = replace(ROW, release="3.3.0", against="3.2.0", pull="30")
    repaired = replace(ROW, release="3.3.0", did=REPAIRED, pull="31")
    table.save(history.root / "results", [ROW, fewer, repaired])
    found = project.load(history.root)
    main = [one.hash for one in found.history.branch("main")]
    answer = examination.examine(found, examination.Query("desk", main), [])
    return history.root, found.history, answer


def test_a_fact_has_the_commits_of_its_own_release_and_comparison(answered):
    root, history, answer = answered
    known = words(root, history, root / "results")
    told_of = {one.release: told.tell(one, history, known)["links"] for one in answer.facts}
    assert [one["name"] for one in told_of["3.3.0"]] == ["pull#30 (measured)"]
    assert [one["name"] for one in told_of["3.1.0"]] == [
        "pull#12 (measured)",
        "pull#13 (by hand: not what was measured)",
        "issues#9",
    ]


def test_a_fact_of_which_nothing_was_measured_keeps_what_is_known_by_hand(answered):
    root, history, answer = answered
    known = words(root, history, root / "results")
    (fact,) = [one for one in answer.facts if one.release == "3.1.0"]
    found = told.tell(fact, history, Words(known.known, []))["links"]
    assert [one["name"] for one in found] == ["pull#13", "issues#9"]


def test_the_table_is_no_machine_of_results(answered):
    root, *_ = answered
    assert load(root).results_dir
    assert project.load(root).machines == ["desk"]
    assert lock.load(root).releases


def test_what_is_to_be_said_of_a_commit_is_said_beside_it():
    """That it was measured would not be all."""
    branch = replace(ROW, state="was only on the branch of 3.0.9")
    assert named([branch], []) == ["pull#12 (measured; was only on the branch of 3.0.9)"]
    repaired = replace(branch, did=REPAIRED)
    assert named([repaired], []) == [
        "pull#12 (measured: repaired it; was only on the branch of 3.0.9)"
    ]
