"""The lattice of layouts, what is best among many, and how parallel writers are aligned."""

from dataclasses import replace
from itertools import pairwise
from math import ceil, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomobench.bench import kinds
from tomobench.bench.kinds import READS, REFUSES
from tomobench.bench.layout import Layout
from tomobench.desk.advise.evidence.expected import Cuts
from tomobench.desk.advise.evidence.stored import DEFAULT
from tomobench.desk.advise.evidence.use import parse
from tomobench.desk.advise.plan import candidates, lattice, search, snippets
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.network import S3, Storage
from tomobench.desk.advise.plan.question import LayoutLimits, Question
from tomobench.desk.advise.plan.sweep import Sweep
from tomobench.desk.advise.readers import tools, verdicts
from tomobench.desk.advise.readers.verdicts import Trial
from tomobench.desk.errors import UserError

SHAPE = (184, 630, 630)


@given(st.integers(1, 5000))
def test_edges_are_powers_divisors_and_the_axis(length):
    found = lattice.edges(length)
    assert found[-1] == length and all(a < b for a, b in pairwise(found))
    assert all(length % edge == 0 or edge & (edge - 1) == 0 for edge in found)
    assert len(found) <= 2 * length.bit_length()


@pytest.mark.parametrize("shape", [SHAPE, (100, 333, 1000), (1, 2, 3), (2048, 4096, 4096)])
@pytest.mark.parametrize("itemsize", [1, 4])
def test_the_lattice_keeps_its_bounds_and_has_each_layout_once(shape, itemsize):
    cuts = lattice.cuts(shape, itemsize)
    layouts = [cuts.layout(place) for place in range(0, len(cuts), max(1, len(cuts) // 500))]
    sizes = np.prod(cuts.chunks, axis=1) * itemsize
    least = min(lattice.LEAST, prod(shape) * itemsize)
    assert sizes.min() >= least and sizes.max() <= lattice.MOST
    for one in layouts:
        assert one.zarr_format == 3 or not one.shards
        assert all(edge <= length for edge, length in zip(one.chunks, shape))
    rows = np.concatenate(
        [cuts.chunks, cuts.shards, cuts.sharded[:, None], cuts.zarr_format[:, None]], axis=1
    )
    assert len(np.unique(rows, axis=0)) == len(cuts)


def test_slabs_in_each_plane_and_sharded_slabs_are_compared():
    cuts = lattice.cuts(SHAPE, 4)
    layouts = {(cuts.layout(n).chunks, cuts.layout(n).shards) for n in range(len(cuts))}
    for plane in ((1, 630, 630), (184, 1, 630), (184, 630, 1)):
        assert (plane, None) in layouts
    assert ((8, 64, 64), (8, 640, 640)) in layouts  # a slab of XY planes
    assert ((64, 8, 64), (192, 8, 640)) in layouts
    assert ((64, 64, 64), (192, 640, 640)) in layouts


@pytest.mark.parametrize("storage", [Storage(), Storage(S3, 0.02, heads=True)])
def test_many_at_once_are_estimated_as_one_by_one(committed, storage):
    use = parse("xy=2,region-48,write")
    question = Question(SHAPE, use, committed.tips()["3"], storage, dtype="float32")
    desk = Estimate(question, committed)
    # Merged ranges are looked at closely for one layout alone: here, shards that are read whole.
    layouts = [
        Layout((16, 70, 90)),
        Layout((1, 630, 630), zarr_format=3),
        Layout((23, 630, 630), zarr_format=3),
        Layout((23, 63, 128), zarr_format=2),
    ]
    sweep = Sweep(desk, Cuts.of(layouts))
    for place, layout in enumerate(layouts):
        one = desk.candidate(layout)
        assert sweep.mean[place] == pytest.approx(one.seconds.value)
        assert sweep.objects[place] == one.objects.value
        assert sweep.memory[place] == pytest.approx(one.memory, rel=0.02)
        if one.requests is not None:
            assert sweep.cost[place] == pytest.approx(float(one.requests))


def test_what_is_named_is_no_worse_than_the_grids(committed):
    for use in ("xy", "region-64", "whole", "viewer"):
        question = Question((90, 333, 402), parse(use), committed.tips()["3"])
        named = search.search(question, committed).ranking.candidates[0]
        best = candidates.rank(question, committed).candidates[0]
        assert named.seconds.value <= (1 + search.TIE) * best.seconds.value


MIB = 2**20
#: Uses, and limits below what some layouts turn out to take that a sweep thinks well of.
TIGHT = [
    ("xy", LayoutLimits(memory=MIB)),
    ("xy", LayoutLimits(memory=1.5 * MIB)),
    ("viewer", LayoutLimits(memory=1.5 * MIB)),
    ("viewer", LayoutLimits(memory=2 * MIB)),
    ("viewer", LayoutLimits(memory=6 * MIB, objects=100)),
    ("region-96", LayoutLimits(memory=12 * MIB)),
    ("xy=1,region-96=1", LayoutLimits(memory=12 * MIB)),
    ("xy=1,yz=1", LayoutLimits(memory=1.5 * MIB)),
    ("archive", LayoutLimits(memory=6 * MIB)),
    ("xy", LayoutLimits(objects=33)),
]  # fmt: skip


@pytest.mark.parametrize(("use", "limits"), TIGHT)
@pytest.mark.parametrize("lines", [None, 0])
def test_no_layout_that_is_named_is_beyond_a_limit(committed, use, limits, lines):
    question = Question((128,) * 3, parse(use), committed.tips()["3"], limits=limits)
    desk = Estimate(question, committed)
    found = search.of_desk(desk, None, lines)
    shown = found.ranking.candidates
    either = [replace(shown[n].layout, zarr_format=5 - shown[n].layout.zarr_format)
              for n, alike in found.formats.items() if alike]  # fmt: skip
    named = [*shown, *found.ties, *filter(None, [found.compressed])]
    named += map(desk.candidate, [*either, *(best for _, best in found.regret.values())])
    for one in named:
        assert one.memory <= limits.memory and one.objects.value <= limits.objects, one.layout


def test_the_other_format_is_not_named_where_it_has_an_object_too_many(committed):
    question = Question((128,) * 3, parse("xy"), committed.tips()["3"], Storage(S3, 0.02))
    free = search.search(question, committed)
    first = free.ranking.candidates[0]
    assert free.formats[0]
    most = first.objects.value - (first.layout.zarr_format == 2)  # in format 2 it has one more
    tight = replace(question, limits=LayoutLimits(objects=most))
    found = search.search(tight, committed)
    for place, one in enumerate(found.ranking.candidates):
        other = replace(one.layout, zarr_format=5 - one.layout.zarr_format)
        if found.formats[place]:
            assert Estimate(tight, committed).candidate(other).objects.value <= most
    assert any(one.objects.value == most for one in found.ranking.candidates)


def test_what_is_beyond_a_limit_makes_room_for_the_next_best(committed):
    use, limits = parse("viewer"), LayoutLimits(memory=2 * MIB)
    question = Question((128,) * 3, use, committed.tips()["3"], limits=limits)
    desk = Estimate(question, committed)
    # What is not sharded is estimated in full by a sweep.
    single = Sweep(desk, lattice.cuts(question.shape, 4))
    able = ~single.cuts.sharded & (single.memory <= limits.memory)
    found = search.of_desk(desk)
    assert found.ranking.candidates[0].seconds.value <= (1 + search.TIE) * single.mean[able].min()
    assert "more than 2 MiB of memory" in found.ranking.left_out["closely"]


def test_where_all_turn_out_to_be_beyond_a_limit_none_is_left(committed, refused):
    limits = LayoutLimits(memory=3 * MIB, objects=3)
    question = Question((128,) * 3, parse("viewer"), committed.tips()["3"], limits=limits)
    said = refused(search.search, question, committed)
    assert "no layout is left" in said and "tried closely: an access that needs more than 3" in said


@pytest.mark.parametrize("line", ["2.18", "3"])
@pytest.mark.parametrize("use", ["xy,region-20", "viewer", "archive", "xz,write"])
def test_of_all_layouts_those_within_a_limit_are_told_from_the_others(committed, use, line):
    """So few layouts that all are tried in each codec: each of them is estimated here."""
    shape, limits = (24, 40, 60), LayoutLimits(memory=0.45 * MIB, objects=30)
    question = Question(shape, parse(use), committed.tips()[line], limits=limits)
    desk = Estimate(question, committed)
    cuts = lattice.cuts(shape, question.itemsize, tuple(candidates.layouts(shape)))
    codecs = list(dict.fromkeys([DEFAULT, *desk.coding.codecs()]))
    within = set()
    # What a sweep has of memory, in the default codec, is the least: what is beyond is not tried.
    for place in np.flatnonzero(Sweep(desk, cuts).memory <= limits.memory):
        layout = cuts.layout(place)
        if snippets.impossible(layout, line):
            continue
        peaks = np.max(list(desk.peaks(layout, codecs)), axis=0)
        for codec, peak in zip(codecs, peaks):
            one = desk.candidate(replace(layout, codec=codec))
            assert peak == pytest.approx(one.memory)
            if one.memory <= limits.memory and one.objects.value <= limits.objects:
                within.add(one.layout)
    found = search.of_desk(desk, None, 0).ranking
    assert {one.layout for one in found.candidates} == within
    assert len(within) > 20


def test_the_front_leaves_out_what_is_no_better_than_a_line_above():
    rest = [5, 0, 7, 1]
    aims = np.array([[1.0, 10, *rest], [1.01, 10, *rest], [2.0, 1, *rest], [3.0, 1, *rest]])
    assert search.front(aims, [0, 1, 2, 3], 9) == [0, 2]
    assert search.front(aims, [0, 1, 2, 3], 1) == [0]


def test_each_use_loses_something_or_nothing_by_one_layout(committed):
    question = Question(SHAPE, parse("xy,yz"), committed.tips()["3"])
    found = search.search(question, committed)
    assert set(found.regret) == {"xy", "yz"}
    for term, (times, best) in found.regret.items():
        alone = Question(SHAPE, parse(term), committed.tips()["3"])
        assert times > 2 and Estimate(alone, committed).candidate(best).seconds.value > 0
    assert not search.search(Question(SHAPE, parse("xy"), committed.tips()["3"]), committed).regret


@given(
    st.tuples(*[st.integers(1, 40)] * 3), st.tuples(*[st.integers(1, 9)] * 3), st.integers(1, 20)
)
def test_blocks_of_writers_are_whole_units_and_none_is_shared(shape, chunks, workers):
    layout = Layout(chunks)
    block, at_work = lattice.alignment(layout, shape, workers)
    assert all(edge % chunk == 0 for edge, chunk in zip(block, chunks))
    units = prod(ceil(n / edge) for n, edge in zip(shape, chunks))
    blocks = prod(ceil(n / edge) for n, edge in zip(shape, block))
    assert 1 <= at_work <= min(workers, units) and blocks >= at_work


#: What a reader opens, by kind of store and the line of zarr that wrote it.
OPENS = {
    "shards that are not compressed": lambda kind, line: not kind.sharded or kind.codec == "none",
    "shards of gzip, and nothing else but lz4": lambda kind, line: (
        kind.codec == ("gzip" if kind.sharded else "blosc-lz4")
    ),
    "format 3 of zstd alone": lambda kind, line: kind.zarr_format == 2 or kind.codec == "zstd",
    "format 2 that is compressed": lambda kind, line: (
        kind.zarr_format == 2 != (kind.codec == "none")
    ),
    "what zarr 3 writes": lambda kind, line: line == "3",
    "format 2 of zarr 3, format 3 not": lambda kind, line: (kind.zarr_format, line) == (2, "3"),
}


@pytest.mark.parametrize("use", ["xy,yz", "viewer,region-48,write"])
@pytest.mark.parametrize("opens", OPENS)
def test_all_that_is_named_is_what_the_readers_open(committed, tmp_path, opens, use):
    kept = [
        Trial(
            "zarrita", "0", written, str(kind), READS if OPENS[opens](kind, line) else REFUSES, ""
        )
        for kind in kinds.kinds()
        for line, written in (("2.18", "2.18.7"), ("3", "3.4.2"))
    ]
    verdicts.save(tmp_path, kept)
    question = Question(
        (128,) * 3, parse(use), committed.tips()["3"], readers=("vizarr", "zarrita")
    )
    found = search.of_desk(Estimate(question, committed), tmp_path)
    shown = [one.layout for one in found.ranking.candidates]
    other = [
        replace(shown[n], zarr_format=5 - shown[n].zarr_format)
        for n in found.formats
        if found.formats[n]
    ]
    best = [layout for _, layout in found.regret.values()]
    beside = [one.layout for one in (*found.ties, found.compressed) if one]
    assert len(best) > 1
    for layout in (*shown, *other, *best, *beside):
        assert OPENS[opens](kinds.kind_of(layout), "3"), layout
    assert found.lines == [line for line in ("2.18", "3")
                           if not snippets.impossible(shown[0], line)
                           and OPENS[opens](kinds.kind_of(shown[0]), line)]  # fmt: skip


def test_the_smallest_that_others_are_held_against_is_one_that_may_be_used(committed, tmp_path):
    """Labels are stored in a hundredth by a codec that the reader has not."""
    kept = [
        Trial(
            "zarrita",
            "0",
            written,
            str(kind),
            READS if kind.codec in ("blosc-lz4", "none") else REFUSES,
            "",
        )
        for kind in kinds.kinds()
        for written in ("2.18.7", "3.4.2")
    ]
    verdicts.save(tmp_path, kept)
    question = Question((128,) * 3, parse("xy"), committed.tips()["3"], dtype="uint8", kind="labels",
                        readers=("zarrita",))  # fmt: skip
    found = search.of_desk(Estimate(question, committed), tmp_path).ranking.candidates
    assert {one.layout.codec.name for one in found} == {"blosc-lz4"}


def test_programs_have_sources_and_stand_for_readers_that_were_tried():
    for tool in tools.TOOLS.values():
        assert tool.source and (tool.reads_with in tools.verdicts.READERS or tool.dtypes)


def test_an_unknown_program_is_refused(committed):
    question = Question(SHAPE, parse("xy"), committed.tips()["3"], readers=("excel",))
    with pytest.raises(UserError, match="no reader 'excel'"):
        search.search(question, committed)
