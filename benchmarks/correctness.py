"""Whether the voxels come back right: how many are wrong, bit for bit, for each way of writing.

Varies: the way of writing, the reader (the same zarr, and tensorstore as an independent one) and the layout. Held
equal: voxels, codec, concurrency (each release's own). 0 is right. A release that raises shows as failed.
"""

from tomobench.bench import correctness
from tomobench.bench.grids import BY_CHUNK, BY_SHARD

from .common import open_store, over


class _WrongVoxels:
    timeout = 1200
    version = f"1.{correctness.VERSION}"

    def setup(self, way, reader, *cell):
        self.store = open_store(self.grid, cell)
        correctness.wrong(self.store, way, reader)  # n/a, or failed, as the writing was

    def track_wrong_voxels(self, way, reader, *cell):
        return correctness.wrong(self.store, way, reader)

    track_wrong_voxels.unit = "wrong voxels"
    track_wrong_voxels.pretty_name = "Wrong voxels after a round trip"


WAYS = {"way": correctness.WAYS, "reader": correctness.READERS}


@over(BY_CHUNK, **WAYS)
class Chunks(_WrongVoxels):
    pass


@over(BY_SHARD, **WAYS)
class Shards(_WrongVoxels):
    pass
