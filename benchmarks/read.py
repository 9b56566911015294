"""Reading from a store on disk: each access of tomobench.bench.access, and opening.

Varies: the layout. Held equal: voxels, codec (Blosc-zstd, level 5, shuffle, but where the grid varies it), an array
that is already open, a process that has read a voxel of it, a warm page cache (the store's files were read), but in the
cold suites, where the system is told to forget the store's files before each read; the disk and what lies below it are not. Threads and concurrency are each
release's own defaults, but where the grid says 1. Stores are written by the release that reads them, and were
checked bit for bit.
"""

from tomobench.bench import access, cold, exact
from tomobench.bench.grids import BY_CHUNK, BY_CODEC, BY_CONCURRENCY, BY_LEVEL, BY_SHARD, PRACTICE

from .common import ADAPTER, Sampled, open_settled, over


class _Suite(Sampled):
    version = "3"

    array = None

    def setup(self, *cell):
        if self.array is None:
            self.prepare(cell)

    def prepare(self, cell):
        """Once in a process, before anything is timed. The voxel starts threads and imports what is imported late."""
        self.store = open_settled(self.grid, cell)
        self.array = ADAPTER.open_array(ADAPTER.disk(self.store.path), "r")
        self.read("one voxel")

    def read(self, name):
        for part in access.READS[name](self.store.shape, self.store.layout):
            part.read(self.array)


class _Main(_Suite):
    """The reads that every question wants."""

    def time_whole(self, *cell):
        self.read("whole")

    def time_slice_xy(self, *cell):
        self.read("XY slice")

    time_whole.pretty_name = "Read whole volume"
    time_slice_xy.pretty_name = "Read one XY slice"


class _More(_Main):
    """The reads that shards make a difference to."""

    def time_one_chunk(self, *cell):
        self.read("one chunk")

    def time_slice_yz(self, *cell):
        self.read("YZ slice")

    def time_region_unaligned(self, *cell):
        self.read("64³ unaligned")

    def time_boxes(self, *cell):
        self.read("8 boxes of 96³")

    def peakmem_whole(self, *cell):
        self.read("whole")

    time_one_chunk.pretty_name = "Read one chunk"
    time_slice_yz.pretty_name = "Read one YZ slice"
    time_region_unaligned.pretty_name = "Read a 64³ region, unaligned"
    time_boxes.pretty_name = "Read 8 random boxes of 96³"
    peakmem_whole.pretty_name = "Memory of the process that reads the whole volume"


class _All(_More):
    """Every read, and the openings."""

    def prepare(self, cell):
        super().prepare(cell)
        self.multiscale = ADAPTER.disk(exact.multiscale(ADAPTER, self.store) / exact.MULTISCALE)

    def time_slice_xz(self, *cell):
        self.read("XZ slice")

    def time_region_aligned(self, *cell):
        self.read("64³ aligned")

    def time_one_voxel(self, *cell):
        self.read("one voxel")

    def time_planes(self, *cell):
        self.read("4 XY planes")

    def time_open(self, *cell):
        ADAPTER.open_array(ADAPTER.disk(self.store.path), "r")

    def time_open_multiscale(self, *cell):
        ADAPTER.open_multiscale(self.multiscale)

    time_slice_xz.pretty_name = "Read one XZ slice"
    time_region_aligned.pretty_name = "Read a 64³ region, aligned"
    time_one_voxel.pretty_name = "Read one voxel"
    time_planes.pretty_name = "Read 4 XY planes (orthogonal selection)"
    time_open.pretty_name = "Open an array"
    time_open_multiscale.pretty_name = "Open a multiscale group and its three arrays"


@over(BY_CHUNK)
class Chunks(_All):
    pass


@over(BY_SHARD)
class Shards(_More):
    pass


@over(PRACTICE)
class Practice(_More):
    pass


@over(BY_LEVEL)
class Levels(_Main):
    pass


@over(BY_CODEC)
class Codecs(_Main):
    pass


@over(BY_CONCURRENCY)
class Concurrency(_Main):
    def setup(self, concurrency, *cell):
        if concurrency == 1:
            ADAPTER.pin()
        super().setup(concurrency, *cell)


class _Cold(_Suite):
    """Reads with a cold page cache: n/a where the system does not let go of a file."""

    version = "2"

    def setup(self, *cell):
        super().setup(*cell)
        cold.cool(self.files)

    def prepare(self, cell):
        super().prepare(cell)
        self.files = self.store.files()
        cold.require_cold(self.files)

    def time_whole(self, *cell):
        self.read("whole")

    def time_slice_xy(self, *cell):
        self.read("XY slice")

    time_whole.pretty_name = "Read whole volume, cold page cache"
    time_slice_xy.pretty_name = "Read one XY slice, cold page cache"


@over(BY_CHUNK)
class ColdChunks(_Cold):
    pass


@over(BY_SHARD)
class ColdShards(_Cold):
    pass
