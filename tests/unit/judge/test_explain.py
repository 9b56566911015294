"""Two profiles and what is different between them: it adds up, and it says what became of what. No release is run."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomobench.desk.errors import UserError
from tomobench.desk.judge import examination, formats, project, verdict
from tomobench.desk.judge.explain import cells, difference, folding, kept, of_facts, text
from tomobench.desk.judge.explain.cells import Cell
from tomobench.desk.judge.explain.difference import Mark

CELL = Cell("read whole", "64×64×64, format 2", "counts.Chunks", ("read whole", "64×64×64", "2"))


def started(name, starts, file="zarr/core.py", body=None, line=1):
    """A function in a profile; without a body its own, that no other function has."""
    body = f"{file} {name}" if body is None else body
    return {"file": file, "name": name, "line": line, "body": body, "starts": starts}


def profile(*functions, requests=(), chunks=1, calls=1, peak=0):
    units = {"calls": calls, "chunks": chunks, "objects": chunks}
    return {
        "starts": list(functions), "requests": list(requests), "units": units, "peak": peak
    }  # fmt: skip


def explained(before, after, cell=CELL):
    return difference.explain(cell, before, after)


FUNCTIONS = st.lists(
    st.builds(
        started,
        st.sampled_from(["f", "g", "C.m", "C.m.<locals>.<lambda>"]),
        st.integers(1, 5000),
        st.sampled_from(["zarr/a.py", "zarr/b.py", "numcodecs/x.py", "numpy/y.py", "<string>"]),
        st.sampled_from(["one", "two", "three", None]),
        st.integers(1, 99),
    ),
    max_size=12,
)


@given(FUNCTIONS, FUNCTIONS)
def test_listed_differences_add_up_to_that_of_the_count(before, after):
    one = explained(profile(*before), profile(*after))
    counted = sum(f["starts"] for f in after) - sum(f["starts"] for f in before)
    assert one.difference == one.listed == counted
    cut = kept.cut(one)
    assert cut.listed == counted


def test_a_cut_explanation_adds_up_to_the_same():
    after = profile(*(started(f"f{n}", n + 1) for n in range(kept.MOST + 9)))
    one = explained(profile(), after)
    cut = kept.cut(one)
    assert len(cut.functions) == kept.MOST and cut.rest == sum(range(1, 10))
    assert cut.listed == one.listed == one.difference


def marks(before, after):
    return {one.name: one.mark for one in explained(profile(*before), profile(*after)).functions}


def test_functions_are_new_vanished_or_changed_and_equal_ones_are_not_told():
    before = [started("stays", 3), started("more", 1), started("goes", 2)]
    after = [started("stays", 3, line=70), started("more", 4), started("comes", 1)]
    assert marks(before, after) == {
        "more": Mark.CHANGED,
        "goes": Mark.VANISHED,
        "comes": Mark.NEW,
    }


def test_a_function_that_does_the_same_under_another_name_is_renamed():
    before = [started("_get", 4, "zarr/storage.py", "body")]
    after = [started("_get_it", 6, "zarr/store.py", "body")]
    (one,) = explained(profile(*before), profile(*after)).functions
    assert (one.mark, one.was) == (Mark.RENAMED, ("zarr/storage.py", "_get"))
    assert (one.before, one.after) == (4, 6)


def test_a_function_that_moved_to_another_file_is_renamed_though_it_does_something_else():
    before, after = [started("f", 1, "zarr/a.py", "1")], [started("f", 1, "zarr/b.py", "2")]
    assert marks(before, after) == {"f": Mark.RENAMED}
    elsewhere = [started("f", 1, "numcodecs/b.py", "2")]
    (one, other) = explained(profile(*before), profile(*elsewhere)).functions
    assert {one.mark, other.mark} == {Mark.NEW, Mark.VANISHED}


def test_what_could_have_been_renamed_to_either_of_two_is_none_of_them():
    before = [started("f", 1, body="same")]
    after = [started("g", 1, body="same"), started("h", 1, body="same")]
    assert marks(before, after) == {"f": Mark.VANISHED, "g": Mark.NEW, "h": Mark.NEW}


def requests(before, after):
    found = explained(profile(requests=before), profile(requests=after))
    return [(one.pattern, one.mark) for one in found.requests]


@pytest.mark.parametrize(
    ("before", "after", "mark"),
    [
        ((8, 800, 100, 100), (2, 900, 450, 450), Mark.MERGED),
        ((2, 900, 450, 450), (8, 800, 100, 100), Mark.SPLIT),
        ((8, 800, 100, 100), (2, 200, 100, 100), Mark.CHANGED),
        ((2, 200, 100, 100), (2, 240, 100, 140), Mark.CHANGED),
    ],
)
def test_requests_are_merged_where_fewer_fetch_as_much(before, after, mark):
    group = ["range get", "array.zarr/c/*/*/*", False]
    assert requests([[*group, *before]], [[*group, *after]]) == [("c/*/*/*", mark)]


def test_requests_that_come_and_go_are_told_and_equal_ones_are_not():
    same = ["get", "array.zarr/zarr.json", False, 1, 300, 300, 300]
    absent = ["get", "array.zarr/.zarray", True, 1, 0, 0, 0]
    assert requests([same], [same, absent]) == [(".zarray", Mark.NEW)]
    assert requests([same, absent], [same]) == [(".zarray", Mark.VANISHED)]


def per(*differences):
    """What is said of a function's differences: (difference, chunks, calls) in each layout."""
    several = [
        explained(
            profile(chunks=chunks, calls=calls),
            profile(started("f", number), chunks=chunks, calls=calls),
        )
        for number, chunks, calls in differences
    ]
    (access,) = folding.fold(several)
    return access.functions[0].per


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        ([(16, 8, 1)], "+2 a chunk"),
        ([(16, 8, 1), (128, 64, 1)], "+2 a chunk"),
        ([(3, 8, 1), (3, 64, 1)], "+3 a call"),
        ([(24, 0, 8)], "+3 a call"),
        ([(17, 8, 1), (129, 64, 1), (1025, 512, 1)], "+2 a chunk, +1 a call"),
        ([(17, 8, 1), (5, 64, 1), (1025, 512, 1)], ""),
        ([(3, 0, 1)], "+3 a call"),
    ],
)
def test_a_difference_is_told_per_chunk_or_call_if_it_is_the_same_in_all_layouts(differences, said):
    assert per(*differences) == said


def test_an_explanation_is_read_back_as_it_was_kept(tmp_path):
    one = explained(
        profile(started("_get", 4, body="x"), requests=[["get", "a/c", False, 1, 9, 9, 9]], peak=9),
        profile(started("_fetch", 6, body="x"), started("n", 2, "numpy/a.py"), peak=10),
    )
    held = {"most": 9, "at": ["zarr/a.py", "f", 3], "lines": [["zarr/a.py", "f", 3, 9]]}
    more = {"most": 19, "at": ["zarr/a.py", "g", 5], "lines": [["zarr/a.py", "g", 5, 19]]}
    memory = difference.compare_memory(held, more)
    one = replace(one, memory=memory)
    of = kept.Told("3.4.2", "3.4.1", "phantom-128", "counts.Chunks.track_requests(a, b)")
    kept.save(tmp_path, {of: one})
    assert kept.load(tmp_path) == {of: one}
    assert kept.load(tmp_path / "nothing") == {}


def test_explanations_of_another_version_are_none_and_damaged_ones_are_refused(tmp_path):
    path = tmp_path / kept.NAME
    path.write_text(json.dumps({"version": -1, "facts": []}))
    assert kept.load(tmp_path) == {}
    without_a_fact = json.dumps({"version": kept.VERSION, "facts": [{"of": {}}]})
    for damaged in ("[]", "{", without_a_fact):
        path.write_text(damaged)
        with pytest.raises(UserError, match=r"explained\.json"):
            kept.load(tmp_path)


def test_memory_is_told_by_function_as_lines_move():
    before = {"most": 9, "at": ["zarr/a.py", "f", 3], "lines": [["zarr/a.py", "f", 3, 5]]}
    after = {
        "most": 14,
        "at": ["zarr/a.py", "g", 9],
        "lines": [["zarr/a.py", "f", 5, 5], ["zarr/a.py", "g", 9, 7], ["zarr/a.py", "g", 8, 1]],
    }
    (held,) = difference.compare_memory(before, after).held
    assert (held.name, held.line, held.difference) == ("g", 9, 8)


def test_the_most_telling_lines_of_a_fact_are_those_of_its_metric():
    asked = [["get", "array.zarr/zarr.json", False, 1, 9, 9, 9]]
    one = explained(profile(), profile(*(started(f"f{n}", 9) for n in range(5)), requests=asked))
    told = text.telling(one, ["requests"])
    assert len(told) == text.TELLING and "get zarr.json" in told[0] and "zarr/core.py:1" in told[1]
    assert all("zarr/core.py" in line for line in text.telling(one, ["function starts"]))


def test_cells_are_found_as_asv_finds_benchmarks_and_each_is_there_once():
    described = {
        "read.Chunks.time_slice_xy": {
            "params": [["64×64×64"], ["2", "3"]],
            "param_names": ["chunks", "format"],
            "version": "1",
            "unit": "seconds",
        }
    }
    by_time = cells.found(r"time_slice_xy\(64", described)
    by_count = cells.found(r"counts\.Chunks.*\(read XY slice, 64×64×64", {})
    assert [str(one) for one in by_time] == [str(one) for one in by_count]
    assert len(by_time) == 2 and by_time[0].access == "read XY slice"
    both = cells.found(r"time_slice_xy\(64|counts\.Chunks.*\(read XY slice, 64×64×64", described)
    assert len(both) == 2


def test_without_a_regular_expression_few_layouts_of_every_access():
    found = cells.few()
    layouts = {one.layout for one in found}
    assert len(layouts) == len(cells.FEW) and len(found) == len(layouts) * 16
    assert {one.layout for one in cells.every()} > layouts


@pytest.mark.parametrize(
    ("pattern", "said"), [("nothing", "no benchmark"), ("faults", "no access")]
)
def test_what_has_no_counts_is_refused(pattern, said):
    described = {
        "faults.Reads.track_faults": {
            "params": [["'reset'"]], "param_names": ["fault"], "version": "1", "unit": "kinds",
        }
    }  # fmt: skip
    with pytest.raises(UserError, match=said):
        cells.found(pattern, described)


def test_under_each_fact_stand_the_lines_that_were_kept_of_its_largest_cell(made):
    name = "counts.Chunks.track_function_starts"
    made.declare(
        name,
        "function starts",
        params=(["read whole"], ["64×64×64"], ["2"]),
        names=("access", "chunks", "format"),
    )
    made.measured("3.3.0", name, 100)
    made.measured("3.4.0", name, 160)
    made.save()
    found = project.load(made.root)
    answer = examination.examine(found, examination.Query("desk", ["3.4.0"]), [])
    (fact,) = answer.facts
    of = kept.told(fact)
    assert of.line == f"{name}(read whole, 64×64×64, 2)"
    assert cells.of_line(kept.standing_for(fact).line) == CELL
    one = explained(profile(), profile(*(started(f"f{n}", 20 - n) for n in range(5))))
    kept.save(found.folder, {of: one})
    explanations = kept.load(found.folder)
    said = formats.as_markdown(
        verdict.of(answer, found.history),
        answer,
        found.history,
        lambda fact: of_facts.lines(fact, explanations),
    )
    lines = [line for line in said.splitlines() if line.startswith("  - `")]
    assert len(lines) == text.TELLING
    assert lines[0] == "  - `+20 a call zarr/core.py:1 f0 (new)`"
    assert "  - `" not in formats.as_markdown(
        verdict.of(answer, found.history), answer, found.history
    )


@pytest.mark.parametrize("machine", ["desk", "other"])
def test_what_no_machine_tells_any_more_is_dropped_and_another_machines_is_not(made, run, machine):
    name = "counts.Chunks.track_function_starts"
    cell = {
        "params": (["read whole"], ["64×64×64"], ["2"]),
        "names": ("access", "chunks", "format"),
    }
    made.declare(name, "function starts", **cell)
    for on, after in (("desk", 100), ("other", 160)):
        made.measured("3.3.0", name, 100, machine=on)
        made.measured("3.4.0", name, after, machine=on)
    folder = project.load(made.save().root).folder
    one = explained(profile(), profile(started("f", 20)))
    hashes = {release.version: release.hash for release in made.releases}
    line = f"{name}(read whole, 64×64×64, 2)"
    told = kept.Told(hashes["3.4.0"], hashes["3.3.0"], "phantom-128", line)
    kept.save(folder, {told: one, replace(told, line="of before"): one})
    assert run("explain", "--facts", "--machine", machine).code == 0
    assert list(kept.load(folder)) == [told]


def test_a_fact_is_explained_by_the_largest_cell_that_can_be(made):
    name = "counts.Chunks.track_function_starts"
    accesses = ["read what nobody counts", "read whole", "open array"]
    made.declare(
        name,
        "function starts",
        params=(accesses, ["64×64×64"], ["2"]),
        names=("access", "chunks", "format"),
    )
    made.measured("3.3.0", name, 100, 100, 100)
    made.measured("3.4.0", name, 400, 160, 130)
    made.save()
    found = project.load(made.root)
    (fact,) = examination.examine(found, examination.Query("desk", ["3.4.0"]), []).facts
    assert "nobody" in fact.moved[0].largest.line.name
    assert cells.of_line(kept.standing_for(fact).line) == CELL
    lines = of_facts.lines(fact, {kept.told(fact): explained(profile(), profile(started("f", 20)))})
    assert lines == [f"{CELL}:", "+20 a call zarr/core.py:1 f (new)"]


def test_what_asks_no_release_is_explained_for_no_fact(tmp_path):
    def installed(*pair):
        raise AssertionError("nothing is to be installed")

    assert list(of_facts.explain(tmp_path, [], installed)) == []
