"""Bisection on made values: where they changed, once or several times, on one line of commits or on two."""

import contextlib
import csv
import io
import itertools
import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made.clone import MadeClone
from tomobench.desk.errors import UserError
from tomobench.desk.judge.upstream import bisection, cli, racing, sides, telling
from tomobench.desk.judge.upstream.asked import AskedCell
from tomobench.desk.measure.cells import COUNTED, FAILED, NA, CellValue
from tomobench.desk.releases.clone import Clone, Commit
from tomobench.desk.releases.commits import Unbuildable

REQUESTS = bisection.differ("counts.Chunks.track_requests", "requests")
MEMORY = bisection.differ("counts.Chunks.track_peak_memory", "bytes")
LOST = bisection.differ("correctness.Shards.track_wrong_voxels", "wrong voxels")


class Line:
    """Values along a line; None can't be built. ``asked``: the places that were measured."""

    def __init__(self, *values):
        self.values, self.asked = values, set()

    def __call__(self, place: int) -> CellValue:
        value = self.values[place]
        if value is None:
            raise Unbuildable(f"{place} can't be built")
        self.asked.add(place)
        return value if isinstance(value, CellValue) else CellValue(COUNTED, float(value))

    def search(self, differing=REQUESTS) -> bisection.Bisected:
        return bisection.search(len(self.values) - 1, self, differing)


@given(st.integers(1, 200), st.data())
def test_one_change_is_found_in_as_many_steps_as_halving_takes(last, data):
    place = data.draw(st.integers(1, last))
    line = Line(*[22] * place, *[14] * (last + 1 - place))
    (change,) = line.search().changes
    assert (change.first, change.last) == (place - 1, place)
    assert len(line.asked) <= 2 + math.ceil(math.log2(last + 1))


@given(st.lists(st.integers(1, 4), min_size=2, max_size=40).filter(lambda one: one[0] != one[-1]))
def test_whatever_is_found_changed_there_and_adds_up(values):
    found = Line(*values).search()
    known = sorted([*found.changes, *found.small], key=lambda one: one.first)
    for one in found.changes:
        assert one.last == one.first + 1
        assert (one.before.value, one.after.value) == (values[one.first], values[one.last])
    assert known[0].before.value == values[0] and known[-1].after.value == values[-1]
    for one, other in itertools.pairwise(known):
        assert one.after == other.before


def test_how_many_voxels_are_lost_is_no_change_and_whether_any_are_is():
    (change,) = Line(2000, 1900, 2100, 0, 0).search(LOST).changes
    assert (change.first, change.last) == (2, 3)


def test_a_value_that_equals_neither_end_is_two_changes():
    found = Line(4, 4, 4, 6, 6, 6, 9, 9).search()
    assert sorted((one.last, one.after.value) for one in found.changes) == [(3, 6), (6, 9)]


def test_small_changes_beside_a_large_one_are_told_and_not_looked_into():
    line = Line(*range(1000, 1040), *range(2000, 2040))
    found = line.search()
    (change,) = found.changes
    assert change.last == 40 and found.small
    assert len(line.asked) < 20


def test_commits_that_cant_be_built_are_passed_over():
    found = Line(4, 4, None, None, 4, None, 9, 9).search()
    (change,) = found.changes
    assert (change.first, change.last, change.skipped) == (4, 6, (5,))
    assert 5 in found.unbuildable


def test_where_nothing_between_can_be_built_the_stretch_is_told():
    (change,) = Line(4, None, None, 9).search().changes
    assert change.skipped == (1, 2)


def test_a_call_that_raises_is_a_change_and_two_that_raise_are_none():
    raises = [CellValue(FAILED, reason=reason) for reason in ("one", "other")]
    (change,) = Line(0, 0, *raises, raises[0]).search().changes
    assert change.last == 2 and change.weight == math.inf


def test_from_none_to_some_is_found():
    (change,) = Line(0, 0, 0, 512, 512).search().changes
    assert change.last == 3


def test_memory_differs_only_by_more_than_from_run_to_run():
    values = [CellValue(COUNTED, one) for one in (1e6, 1.1e6, 2e6)]
    assert not MEMORY(*values[:2]) and MEMORY(*values[1:])
    assert REQUESTS(*values[:2])
    (change,) = Line(1e6, 1.1e6, 0.95e6, 2e6, 2.1e6).search(MEMORY).changes
    assert change.last == 3


def test_steps_are_runs_of_equal_values():
    values = [CellValue(COUNTED, one) for one in (4, 4, 6, 6, 4)]
    found = list(bisection.steps([values[0], None, *values[1:]], REQUESTS))
    assert [(first, last, one.value) for first, last, one in found] == [
        (0, 2, 4),
        (3, 4, 6),
        (5, 5, 4),
    ]
    drawn = telling.drawing(
        [Commit(f"{n}" * 40, datetime(2026, 1, 1, tzinfo=UTC), f"subject {n}") for n in range(6)],
        [values[0], None, *values[1:]],
        "counts.Chunks.track_requests",
        "requests",
    )
    assert [line.count("█") for line in drawn.splitlines()[2:]] == [27, 40, 27]


@given(st.integers(1, 150), st.data())
def test_of_times_the_commit_with_more_than_half_of_the_change_is_found(last, data):
    place = data.draw(st.integers(1, last))
    asked = []

    def ratio(n: int) -> float:
        asked.append(n)
        return 1.3 if n >= place else 1.02

    assert racing.halved(ratio, last, 1.31)[:2] == (place - 1, place)
    assert len(asked) <= math.ceil(math.log2(last + 1))


def test_of_times_commits_that_cant_be_built_are_passed_over():
    def ratio(n: int) -> float:
        if n in (3, 4):
            raise Unbuildable(f"{n} can't be built")
        return 0.7 if n >= 5 else 1.0

    low, high, passed = racing.halved(ratio, 7, 0.7)
    assert (low, high) == (2, 5) and len(passed) == 2


@pytest.fixture(scope="module")
def forked(tmp_path_factory):
    """3.0.1 on a branch of its own, after 3.0.0; 3.1.0 on main."""
    made = MadeClone(tmp_path_factory.mktemp("forked") / "clone")
    made.commit("begin", tag="v3.0.0")
    made.commit("fork")
    made.switch("support", "HEAD")
    made.commit("on the branch (#7)")
    made.commit("end of the branch", tag="v3.0.1")
    made.switch("main")
    made.commit("on main (#8)")
    made.commit("end of main", tag="v3.1.0")
    return made, Clone.open(str(made.folder), made.folder)


def changed(forked, values: dict[str, float], first="3.0.1", last="3.1.0"):
    """What is found and said where the commits from these subjects on have these values."""
    made, clone = forked
    known: dict[str, float] = {}
    for sha in made.git("rev-list", "--reverse", "--topo-order", "--all").splitlines():
        parents = made.git("rev-list", "--parents", "-n", "1", sha).split()[1:]
        subject = clone.about(sha).subject
        known[sha] = values.get(subject, known[parents[0]] if parents else 0)

    def measure(sha):
        without = {-1: CellValue(NA, reason="none"), -2: CellValue(FAILED, reason="boom")}
        return without.get(known[sha]) or CellValue(COUNTED, known[sha])

    between = sides.ends(clone, first, last)
    sides.require_change(between, measure, REQUESTS, telling.quantity("requests"))
    found = sides.changed(clone, between, measure, REQUESTS)
    rows = telling.changes(between, found, "requests").records
    pulls = [one["link"].rpartition("/")[2] for one in rows]
    notes = [one["note"] for one in rows if one["note"]]
    return pulls, "\n".join([*notes, *telling.remarks(between, found, "requests")])


def test_a_change_on_the_second_side_is_found_after_the_fork(forked):
    pulls, said = changed(forked, {"begin": 4, "on main (#8)": 9})
    assert pulls == ["8"]
    assert "they part at" in said and "only on the branch" not in said


def test_a_change_on_the_first_side_was_only_on_its_branch(forked):
    pulls, said = changed(forked, {"begin": 4, "on the branch (#7)": 9})
    assert pulls == ["7"]
    assert "was only on the branch of 3.0.1" in said


def test_changes_on_both_sides_are_both_told(forked):
    pulls, said = changed(forked, {"begin": 4, "on the branch (#7)": 9, "on main (#8)": 6})
    assert set(pulls) == {"7", "8"}
    assert said.count("was only on the branch of 3.0.1") == 1


def test_steps_too_small_to_be_told_leave_no_empty_line(forked):
    _, clone = forked
    values = {"v3.0.1": 1.2e8, "v3.1.0": 1.6e8}
    shas = {clone.commit(tag).sha: CellValue(COUNTED, size) for tag, size in values.items()}
    between = sides.ends(clone, "3.0.1", "3.1.0")
    found = sides.changed(
        clone, between, lambda sha: shas.get(sha, CellValue(COUNTED, 1.4e8)), MEMORY
    )
    said = telling.remarks(between, found, telling.quantity("bytes"))
    assert any("no step of it is larger" in line for line in said)
    assert not any(line.startswith(":") for line in said)


def test_ends_that_do_not_differ_are_refused(forked, refused):
    line = refused(changed, forked, {"begin": 4, "fork": 9})
    assert line == "3.0.1 and 3.1.0 do not differ: 9 requests in both"


def test_a_cell_missing_at_an_end_is_refused(forked, refused):
    line = refused(changed, forked, {"begin": -1, "on main (#8)": 9})
    assert line.startswith("3.0.1 has no such cell (none)")


def test_ends_that_are_one_or_the_wrong_way_round_are_refused(forked, refused):
    _, clone = forked
    assert "one commit" in refused(sides.ends, clone, "3.0.0", "v3.0.0")
    assert "say 3.0.0..3.1.0" in refused(sides.ends, clone, "3.1.0", "3.0.0")


CELL = "counts.Chunks.track_requests(x)"


@pytest.fixture
def bisect(forked, made, run, monkeypatch):
    """Ask for every commit from 3.0.0 to 3.1.0, of which "on main (#8)" can't be built and the last asks for more."""
    clone_folder, clone = forked

    class Counting:
        def __init__(self):
            described = {"unit": "requests", "type": "track"}
            self.benchmarks = {"counts.Chunks.track_requests": described}

        def known(self, sha, cell):
            return True

        def measure(self, sha, cells):
            subject = clone.about(sha).subject
            if subject == "on main (#8)":
                raise Unbuildable(f"{sha[:9]}: no wheel could be built")
            return {
                one: CellValue(COUNTED, 9.5 if subject == "end of main" else 4.0) for one in cells
            }

    monkeypatch.setattr(cli.cells, "counting", lambda *_: contextlib.nullcontext(Counting()))

    def asked(*words, cell=CELL, range_="3.0.0..3.1.0", everything=True):
        where = ("--clone", clone_folder.folder, "--volume", "phantom-128")
        return run("bisect", range_, cell, *["--all"] * everything, *where, *words)

    return asked


ROWS = [("begin", 2, 4.0), ("end of main", 1, 9.5)]


def test_all_commits_are_drawn_with_what_was_skipped(bisect):
    done = bisect()
    assert done.code == 0 and "█" in done.printed
    assert "measured: 1 commits" in done.printed and "no wheel could be built" in done.printed


def test_all_commits_as_json_are_their_steps(bisect):
    done = bisect("--format", "json")
    assert done.code == 0 and "no wheel could be built" in done.error
    records = json.loads(done.printed)
    assert [(one["subject"], one["commits"], one["value"]) for one in records] == ROWS
    assert {one["unit"] for one in records} == {"requests"}


def test_all_commits_as_csv_are_their_steps(bisect):
    records = list(csv.DictReader(io.StringIO(bisect("--format", "csv").printed)))
    assert [(one["subject"], int(one["commits"]), float(one["value"])) for one in records] == ROWS


def test_a_value_that_was_not_counted_is_none_in_the_steps():
    commits = [Commit(f"{n:040x}", datetime(2026, 1, 1, tzinfo=UTC), f"{n}") for n in range(3)]
    values = [CellValue(FAILED, reason="boom"), None, CellValue(COUNTED, 1e7 + 1)]
    table = telling.steps(commits, values, "counts.Chunks.track_requests", "requests")
    assert [(one["state"], one["value"]) for one in table.records] == [
        (FAILED, None),
        (COUNTED, 1e7 + 1),
    ]


def test_all_commits_of_a_time_are_refused(bisect):
    done = bisect(cell="read.Chunks.time_whole(x)")
    assert done.code == 1 and "read.Chunks.time_whole(x) is timed: leave --all out" in done.error


def test_beside_a_failure_no_number_is_looked_into():
    """A count changes a little in every commit; that it fails is what was asked about."""
    line = Line(*range(100, 140), *[CellValue(FAILED, reason="boom")] * 40)
    found = line.search()
    (change,) = found.changes
    assert change.last == 40 and found.small
    assert len(line.asked) < 12


def test_from_nothing_on_every_step_is_looked_into():
    found = Line(0, 0, 5, 5, 1000, 1000).search()
    assert [one.last for one in found.changes] == [2, 4]


@pytest.mark.parametrize("without", [-1, -2])
def test_a_commit_without_a_number_is_passed_over_between_two(forked, without):
    """There was no such thing, or it failed: that says nothing of when the number changed."""
    values = {"begin": 4, "fork": without, "on main (#8)": 4, "end of main": 9}
    pulls, said = changed(forked, values, "3.0.0")
    assert pulls == [forked[0].shas["end of main"]]
    assert said.count("changed") == 0


@pytest.mark.parametrize("without", [-1, -2])
def test_where_two_lines_part_at_a_commit_without_a_value_no_side_is_told(forked, refused, without):
    """What each side then came to may have changed at that commit already, on both of them."""
    values = {"begin": 4, "fork": without, "on the branch (#7)": 4, "on main (#8)": 9}
    assert "part at a commit without a value" in refused(changed, forked, values)


def test_where_an_end_fails_a_failure_is_a_value(forked):
    values = {"begin": 4, "fork": 4, "on the branch (#7)": 5, "on main (#8)": -2}
    pulls, said = changed(forked, values)
    assert pulls == ["8", "7"] and "part at" in said


def test_where_two_lines_part_at_a_commit_that_cant_be_built_no_side_is_told(forked, refused):
    made, clone = forked

    def measure(sha):
        if sha == made.shas["fork"]:
            raise Unbuildable(f"{sha[:9]}: no wheel could be built")
        return CellValue(COUNTED, 9.0 if sha == made.shas["v3.1.0"] else 4.0)

    between = sides.ends(clone, "3.0.1", "3.1.0")
    line = refused(sides.changed, clone, between, measure, REQUESTS)
    assert "no wheel could be built" in line and "part at a commit without a value" in line


def test_the_largest_change_comes_first_whichever_side_it_is_on(forked):
    pulls, _ = changed(forked, {"begin": 4, "on the branch (#7)": 40, "on main (#8)": 6})
    assert pulls == ["7", "8"]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ((10, 20, 40), [0.5, 0.5]),
        ((0, 5, 20), [0.25, 0.75]),
        ((90, None, 45), [0.5, 0.5]),
        ((90, 45, None), [0.0, 1.0]),
    ],
)
def test_shares_are_of_all_that_changed(values, found):
    several = [
        CellValue(FAILED) if one is None else CellValue(COUNTED, float(one)) for one in values
    ]
    changes = [
        bisection.ValueChange(n, n + 1, *pair) for n, pair in enumerate(itertools.pairwise(several))
    ]
    assert bisection.shares(changes) == pytest.approx(found)


def test_calls_of_the_system_differ_by_a_few_without_a_change():
    differing = bisection.differ("system.Layouts.track_opens", "files")
    few, more = (CellValue(COUNTED, float(one)) for one in (104, 105))
    assert not differing(CellValue(COUNTED, 100.0), few)
    assert differing(CellValue(COUNTED, 100.0), more)


def test_all_commits_begin_with_an_end_that_is_not_on_the_line(bisect):
    done = bisect("--format", "json", range_="3.0.1..3.1.0")
    subjects = [one["subject"] for one in json.loads(done.printed)]
    assert subjects == ["end of the branch", "end of main"]
    assert "3.0.1 is not on the line of 3.1.0: they part at" in done.error
    assert "they part at" in bisect(range_="3.0.1..3.1.0").printed


class Races:
    """Stands for tomobench race: each ends with a line, or none."""

    def __init__(self, line, folder):
        self.line, self.folder = line, folder

    def run_on_stderr(self, *words):
        raise UserError(self.line)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("no cell was timed with two of the releases: the remarks above say why", Unbuildable),
        ("No space left on device", UserError),
    ],
)
def test_a_race_that_the_machine_ended_says_nothing_of_a_commit(forked, monkeypatch, line, kind):
    _, clone = forked
    monkeypatch.setattr(racing.aside, "prepare", lambda *_: None)
    monkeypatch.setattr(racing.aside, "Aside", lambda *_: Races(line, clone.folder))
    monkeypatch.setattr(racing.CommitRaces, "_added", lambda self, commit: commit.sha)
    cell = AskedCell("read.Chunks.time_whole(x)", "phantom-128", True)
    races = racing.CommitRaces(clone.folder, clone, cell, 5)
    ends = clone.commit("3.0.0"), clone.commit("3.1.0")
    with pytest.raises(UserError, match=line.partition(":")[0]) as caught:
        races.ratio(*ends)
    assert type(caught.value) is kind


@pytest.mark.parametrize("format_", ["csv", "json", "markdown"])
def test_a_program_is_told_what_a_person_is(forked, bisect, format_):
    """Where the two part, on which side a commit is, and what was skipped."""
    done = bisect("--format", format_, range_="3.0.1..3.1.0", everything=False)
    assert done.code == 0 and "they part at" in done.error and "can't be measured" in done.error
    assert forked[0].shas["end of main"][:9] in done.printed and ", one of 2" in done.printed
    assert "note" in done.printed


def test_a_branch_that_took_main_in_is_searched_from_there_on(tmp_path):
    """Before that merge it lacks what main had changed: its commits lie on no line with the place where the two part."""
    made = MadeClone(tmp_path / "clone")
    made.commit("begin", tag="v3.0.0")
    made.switch("support", "HEAD")
    made.commit("early on the branch")
    made.switch("main")
    made.commit("on main, and merged (#8)")
    made.switch("support")
    made.merge("main", "Merge main")
    made.commit("late on the branch (#9)", tag="v3.0.1")
    made.switch("main")
    made.commit("end of main", tag="v3.1.0")
    clone = Clone.open(str(made.folder), made.folder)
    values = {"begin": 4, "early on the branch": 4, "late on the branch (#9)": 20}

    def measure(sha):
        return CellValue(COUNTED, float(values.get(clone.about(sha).subject, 9)))

    between = sides.ends(clone, "3.0.1", "3.1.0")
    assert between.fork.subject == "on main, and merged (#8)"
    found = sides.changed(clone, between, measure, REQUESTS)
    (row,) = telling.changes(between, found, "requests").records
    assert row["link"].endswith("/9") and row["note"]
