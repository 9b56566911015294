"""Ways of writing: every voxel once, and whose objects are whose."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tomobench.bench.layout import Layout
from tomobench.bench.ways import ALIGNMENTS, STEPS, WRITERS, Way, shared, shares

WAYS = [Way(*one) for one in product(STEPS, WRITERS, ALIGNMENTS)]
WITHOUT_MEETING = [way for way in WAYS if way.aligned == "shards" or way.workers == 1]
EDGE = st.integers(1, 5)


@st.composite
def layouts(draw):
    chunks = draw(st.tuples(EDGE, EDGE, EDGE))
    if draw(st.booleans()):
        return Layout(chunks)
    times = draw(st.tuples(*[st.integers(1, 3)] * 3))
    return Layout(chunks, tuple(c * t for c, t in zip(chunks, times)), zarr_format=3)


@given(st.sampled_from(WAYS), st.tuples(*[st.integers(1, 12)] * 3), layouts())
def test_each_voxel_is_written_once(way, shape, layout):
    try:
        dealt = shares(way, shape, layout)
    except NotImplementedError:
        assume(False)
    times = np.zeros(shape, int)
    for share in dealt:
        for piece in share:
            times[piece] += 1
    assert (times == 1).all()
    assert len(dealt) == way.workers and all(dealt)


@given(st.sampled_from(WITHOUT_MEETING), st.tuples(*[st.integers(1, 12)] * 3), layouts())
def test_aligned_to_shards_no_object_has_two_writers(way, shape, layout):
    try:
        assert shared(shares(way, shape, layout), layout) == 0
    except NotImplementedError:
        assume(False)


@pytest.mark.parametrize("writer", [name for name in WRITERS if name != "one writer"])
@pytest.mark.parametrize("aligned", ["chunks", "nothing"])
@pytest.mark.parametrize("step", STEPS)
def test_otherwise_writers_meet_in_objects(step, writer, aligned):
    layout = Layout((4, 4, 4), (8, 8, 8), zarr_format=3)
    way = Way(step, writer, aligned)
    try:
        dealt = shares(way, (32, 32, 32), layout)
    except NotImplementedError:
        pytest.skip("no such way")
    assert shared(dealt, layout) > 0


def test_aligned_to_chunks_no_chunk_has_two_writers():
    layout = Layout((4, 4, 4), (8, 8, 8), zarr_format=3)
    for way in (one for one in WAYS if one.aligned == "chunks"):
        try:
            dealt = shares(way, (32, 16, 16), layout)
        except NotImplementedError:
            continue
        assert shared(dealt, Layout(layout.chunks)) == 0


@pytest.mark.parametrize(
    ("way", "layout", "said"),
    [
        (Way("shard"), Layout((4, 4, 4)), "no shards"),
        (Way("chunk", "2 threads", "chunks"), Layout((4, 4, 4)), "as aligned to shards"),
        (Way("plane", "one writer", "nothing"), Layout((4, 4, 4)), "a plane"),
        (Way("slab", "4 threads"), Layout((8, 4, 4)), "not a share for each"),
    ],
)
def test_says_why_a_layout_has_no_such_way(way, layout, said):
    with pytest.raises(NotImplementedError, match=said):
        shares(way, (16, 16, 16), layout)
