"""Costs of a layout, against an example computed by hand."""

from decimal import Decimal

import pytest

from tomobench.desk.advise.costs.costs import KINDS, of_layout
from tomobench.desk.advise.costs.prices import OURS, load

#: Requests that 64³ chunks might take on a volume of 128³ voxels.
NOTHING = {**dict.fromkeys(KINDS, 0), "bytes_out": 0, "bytes_in": 0}
COUNTS = {
    "open array": {**NOTHING, "get": 1, "bytes_out": 400},
    "read XY slice": {**NOTHING, "get": 4, "head": 4, "bytes_out": 2**22},
    "write whole": {**NOTHING, "put": 9, "head": 2, "list": 3, "bytes_in": 7 * 2**20},
}


@pytest.fixture
def found():
    costs = of_layout(COUNTS, "2.18", "64×64×64", (128,) * 3, load(OURS))
    return {one["access_name"]: one for one in costs}


def test_an_access_is_billed_as_it_was_counted(found):
    slice_xy = found["read XY slice"]
    # 8 requests at $0.0004 for 1,000, and 4 MiB at $0.09 for a GB of 2³⁰.
    assert slice_xy["access"] == Decimal("0.0000032") + Decimal("0.09") / 256
    assert slice_xy["million"] == Decimal("354.7625")
    assert (slice_xy["requests"], slice_xy["fetched"]) == (8, 2**22)


def test_a_data_set_is_counted_at_its_full_size(found):
    one = found["open array"]
    # 3 × 10 × 10 chunks and .zarray, of each of 484 tomograms.
    assert one["objects"] == 484 * 301 == 145_684
    # 301 PUTs and 3 LISTs at $0.005, 2 HEADs at $0.0004 for 1,000.
    assert one["writing"] == 484 * (Decimal("0.00152") + Decimal("0.0000008"))
    # 146 pages of 1,000 keys.
    assert one["listing"] == Decimal("0.00073")
    # 3.5 bytes a voxel, 73,029,600 voxels.
    assert one["stored"] == 484 * 255_603_600
    assert one["keeping"] == Decimal("0.023") * 484 * 255_603_600 / 2**30


def test_an_upload_in_parts_takes_more_requests_for_each_object():
    # Two shards of a measured volume: three parts each, begun and ended by POST; and zarr.json.
    write = {**NOTHING, "put": 7, "post": 4, "bytes_in": 2**20}
    counts = {"open array": NOTHING, "write whole": write}
    found = of_layout(counts, "3", "32×32×32 in 128×128×128", (128, 128, 256), load(OURS))[0]
    shards = 2 * 5 * 5
    assert found["objects"] == 484 * (shards + 1)
    assert found["writing"] == 484 * Decimal("0.000005") * (3 * shards + 1 + 2 * shards)


def test_the_whole_write_is_no_access_of_its_own(found):
    assert set(found) == {"open array", "read XY slice"}


def test_line_3_has_an_object_more_in_format_2():
    ends = [
        of_layout(COUNTS, line, "16×16×16", (128,) * 3, load(OURS))[0] for line in ("2.18", "3")
    ]
    # The reference's tomogram has 12 × 40 × 40 chunks of 16³.
    assert [one["objects"] for one in ends] == [484 * 19_201, 484 * 19_202]
