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


def folded(*several):
    """The accesses of explanations of pairs of profiles: (cell, before, after)."""
    return folding.fold([explained(before, after, cell) for cell, before, after in several])


def test_what_another_cell_still_starts_was_not_renamed():
    """One layout no longer starts f, and starts its like elsewhere: the other layout starts both on both sides."""
    f, other = (started("f", 1, file, body=file) for file in ("zarr/a.py", "zarr/b.py"))
    one, two = (profile(f), profile(other)), (profile(f, other), profile(f, other))
    assert marks([f], [other]) == {"f": Mark.RENAMED}
    called = difference.renamed(*zip(one, two))
    found = difference.explain(CELL, *one, called).functions
    assert {each.mark for each in found} == {Mark.NEW, Mark.VANISHED}


def test_what_was_renamed_is_so_in_each_layout_that_starts_it():
    """In one layout two functions go that do the same: there alone it could be either."""
    was, like = started("was", 2, body="b"), started("like", 3, body="b")
    now = started("now", 2, body="b")
    one, two = (profile(was, like), profile(now, like)), (profile(was), profile(now))
    called = difference.renamed(*zip(one, two))
    for pair in (one, two):
        (found,) = difference.explain(CELL, *pair, called).functions
        assert found.was == ("zarr/core.py", "was")


def test_requests_of_several_stores_that_are_told_as_one_are_added():
    """A key is told without the store's own name."""
    before = [["get", "zarr.json", False, 1, 100, 100, 100]]
    more = ["get", "multiscale.zarr/zarr.json", False, 2, 600, 300, 300]
    (one,) = explained(profile(requests=before), profile(requests=[*before, more])).requests
    assert (one.before, one.after, one.in_all) == (1, 3, (100, 700))
    assert one.sizes == ((100, 100), (100, 300))


def test_as_many_requests_of_other_bytes_in_all_are_told():
    group = ["range get", "array.zarr/c/*/*/*", False]
    (access,) = folded(
        (
            CELL,
            profile(requests=[[*group, 8, 40960, 1024, 8192]]),
            profile(requests=[[*group, 8, 30720, 1024, 8192]]),
        )
    )
    (one,) = access.requests
    assert (
        text.request(one) == "as many range get c/*/*/*, of 1 KiB to 8 KiB, 40 KiB → 30 KiB in all"
    )
    said = text.as_text("1", "2", [access])
    assert "other requests are made in 1" in said and "30 KiB in all" in said


SLICE = replace(CELL, access="read XY slice")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Of another kind, though as many.
        (
            profile(requests=[["get", "a/c/*", False, 8, 80, 10, 10]], chunks=8),
            profile(requests=[["range get", "a/c/*", False, 8, 80, 10, 10]], chunks=8),
        ),
        # Per nothing: the numbers are each access's own.
        (
            profile(requests=[["get", "a/c/*", False, 5, 50, 10, 10]], chunks=8, calls=3),
            profile(requests=[["get", "a/c/*", False, 500, 5000, 10, 10]], chunks=8, calls=3),
        ),
        # Of other packages alone.
        (profile(started("f", 5, "numpy/a.py")), profile(started("g", 300, "numpy/b.py"))),
    ],
)
def test_accesses_that_changed_otherwise_are_told_apart(one, other):
    empty = profile(chunks=8, calls=3)
    accesses = folded((CELL, empty, one), (SLICE, empty, other))
    if one["requests"]:
        # A request of its own makes any number one of a request: here there are others beside it.
        units = {"calls": 3, "chunks": 8, "objects": 8, "requests": 7}
        accesses = folding.fold(
            [
                replace(explained(empty, after, cell), units=units)
                for cell, after in ((CELL, one), (SLICE, other))
            ]
        )
    said = text.as_text("1", "2", accesses)
    assert said.count("\n\n") == 2


def test_what_is_too_slow_to_be_watched_is_said():
    slow = {"requests": [], "units": {"calls": 1, "chunks": 1, "objects": 1}, "slow": 99.0}
    found = [explained(slow, slow), explained(profile(), profile(), SLICE)]
    (line,) = text.notes(found, {})
    assert line == "left out: functions and memory of 1 cell, too slow to be watched"


def test_other_packages_that_cancel_out_over_layouts_are_told():
    one, two = (started(name, 5, "numpy/a.py") for name in "fg")
    (access,) = folded(
        (CELL, profile(one), profile()),
        (replace(CELL, layout="32×32×32"), profile(), profile(two)),
    )
    said = text.as_text("1", "2", [access])
    assert "other functions start in 1" in said and "in other packages" in said


def found_by(benchmark, names, *values):
    described = {
        "params": [[value] for value in values],
        "param_names": names,
        "version": "1",
        "unit": "seconds",
    }
    return cells.found(f"^{benchmark.replace('.', '[.]')}", {benchmark: described})


@pytest.mark.parametrize(
    ("benchmark", "names", "values"),
    [
        (
            "blocks.Counts.track_requests",
            ["way", "blocks", "workers", "layout"],
            ["read", "across", "1 process", "64×64×64"],
        ),
        (
            "pipelines.Counts.track_function_starts",
            ["access", "pipeline", "layout"],
            ["read whole", "fused", "64×64×64"],
        ),
        ("stores.Read.time_whole", ["kept_in", "layout"], ["zip", "64×64×64"]),
        (
            "faults.Outcome.track_outcome",
            ["fault", "access", "layout"],
            ["503", "read whole", "32×32×32"],
        ),
        ("footprint.Chosen.track_chunk_voxels", [], []),
    ],
)
def test_what_is_done_otherwise_than_it_is_profiled_is_not_explained(benchmark, names, values):
    with pytest.raises(UserError, match="no access"):
        found_by(benchmark, names, *values)


def test_what_is_done_as_usual_and_what_lies_before_a_server_is_explained():
    (one,) = found_by("stores.Read.time_whole", ["kept_in", "layout"], "local", "64×64×64")
    assert one.access == "read whole"
    (one,) = found_by(
        "remote.PracticeWrites.time_whole", ["round_trip_ms", "layout"], "50", "portal"
    )
    assert one.access == "write whole"


@pytest.mark.parametrize("format_", ["json", "csv", "markdown"])
def test_what_facts_does_not_print_is_not_asked_of_it(made, run, format_):
    done = run("explain", "--facts", "--format", format_)
    assert done.code == 1 and "--facts takes a range of releases, and no option" in done.error
