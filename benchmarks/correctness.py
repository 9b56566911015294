"""Whether the voxels come back right: how many are wrong, bit for bit, for each way of writing.

Varies: the way of writing, the reader (the same zarr, and tensorstore as an independent one) and the layout; in Types
the element type and the byte order, on a small array of our own. Held equal: voxels, codec, concurrency (each release's
own). 0 is right. A release that raises shows as failed. Half a minute a release.
"""

from tomobench.bench import correctness, element_types, round_trips
from tomobench.bench.grids import BY_CHUNK, BY_CODEC, BY_SHARD, ON_SMALL

from .common import layout_of, open_store, over


class _WrongVoxels:
    timeout = 1200
    looked_up = True
    version = f"1.{correctness.VERSION}"

    def setup(self, way, reader, *cell):
        self.store = open_store(self.grid, cell)
        correctness.wrong(self.store, way, reader)  # n/a, or failed, as the writing was

    def track_wrong_voxels(self, way, reader, *cell):
        return correctness.wrong(self.store, way, reader)

    track_wrong_voxels.unit = "wrong voxels"
    track_wrong_voxels.pretty_name = "Wrong voxels after a round trip"


WAYS = {"way": correctness.WAYS, "reader": round_trips.READERS}


@over(BY_CHUNK, **WAYS)
class Chunks(_WrongVoxels):
    pass


@over(BY_SHARD, **WAYS)
class Shards(_WrongVoxels):
    pass


@over(BY_CODEC, **WAYS)
class Codecs(_WrongVoxels):
    pass


@over(
    ON_SMALL,
    way=element_types.WAYS,
    dtype=element_types.TYPES,
    reader=round_trips.READERS,
)
class Types:
    timeout = 600
    looked_up = True
    version = f"1.{element_types.VERSION}"

    def setup(self, way, dtype, reader, *cell):
        layout = layout_of(self.grid, cell)
        self.wrong = element_types.wrong(layout, way, dtype, reader)

    def track_wrong_voxels(self, way, dtype, reader, *cell):
        return self.wrong

    track_wrong_voxels.unit = "wrong voxels"
    track_wrong_voxels.pretty_name = "Wrong voxels of an element type after a round trip"
