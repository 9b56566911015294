"""A name that asv shows is a layout, by the table that made the name."""

import pytest

from tomobench.bench import exact
from tomobench.bench.access import IN_ONE_CALL
from tomobench.bench.grids import (
    BY_CHUNK,
    BY_SHARD,
    FOR_WAYS,
    ON_S3,
    PRACTICE,
    S3_LAYOUTS,
    SHARDS_IN_ONE_CALL,
    s3_layout,
    wanted,
)
from tomobench.bench.layout import Layout


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("32×32×32", Layout((32, 32, 32))),
        ("64×64×64 format 3", Layout((64, 64, 64), zarr_format=3)),
        ("16×16×16 in 128×128×128", Layout((16, 16, 16), (128, 128, 128), zarr_format=3)),
        ("32×32×32 in whole", Layout((32, 32, 32), (64, 96, 128), zarr_format=3)),
    ],
)
def test_a_name_of_the_suites_over_s3_is_a_layout(name, layout):
    assert s3_layout(name, (64, 80, 100)) == layout


def test_a_shard_of_the_whole_volume_grows_with_it():
    shards = [s3_layout("32×32×32 in whole", shape).shards for shape in [(9,) * 3, (184, 630, 630)]]
    assert shards == [(32, 32, 32), (192, 640, 640)]


def test_what_is_measured_over_s3_is_the_layout_of_that_name():
    shape = (128, 130, 150)
    for name in S3_LAYOUTS:
        assert ON_S3.layout(shape, name) == s3_layout(name, shape)


def test_on_a_larger_volume_ways_are_those_that_need_it():
    larger = [
        name for name in FOR_WAYS.axes["layout"] if wanted("phantom-192x320x320", FOR_WAYS, (name,))
    ]
    assert larger == ["iohub", "copick"]
    # Those fit no smaller one; and a volume of one's own has all.
    for name in FOR_WAYS.axes["layout"]:
        assert wanted("of-ones-own", FOR_WAYS, (name,))
        if name in larger:
            with pytest.raises(NotImplementedError):
                FOR_WAYS.layout((128, 128, 128), name)


@pytest.mark.parametrize(
    ("volume", "grid", "left_out"),
    [
        ("phantom-192x320x320", BY_SHARD, {IN_ONE_CALL}),
        ("phantom-192x320x320", PRACTICE, set()),
        ("phantom-128", BY_SHARD, set()),
        ("of-ones-own", BY_SHARD, set()),
        ("of-ones-own", BY_CHUNK, set()),
    ],
)
def test_on_a_larger_volume_shards_are_written_by_assignment(volume, grid, left_out):
    assert {name for name in exact.NAMES if not wanted(volume, grid, (name,))} == left_out


def test_a_write_in_one_call_into_shards_is_timed_where_the_volume_shows_more_than_another():
    timed = ["phantom-128", "phantom-184x630x630", "of-ones-own"]
    assert all(wanted(volume, SHARDS_IN_ONE_CALL) for volume in timed)
    assert not wanted("phantom-192x320x320", SHARDS_IN_ONE_CALL)
