"""What a store takes up: files, bytes, and the compression ratio. Exact: the same on every run.

Varies: the layout. Held equal: voxels, codec (Blosc-zstd, level 5, shuffle, but where the grid varies it),
write_empty_chunks on. Metadata count, as they do for those who keep the store.
"""

from math import prod

from tomobench.bench import store
from tomobench.bench.grids import BY_CHUNK, BY_CODEC, BY_LEVEL, BY_SHARD, PRACTICE

from .common import ADAPTER, open_settled, over, volume_id


class _Footprint:
    timeout = 120
    version = "1"

    def setup(self, *cell):
        self.store = open_settled(self.grid, cell)  # what is counted here is files

    def track_files(self, *cell):
        return len(self.store.files())

    def track_stored_bytes(self, *cell):
        return self.store.stored_bytes()

    def track_ratio(self, *cell):
        return self.store.nbytes / self.store.stored_bytes()

    track_files.unit = "files"
    track_files.pretty_name = "Files in the store"
    track_stored_bytes.unit = "bytes"
    track_stored_bytes.pretty_name = "Stored bytes"
    track_ratio.unit = "voxel bytes / stored bytes"
    track_ratio.pretty_name = "Compression ratio"


@over(BY_CHUNK)
class Chunks(_Footprint):
    pass


@over(BY_SHARD)
class Shards(_Footprint):
    pass


@over(BY_LEVEL)
class Levels(_Footprint):
    pass


@over(BY_CODEC)
class Codecs(_Footprint):
    pass


@over(PRACTICE)
class Practice(_Footprint):
    pass


class Chosen:
    """What a release chooses when it is left the choice: see ``chosen`` in tomobench.bench.adapters. No store is written."""

    timeout = 120
    version = "1"

    def setup(self):
        described = store.load(volume_id())[0]
        self.layout = ADAPTER.chosen(described.shape, described.dtype)

    def track_chunk_voxels(self):
        return prod(self.layout.chunks)

    def track_shard_voxels(self):
        return prod(self.layout.shards or self.layout.chunks)

    track_chunk_voxels.unit = "voxels a chunk"
    track_chunk_voxels.pretty_name = "Voxels of a chunk that the release chooses by itself"
    track_shard_voxels.unit = "voxels an object"
    track_shard_voxels.pretty_name = (
        "Voxels of an object (shard, else chunk) that the release chooses"
    )
