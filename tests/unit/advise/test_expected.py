"""Means over all positions, against counting each position by itself."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomobench.bench.access import Part
from tomobench.bench.layout import Layout
from tomobench.desk.advise.evidence import expected, fetches, work
from tomobench.desk.advise.evidence.expected import ALL, ONE, Cuts
from tomobench.desk.advise.evidence.fetches import Fetcher

EDGES = st.integers(1, 5)


@st.composite
def cases(draw):
    """A small shape, some layouts of it, and what an access selects along each axis."""
    shape = tuple(draw(st.integers(1, 9)) for _ in range(3))
    layouts = draw(st.lists(_layouts(), min_size=1, max_size=4))
    selections = tuple(draw(st.sampled_from([ALL, ONE, 1, 2, 4, 20])) for _ in shape)
    return shape, layouts, selections


@st.composite
def _layouts(draw):
    chunks = tuple(draw(EDGES) for _ in range(3))
    sharded = draw(st.booleans())
    shards = tuple(draw(st.integers(1, 3)) * edge for edge in chunks) if sharded else None
    return Layout(chunks, shards, zarr_format=3)


def positions(selections, shape) -> list[Part]:
    """The access at each of its positions."""
    axes = []
    for selected, length in zip(selections, shape):
        if selected == ONE:
            axes.append([length // 2])
        else:
            edge = length if selected == ALL else min(selected, length)
            axes.append([slice(a, a + edge) for a in range(length - edge + 1)])
    return [Part(selection) for selection in product(*axes)]


@given(cases())
def test_work_is_the_mean_of_all_positions(case):
    shape, layouts, selections = case
    found = expected.of(selections, shape, Cuts.of(layouts)).work
    parts = positions(selections, shape)
    for place, layout in enumerate(layouts):
        several = [work.of([part], layout) for part in parts]
        for name in vars(several[0]):
            mean = np.mean([getattr(one, name) for one in several])
            said = np.broadcast_to(getattr(found, name), len(layouts))[place]
            assert said == pytest.approx(mean), name


@given(cases(), st.sampled_from([1, 2, 10]))
def test_requests_of_single_chunks_are_the_mean_of_all_positions(case, concurrency):
    shape, layouts, selections = case
    single = [Layout(one.chunks, zarr_format=3) for one in layouts]
    density = np.linspace(1, 2, len(single))
    found = expected.of(selections, shape, Cuts.of(single)).fetches(density, concurrency, True)
    reader = Fetcher("3.4.2", concurrency)
    for place, layout in enumerate(single):
        several = [
            fetches.of([part], shape, layout, density[place], reader)
            for part in positions(selections, shape)
        ]
        for name in vars(several[0]):
            mean = np.mean([getattr(one, name) for one in several])
            said = np.broadcast_to(getattr(found, name), len(single))[place]
            assert said == pytest.approx(mean), name


@given(cases())
def test_shards_before_merging_fetch_each_chunk_by_itself(case):
    shape, layouts, selections = case
    sharded = [one for one in layouts if one.shards]
    found = expected.of(selections, shape, Cuts.of(sharded)).fetches(
        np.ones(len(sharded)), 10, False
    )
    reader = Fetcher("3.2.1")
    for place, layout in enumerate(sharded):
        several = [
            fetches.of([part], shape, layout, 1.0, reader) for part in positions(selections, shape)
        ]
        for name in ("gets", "indices", "ranges", "bytes"):
            mean = np.mean([getattr(one, name) for one in several])
            assert getattr(found, name)[place] == pytest.approx(mean), name
