"""Accesses, object counts and the floor's readers, on stores that tensorstore wrote."""

import json
import tempfile
from math import ceil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import REPOSITORY
from tomobench.bench import access, billed, exact, grids, tensorstore_writing
from tomobench.bench.floor import PlainReader, TensorstoreReader
from tomobench.bench.layout import Codec, Layout
from tomobench.bench.objects import object_count
from tomobench.bench.store import ARRAY, Store, files_below

EDGE = st.integers(1, 9)
SHAPE = st.tuples(EDGE, EDGE, EDGE)
CODECS = st.sampled_from(
    [Codec("none"), Codec("gzip"), Codec(), Codec("blosc-lz4", shuffle="bitshuffle")]
)


@st.composite
def layouts(draw):
    chunks = draw(SHAPE)
    if not draw(st.booleans()):
        return Layout(chunks, None, draw(CODECS), draw(st.sampled_from([2, 3])))
    shards = tuple(chunk * draw(st.integers(1, 3)) for chunk in chunks)
    return Layout(chunks, shards, draw(CODECS), 3)


def selections(length: int):
    """Whatever an access may ask for along an axis: an index, a slice with or without a step, indices."""
    place = st.integers(0, length - 1)
    slices = st.tuples(place, st.integers(1, length), st.none() | st.integers(1, 4)).map(
        lambda drawn: slice(drawn[0], max(drawn[:2]), drawn[2])
    )
    return st.one_of(place, slices, st.sets(place, min_size=1).map(lambda s: tuple(sorted(s))))


def parts(shape):
    """Any selection that an access may use, orthogonal or not."""
    return st.tuples(*map(selections, shape)).map(access.Part)


def written(folder: Path, shape, layout: Layout) -> Store:
    """A store that tensorstore wrote, of voxels that are never the fill value."""
    voxels = np.random.default_rng(1).normal(size=shape).astype(np.float32) + 10
    tensorstore_writing.write(folder / ARRAY, voxels, layout)
    return Store(folder, layout, voxels)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), SHAPE, layouts())
def test_the_floor_reads_what_was_written(data, shape, layout):
    part = data.draw(parts(shape))
    with tempfile.TemporaryDirectory() as folder:
        store = written(Path(folder), shape, layout)
        wanted = part.read(store.voxels)
        assert part.voxels() == wanted.size
        for reader in (PlainReader(store), TensorstoreReader(store)):
            found = reader.read(part)
            assert found.shape == wanted.shape
            assert np.array_equal(found, wanted), reader


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(SHAPE, layouts())
def test_the_number_of_objects_is_as_predicted(shape, layout):
    with tempfile.TemporaryDirectory() as folder:
        store = written(Path(folder), shape, layout)
        # tensorstore writes one file of metadata: .zarray, or zarr.json
        assert len(files_below(store.path)) == object_count(shape, layout, 1)


@pytest.mark.parametrize(
    "shape", [(128, 128, 128), (192, 320, 320), (184, 630, 630), (40, 48, 56), (3, 2, 1)]
)
@pytest.mark.parametrize(
    "layout", grids.BY_CHUNK.layouts((128, 128, 128)), ids=lambda layout: layout.key
)
def test_every_access_lies_in_the_volume(shape, layout):
    voxels = np.empty(shape, np.uint8)
    for name, parts_of in access.READS.items():
        for part in parts_of(shape, layout):
            assert part.read(voxels).size == part.voxels() > 0, name


@given(SHAPE.flatmap(lambda shape: st.tuples(st.just(shape), parts(shape))))
def test_a_part_is_counted_and_read_as_numpy_has_it(case):
    shape, part = case
    voxels = np.arange(np.prod(shape)).reshape(shape)
    axes = [
        np.arange(n)[list(s) if isinstance(s, tuple) else s] for n, s in zip(shape, part.selection)
    ]
    wanted = voxels[np.ix_(*map(np.atleast_1d, axes))].reshape([len(a) for a in axes if a.ndim])
    assert np.array_equal(part.read(voxels), wanted)
    assert part.voxels() == wanted.size
    for selected, axis in zip(part.selection, axes):
        assert list(access.indices(selected)) == np.atleast_1d(axis).tolist()


@pytest.mark.parametrize(
    "selected",
    [
        slice(None),
        slice(0, None),
        slice(-3, 4),
        slice(5, 2),
        slice(0, 9, -1),
        -1,
        (3, 1),
        (2, 2),
        (-1, 0),
    ],
)
def test_a_selection_that_needs_the_volume_to_be_counted_is_refused(selected):
    with pytest.raises(ValueError, match="from 0 upward"):
        access.Part((0, selected, 0)).voxels()


@pytest.mark.parametrize(
    ("benchmark", "module", "names"),
    [
        ("counts.Chunks.track_requests", exact, exact.NAMES),
        ("counts.Shards.track_requests", exact, exact.NAMES),
        ("billed.Layouts.track_get", billed, billed.ACCESSES),
    ],
)
def test_a_new_access_has_its_suite_s_version_raised(benchmark, module, names):
    """What is kept beside a store, and in results, under the old version has no figures of it."""
    measured = json.loads((REPOSITORY / "results" / "benchmarks.json").read_text())[benchmark]
    if measured["version"] == f"1.{module.VERSION}":
        said = f"the accesses changed: count up VERSION in {module.__file__}"
        assert measured["params"][0] == list(names), said


def test_an_unaligned_region_has_no_edge_on_a_chunk():
    (part,) = access.region_unaligned((192, 320, 320), Layout((16, 16, 16)))
    assert all(s.start % 16 and s.stop % 16 for s in part.selection)


def test_the_full_tomogram_in_small_chunks_has_neither_of_the_reports_counts():
    # The report has 290,000 in one place and about 18,000 in another.
    count = object_count((184, 630, 630), Layout((16, 16, 16)), 1)
    assert count == ceil(184 / 16) * ceil(630 / 16) ** 2 + 1 == 19201
