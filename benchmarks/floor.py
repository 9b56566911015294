"""What zarr costs over the floor: the same access by zarr, by plain file reads and numcodecs, and by tensorstore.

Varies: the access and the layout. Held equal: store, voxels, warm page cache, the process and the seconds: the
three take turns, and the figure is the median over the turns of the ratio within a turn. Every reader's first answer
is checked bit for bit. Threads and concurrency are each reader's own defaults. The tensorstore rows do not depend on
the release, but for the store it wrote: how far they move from release to release is noise.

Pace has the floor's own time, which no release has a part in: how far that moves is the machine's doing.
"""

import time
from statistics import median

from tomobench.bench import access, floor
from tomobench.bench.grids import BY_CHUNK, FOR_FLOOR
from tomobench.bench.layout import Label
from tomobench.bench.store import FailedCheck, wrong_voxels

from .common import ADAPTER, Sampled, open_settled, over

#: At least so many turns, and then on until so many seconds have gone.
TURNS, SECONDS = 4, 0.06
ACCESS = [Label(name) for name in ("whole", "one chunk", "XY slice", "64³ unaligned")]


class _OverFloor:
    timeout = 120
    version = "2"

    def setup(self, name, *cell):
        self.store = open_settled(self.grid, cell)
        self.parts = access.READS[name](self.store.shape, self.store.layout)
        self.array = ADAPTER.open_array(ADAPTER.disk(self.store.path), "r")
        self.plain = floor.PlainReader(self.store).read

    def track_zarr(self, name, *cell):
        return self.ratio(lambda part: part.read(self.array))

    def track_tensorstore(self, name, *cell):
        return self.ratio(floor.TensorstoreReader(self.store).read)

    def ratio(self, reader):
        """The median ratio of a reader's time to the floor's."""
        for read in (reader, self.plain):
            if any(wrong_voxels(read(part), part.read(self.store.voxels)) for part in self.parts):
                raise FailedCheck("a reader gives back other voxels")
        ratios, end = [], time.perf_counter() + SECONDS
        while len(ratios) < TURNS or time.perf_counter() < end:
            # Who goes first changes from turn to turn.
            first, second = (reader, self.plain) if len(ratios) % 2 else (self.plain, reader)
            one, other = self.seconds(first), self.seconds(second)
            ratios.append(one / other if first is reader else other / one)
        return median(ratios)

    def seconds(self, read):
        start = time.perf_counter()
        for part in self.parts:
            read(part)
        return time.perf_counter() - start

    track_zarr.unit = "times the floor"
    track_zarr.pretty_name = "Time of zarr over plain reads and numcodecs"
    track_tensorstore.unit = "times the floor"
    track_tensorstore.pretty_name = "Time of tensorstore over plain reads and numcodecs"


@over(BY_CHUNK, access=ACCESS)
class Chunks(_OverFloor):
    pass


@over(FOR_FLOOR, access=ACCESS)
class Shards(_OverFloor):
    pass


class Pace(Sampled):
    """Plain reads and numcodecs alone, of 64³ chunks (format 2), timed as the read suites are. The two lines' numcodecs
    differ."""

    params, param_names = [ACCESS[::2]], ["access"]
    version = "2"
    part_of = BY_CHUNK

    plain = None

    def setup(self, name):
        if self.plain is None:
            store = open_settled(BY_CHUNK, (Label("64×64×64"), 2))
            self.parts = access.READS[name](store.shape, store.layout)
            self.plain = floor.PlainReader(store).read
            self.time_plain(name)

    def time_plain(self, name):
        for part in self.parts:
            self.plain(part)

    time_plain.pretty_name = "Plain reads and numcodecs alone: the pace of the machine"
