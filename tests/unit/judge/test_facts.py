"""Facts: how cells that moved together are folded, on made histories."""

import itertools
import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import REPOSITORY
from tests.made.history import FILES, RATIO, READ, MadeHistory
from tests.unit.judge.test_races import race
from tomobench.bench import collisions, ways
from tomobench.desk.judge import (
    examination,
    formats,
    project,
    sentences,
    subjects,
    tiers,
    verdict,
    work,
    wrong,
)
from tomobench.desk.judge.facts import key_of
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.series import Line
from tomobench.desk.judge.subjects import Subject, place_of
from tomobench.desk.judge.tier import Tier
from tomobench.desk.judge.tiers import RAISES, UNSAFE_WAYS, VOXELS, makes_facts, metric_of

SLICES = ["'read XY slice'", "'read XZ slice'"]
CHUNKS = ["'16×16×16'", "'32×32×32'"]
SHARDS = ["'none'", "'128×128×128'"]
CELLS = [(a, c, s) for a in SLICES for c in CHUNKS for s in SHARDS]
BYTES, REQUESTS, GETS = (
    f"counts.Shards.track_{name}" for name in ("bytes_fetched", "requests", "gets")
)
WRONG = "correctness.Shards.track_wrong_voxels"


def counts(made: MadeHistory, name, before, after, unit="bytes"):
    """A count that is ``before(cell)`` in 3.3.0 and ``after(cell)`` in 3.4.0."""
    made.declare(name, unit, params=(SLICES, CHUNKS, SHARDS), names=("access", "chunks", "shards"))
    made.measured("3.3.0", name, *map(before, CELLS))
    made.measured("3.4.0", name, *map(after, CELLS))


def sharded(cell) -> bool:
    return cell[2] != "'none'"


def examine(made: MadeHistory, release="3.4.0", against=None) -> examination.Answer:
    return examination.examine(
        project.load(made.root), examination.Query("desk", [release], against), []
    )


def told(answer) -> list[str]:
    return [sentences.of_fact(one) for one in answer.facts]


def test_metrics_that_moved_on_the_same_cells_are_one_fact_over_accesses_and_layouts(made):
    factor = {"'16×16×16'": 6.8, "'32×32×32'": 1.8}
    counts(made, BYTES, lambda c: 1000, lambda c: 1000 * factor[c[1]] if sharded(c) else 1000)
    counts(made, REQUESTS, lambda c: 90, lambda c: 30 if sharded(c) else 90, "requests")
    counts(made, WRONG, lambda c: 0, lambda c: 0, "wrong voxels")
    answer = examine(made.save())
    (only,) = told(answer)
    assert only == (
        "XY and XZ slices out of shards fetch 1.8 to 6.8 times the bytes in 3.0 times fewer "
        "requests (4 of 4 cells)"
    )
    (fact,) = answer.facts
    assert fact.tier is Tier.TRAFFIC and fact.bad and fact.equal == ("voxels",)
    fetched, requests = fact.moved
    assert (fetched.count, fetched.compared, fetched.layouts) == (4, 4, 2)
    assert fetched.ratios == (1.8, 6.8) and requests.ratios == pytest.approx((1 / 3, 1 / 3))
    assert (fetched.largest.before, fetched.largest.after) == (1000, 6800)
    assert fetched.sure == {"exact": 4}


def test_a_fact_says_how_many_of_the_compared_cells_moved_and_what_stayed_equal(made):
    counts(made, BYTES, lambda c: 1000, lambda c: 1000)
    first = ("'read XY slice'", "'16×16×16'", "'none'")
    counts(made, REQUESTS, lambda c: 2, lambda c: 3 if c == first else 2, "requests")
    answer = examine(made.save())
    assert told(answer) == ["XY slices make 50 % more requests (1 of 2 cells)"]
    assert answer.facts[0].equal == ("bytes",)


def test_a_cell_with_some_of_the_metrics_joins_those_with_more(made):
    counts(made, BYTES, lambda c: 1000, lambda c: 3000)
    first = CELLS[0]
    counts(made, REQUESTS, lambda c: 9, lambda c: 9 if c == first else 3, "requests")
    facts = examine(made.save()).facts
    assert sum(one.moved[0].count for one in facts) == len(CELLS)
    assert len(facts) == 1 and [one.count for one in facts[0].moved] == [8, 7]


def test_opposite_directions_are_two_facts_the_worse_first(made):
    counts(made, BYTES, lambda c: 1000, lambda c: 2000 if sharded(c) else 500)
    assert told(examine(made.save())) == [
        "XY and XZ slices out of shards fetch 2.0 times the bytes (4 of 4 cells)",
        "XY and XZ slices fetch 2.0 times fewer bytes (4 of 4 cells)",
    ]


def test_a_part_is_told_only_where_the_whole_stood_still(made):
    counts(made, REQUESTS, lambda c: 4, lambda c: 6 if sharded(c) else 4, "requests")
    counts(made, GETS, lambda c: 4, lambda c: 6, "requests")
    assert sorted(told(examine(made.save()))) == [
        "XY and XZ slices make 50 % more GETs (4 of 4 cells)",
        "XY and XZ slices out of shards make 50 % more requests (4 of 4 cells)",
    ]


def test_what_is_stored_comes_before_what_follows_from_it(made):
    stored = "footprint.Chunks.track_stored_bytes"
    made.declare(stored, "bytes")
    made.series(stored, [1000] * 6 + [1300] * 2)
    counts(made, REQUESTS, lambda c: 2, lambda c: 5, "requests")
    assert told(examine(made.save()))[0] == ("Stored volumes take 30 % more space (1 of 1 cells)")


def test_from_nothing_and_to_nothing(made):
    counts(made, BYTES, lambda c: 0, lambda c: 10)
    counts(made, REQUESTS, lambda c: 4, lambda c: 0, "requests")
    (only,) = told(examine(made.save()))
    assert "fetch bytes where there were none" in only and "in no requests any more" in only


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=len(CELLS), max_size=len(CELLS)))
def test_every_cell_that_moved_is_in_one_fact(tmp_path_factory, values):
    made = MadeHistory(tmp_path_factory.mktemp("made"))
    table = dict(zip(CELLS, values))
    counts(made, BYTES, lambda c: table[c][0], lambda c: table[c][1])
    counts(made, REQUESTS, lambda c: table[c][2], lambda c: table[c][3], "requests")
    answer = examine(made.save())
    in_facts = [(key_of(one), one.line.benchmark) for fact in answer.facts for one in fact.cells]
    moved = [(key_of(one), one.line.benchmark) for one in answer.findings]
    assert sorted(map(str, in_facts)) == sorted(map(str, moved))
    for fact in answer.facts:
        for one in fact.moved:
            assert one.bad == all(cell.bad for cell in one.cells)
            assert one.count <= one.compared <= len(CELLS)
        assert fact.bad == fact.moved[0].bad


def line(benchmark, unit="seconds", kind=Kind.TIMED, **cell) -> Line:
    return Line(benchmark, "1", tuple(cell.items()), unit, kind)


def test_suites_that_measure_the_same_have_the_same_place():
    cell = {"chunks": "16×16×16", "format": "2"}
    counted = place_of(line("counts.Chunks.track_requests", access="'read XY slice'", **cell))
    assert counted == place_of(line("read.Chunks.time_slice_xy", **cell))
    assert counted.layout == "16×16×16, format 2" and not counted.subject.sharded
    cell = {"chunks": "32×32×32", "shards": "whole"}
    checked = line(
        "correctness.Shards.track_wrong_voxels",
        way="by create_array with data",
        reader="zarr",
        **cell,
    )
    written = place_of(line("write.OneCallShards.time_whole", **cell))
    assert place_of(checked) == written and written.layout == "32×32×32 in one shard"
    remote = place_of(line("remote.Reads.time_slice_xy", round_trip_ms="50", layout="64×64×64"))
    assert remote.subject.place == "over S3" and remote.subject.access == "read XY slice"
    cold = place_of(line("read.ColdChunks.time_slice_xy", chunks="16×16×16", format="2"))
    assert cold.subject.place == "cold"


def test_a_suite_that_varies_what_others_leave_measures_their_cell_too():
    counted = line(
        "counts.Shards.track_requests",
        access="'read XY slice'",
        chunks="16×16×16",
        shards="128×128×128",
    )
    layout = "'16×16×16 in 128×128×128'"
    usual = line("pipelines.ReadSlice.time_slice_xy", pipeline="'default'", layout=layout)
    fused = line("pipelines.ReadSlice.time_slice_xy", pipeline="'fused'", layout=layout)
    assert place_of(usual) == place_of(counted) != place_of(fused)
    kept = line("stores.Read.time_whole", kept_in="'local'", layout=layout)
    assert place_of(kept).layout == place_of(counted).layout


@pytest.mark.committed
def test_every_cell_of_the_suites_has_an_access_in_words():
    described = json.loads((REPOSITORY / "results/benchmarks.json").read_text(encoding="utf-8"))
    names = [
        name for name in described if "." in name and not name.startswith(("floor.", "calls."))
    ]
    tracked = {
        name.partition(".track_")[2].replace("_", " ") for name in names if ".track_" in name
    }
    for name in names:
        one = described[name]
        for values in itertools.product(*one["params"]):
            cell = dict(zip(one["param_names"], values))
            found = place_of(line(name, one["unit"], **cell)).subject
            assert found.access.partition(" ")[2] not in tracked, name
            assert "“" not in sentences.subject([found]), name


def test_one_call_and_several_are_said_by_the_same_verb():
    calls = [Subject(f"call {name}", "", False) for name in ("a", "b", "c")]
    assert sentences.subject(calls[:1]) == "calls of “a”"
    assert sentences.subject(calls) == "calls of “a”, “b” and “c”"
    slices = [Subject(f"read {plane} slice", "", False) for plane in ("XY", "XZ")]
    assert sentences.subject([calls[0], *slices]) == "XY and XZ slices and calls of “a”"


def test_tiers_of_metrics():
    exact = {"kind": Kind.EXACT}
    for name, unit, tier in (
        ("a.A.track_wrong_voxels", "wrong voxels", Tier.WRONG),
        ("a.A.track_stored_bytes", "bytes", Tier.TRAFFIC),
        ("a.A.track_peak_memory", "bytes", Tier.TIME),
        ("a.A.peakmem_whole", "bytes", Tier.TIME),
        ("a.A.time_whole", "seconds", Tier.TIME),
        ("a.A.track_function_starts", "function starts", Tier.WORK),
        ("a.A.track_anything_new", "things", Tier.TRAFFIC),
    ):
        assert metric_of(line(name, unit, **exact)).tier is tier
    assert not makes_facts(line("floor.Chunks.track_zarr", "times the floor"))


def test_of_several_releases_one_fact_for_the_better_is_printed_each(made):
    counts(made, BYTES, lambda c: 1000, lambda c: 500)
    for version, files, ratio in (("3.3.0", 64, 2), ("3.4.0", 16, 2), ("3.4.2", 16, 1)):
        made.measured(version, FILES, files)
        made.measured(version, RATIO, ratio)
    root = made.save().root
    history = project.load(root).history
    printed = []
    for releases in (["3.4.0"], ["3.4.0", "3.4.2"]):
        query = examination.Query("desk", releases, None)
        answer = examination.examine(project.load(root), query, [])
        printed.append(formats.as_text(verdict.of(answer, history), answer, history))
    assert [text.count("▽") for text in printed] == [2, 1]
    assert [text.count("▲") for text in printed] == [0, 1]
    assert ["… and 1 more: --format json has all" in text for text in printed] == [False, True]


WAYS = ["'by assignment'", "'by create_array with data'"]


@pytest.fixture
def losing(made):
    """One way of writing loses voxels in 3.0.8 and 3.1.0, and raises in 3.2.0."""
    made.declare(WRONG, "wrong voxels", params=(WAYS, CHUNKS), names=("way", "chunks"))
    for version, bad in zip(made.versions, [0, 0, 7, 5, None, 0, 0, 0]):
        made.measured(version, WRONG, 0, 0, bad, 0)
    return made.save()


def wrong_facts(made, **options):
    found = project.load(made.root)
    return wrong.of(found.series("desk"), list(made.versions), [], **options)


def test_what_is_wrong_is_absolute(losing):
    found = wrong_facts(losing)
    assert {
        release: [(one.metric, one.since, len(one.cells), one.compared) for one in facts]
        for release, facts in found.items()
    } == {
        "3.0.8": [(VOXELS, "3.0.8", 1, 2)],
        "3.1.0": [(VOXELS, "3.0.8", 1, 2)],
        "3.2.0": [(RAISES, "3.2.0", 1, 2)],
    }
    history = project.load(losing.root).history
    assert sentences.of_wrong(found["3.1.0"][0], history) == (
        "Writes in one call lose up to 5 voxels (1 of 2 cells), since 3.0.8"
    )
    answer = examine(losing, "3.1.0")
    # Fewer wrong voxels are no improvement to be told.
    assert not answer.facts and [one.fails for one in answer.wrong] == [True]


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        ("wrong voxels", 7, "lose up to 7 voxels"),
        ("0 recovered, 1 failed loudly, 2 hung, 3 wrong voxels", 3, "hang, or give wrong voxels"),
        ("0 safe, 1 loses voxels", 1, "lose what another wrote at the same time"),
        ("kills that leave neither", 3, "leave what is neither old nor new"),
        ("wrong voxels", None, "raise an error"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_its_unit(made, unit, value, said):
    made.declare("writers.One.track_it", unit, params=(["'a way'"],), names=("way",))
    made.measured("3.4.0", "writers.One.track_it", value)
    history = project.load(made.save().root).history
    (fact,) = wrong_facts(made)["3.4.0"]
    assert f" {said} (1 of 1 cells)" in sentences.of_wrong(fact, history)
    assert fact.fails


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (128 + 63, []),  # fewer than one for each object
        (128 + 64, ["Whole reads make 50 % more reads of files (1 of 1 cells)"]),
        (64, ["Whole reads make 2.0 times fewer reads of files (1 of 1 cells)"]),
    ],
)
def test_a_few_calls_of_the_system_are_no_change(made, after, said):
    cell = {"params": (["'read whole'"], ["'32×32×32'"]), "names": ("access", "layout")}
    for name, values in {"objects": (64, 64), "system_reads": (128, after)}.items():
        made.declare(f"system.Layouts.track_{name}", name, **cell)
        for version, value in zip(("3.3.0", "3.4.0"), values):
            made.measured(version, f"system.Layouts.track_{name}", value)
    assert told(examine(made.save())) == said


CALLS, FAULTS = (
    ("calls.Calls.track_outcome", "0 worked, 1 raised, 2 wrong", "way"),
    ("faults.Outcome.track_outcome", "0 recovered, 1 failed loudly, 2 hung, 3 wrong voxels", "access"),
)  # fmt: skip


def outcomes(made, scale, **values):
    """What a call, or a read with a fault, did in releases (v3_4_0=1). Returns the benchmark's name."""
    name, unit, parameter = scale
    made.declare(name, unit, params=(["'read whole'"],), names=(parameter,))
    for release, value in values.items():
        version = release.removeprefix("v").replace("_", ".")
        made.measured(version, name, value)
        made.measured(version, FILES, 1)
    made.save()
    return name


@pytest.mark.parametrize(
    ("scale", "before", "now", "facts"),
    [
        (CALLS, 0, 1, [("failures", False)]),
        (CALLS, 1, 1, []),
        (CALLS, math.nan, 1, []),
        (CALLS, 1, 0, []),
        (CALLS, 2, 1, []),
        (CALLS, 0, 2, [("wrong calls", False)]),
        (CALLS, 2, 2, [("wrong calls", True)]),
        (FAULTS, 0, 1, [("failures", False)]),
        (FAULTS, 1, 1, []),
        (FAULTS, 2, 1, []),
        (FAULTS, 2, 2, [("wrong outcomes", True)]),
    ],
)
def test_what_raises_is_told_where_it_worked_before(made, scale, before, now, facts):
    outcomes(made, scale, v3_3_0=before, v3_4_0=now)
    found = examine(made).wrong
    assert [(one.metric.name, one.since == "3.3.0") for one in found] == facts
    assert all(one.fails for one in found)


@pytest.mark.parametrize("scale", [CALLS, FAULTS], ids=["calls", "faults"])
def test_what_raises_is_told_against_any_release_in_which_it_worked(made, run, scale):
    """Not only against the neighbour, and of what is on no branch too."""
    made = MadeHistory(made.root, (*made.versions, "3.5.0rc1"))
    outcomes(made, scale, v3_2_0=0, v3_3_0=1, v3_4_0=1, v3_5_0rc1=1)
    for release in ("3.4.0", "3.5.0rc1"):
        done = run("regressions", release, "--against", "3.2.0", "--fail-on", "wrong")
        assert done.code == 1 and "raise an error (1 of 1 cells)" in done.printed
    assert run("regressions", "3.4.0", "--fail-on", "wrong").code == 0


@pytest.mark.parametrize("scale", [CALLS, FAULTS], ids=["calls", "faults"])
def test_what_raises_since_a_release_that_was_not_measured_is_told_apart(made, run, scale):
    name = outcomes(made, scale, v3_2_0=0, v3_4_0=1)
    done = run("regressions", "3.4.0", "--benchmark", name, "--fail-on", "any")
    assert done.code == 0 and "worse over several releases" in done.printed
    assert "  ✗ 3.2.0 to 3.4.0: " in done.printed
    assert "raise an error (1 of 1 cells)" in done.printed


def test_every_unsafe_way_is_one_that_two_writers_are_tried_on():
    tried = {str(way) for way, writers in collisions.WAYS.items() if writers.share != "nothing"}
    unlocked = {way for way in tried if "synchronized" not in way}
    several = [writer for writer, (number, _) in ways.WRITERS.items() if number > 1]
    shared = [aligned for aligned in ways.ALIGNMENTS if aligned != ways.SHARDS]
    dealt = {f"write by {one}, aligned to {aligned}" for one in several for aligned in shared}
    assert UNSAFE_WAYS.keys() == unlocked | dealt | {subjects.WAYS["store without lock"]}


def test_writers_that_keep_to_shards_and_lose_voxels_fail_the_gate(made):
    name = "ways.Ways.track_voxels_lost"
    axes = {
        "step": ["'chunk'"],
        "writer": ["'2 threads'"],
        "aligned": ["'shards'", "'chunks'"],
        "layout": ["'32×32×32 in 64×64×64'"],
    }
    unit = "0 all are there, 1 voxels are lost"
    made.declare(name, unit, params=tuple(axes.values()), names=tuple(axes))
    made.measured("3.4.0", name, 1, 1)
    first, second = wrong_facts(made.save())["3.4.0"]
    said = [sentences.subject(one.subjects) for one in (first, second)]
    assert said == [
        "writes by 2 threads that share no object into shards",
        "writes by 2 threads that share shards",
    ]
    assert first.fails and not second.fails and "zarr locks nothing" in second.unsafe


def test_lost_voxels_are_told_before_what_is_left_torn(made):
    for name, unit in (
        ("writers.Kills.track_neither", "kills that leave neither"),
        ("correctness.One.track_it", "wrong voxels"),
    ):
        made.declare(name, unit, params=(["'killed creating'"],), names=("way",))
        made.measured("3.4.0", name, 7)
    assert next(one.metric for one in wrong_facts(made.save())["3.4.0"]) == VOXELS


def test_a_safe_way_that_loses_voxels_fails_the_gate_and_an_unsafe_one_does_not(made, run):
    name, tried = "writers.Collisions.track_outcome", ["by 2 threads, aligned", *UNSAFE_WAYS]
    unit = "0 safe, 1 loses voxels"
    made.declare(name, unit, params=([f"'{one}'" for one in tried],), names=("way",))
    for release, aligned in zip(made.versions[-3:], [0, 0, 1], strict=True):
        made.measured(release, name, aligned, *[1] * len(UNSAFE_WAYS))
    made.save()
    for release, code in zip(made.versions[-2:], (0, 1), strict=True):
        done = run("regressions", release, "--fail-on", "wrong")
        assert done.code == code
        assert "unsafe by design" in done.printed and "zarr locks nothing" in done.printed
    assert "Two threads that share no object lose what another wrote" in done.printed


def test_what_is_accepted_is_told_after_what_the_release_did(made):
    name, tried = "writers.Collisions.track_outcome", ["by 2 threads, aligned", *UNSAFE_WAYS]
    made.declare(
        name, "0 safe, 1 loses voxels", params=([f"'{one}'" for one in tried],), names=("way",)
    )
    made.declare(FILES, "files")
    for release, files in (("3.3.0", 1), ("3.4.0", 9)):
        made.measured(release, name, *[1] * len(tried))
        made.measured(release, FILES, files)
    answer = examine(made.save())
    (of_release,) = verdict.of(answer, project.load(made.root).history).releases
    facts = [(one.tier, one.fails) for one in of_release.facts]
    assert facts[:2] == [(Tier.WRONG, True), (Tier.TRAFFIC, True)]
    assert facts[2:] and set(facts[2:]) == {(Tier.WRONG, False)}


def test_what_is_unsafe_by_design_is_no_releases_headline(losing):
    losing.declare(FILES, "files")
    losing.measured("3.0.8", FILES, 1)
    losing.measured("3.1.0", FILES, 9)
    main = list(losing.versions)
    answer = examine(losing.save(), "3.1.0")
    (lost,) = wrong.of(
        project.load(losing.root).series("desk"), main, [], {"write whole, in one call": "known"}
    )["3.1.0"]
    assert sentences.headline([lost, *answer.facts]) == "Stored volumes make 9.0 times the objects"
    assert sentences.headline([lost]) == "Writes in one call lose up to 5 voxels"


def test_ways_that_are_unsafe_by_design_are_shown_and_never_fail(losing):
    found = wrong_facts(losing, unsafe={"write whole, in one call": "several writers"})
    assert [one.fails for facts in found.values() for one in facts] == [False] * 3
    history = project.load(losing.root).history
    said = sentences.of_wrong(found["3.0.8"][0], history)
    assert said.endswith("; unsafe by design: several writers")


@pytest.mark.parametrize(
    ("name", "unit", "type_", "after", "code"),
    [
        (WRONG, "wrong voxels", "track", 1, 3),
        (FILES, "files", "track", 2, 4),
        (READ, "seconds", "time", 9.0, 5),
        ("counts.Chunks.track_function_starts", "function starts", "track", 9, 0),
        (FILES, "files", "track", 1, 0),
    ],
)
def test_the_code_of_a_verdict_is_that_of_its_worst_tier(made, name, unit, type_, after, code):
    made.declare(name, unit, type_)
    before = 0 if name == WRONG else 1
    made.measured("3.4.0", name, before)
    made.measured("3.4.2", name, after)
    made.save()
    found = verdict.judge(project.load(made.root), "3.4.2", "3.4.0", "desk")
    assert found.code == code
    assert found.sentence.startswith("3.4.2 against 3.4.0: ")
    assert found.sentence.endswith("nothing broken; nothing got worse.") == (
        after == 1 and code == 0
    )


def test_a_verdict_says_which_change_would_have_been_seen(made):
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 1e-3}, renewals=15)
    found = verdict.judge(project.load(made.root), "3.4.0", "3.3.0", "desk")
    assert (
        found.code == 0 and "half of the unchanged would have shown 4% if raced" in found.compared
    )


def test_the_least_work_is_what_a_race_saw(made):
    starts = "counts.Chunks.track_function_starts"
    made.declare(
        starts, "function starts", params=(["'read whole'"], CHUNKS[:1]), names=("access", "chunks")
    )
    made.series(starts, [100, 100, 100, 110, 110, 150, 160, 160])
    made.save()
    race(made.root, {"3.0.8": 1.0, "3.1.0": 1.0, "3.2.0": 1.0, "3.3.0": 1.5, "3.4.0": 1.5})
    several = project.load(made.root).all_series("desk")
    found = work.steps(several, list(made.versions))
    assert [(one.release, one.seen) for one in found] == [
        ("3.4.0", False),
        ("3.1.0", False),
        ("3.3.0", True),
    ]
    assert work.least_seen(found) == pytest.approx(40 / 110)
    assert work.least_seen([]) is None


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1.8, 6.8, "1.8 to 6.8"),
        (2, 2.01, "2.0"),
        (1.02, 6.8, "up to 6.8"),
        (12.3, 480, "12 to 480"),
    ],
)
def test_ranges_of_times(low, high, text):
    assert sentences.span(low, high) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0.006, 0.025, "0.6 to 2.5 %"), (0.5, 0.5, "50 %"), (0, 0.0004, "under 0.1 %")],
)
def test_ranges_of_shares(low, high, text):
    assert sentences.percent(low, high) == text


def test_quantities_have_units():
    assert sentences.quantity(6_307_000, "bytes") == "6.015 MiB"
    assert sentences.quantity(203_738, "function starts") == "203,738 function starts"
    assert sentences.quantity(math.pi / 1000, "seconds") == "3.14ms"
    assert sentences.quantity(1, "0 worked, 1 raised, 2 wrong") == "raises"


def test_each_count_has_a_metric_of_its_own():
    described = json.loads((REPOSITORY / "results/benchmarks.json").read_text())
    counted = {
        name.rpartition(".track_")[2]
        for name, one in described.items()
        if name != "version" and one["type"] == "track" and one["unit"] not in tiers.HARMS
        if not name.startswith("floor.") and not name.endswith(".track_time")
    }
    assert counted and counted <= tiers.METRICS.keys()
