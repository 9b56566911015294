"""Reading and writing over S3, through a network of a known delay and rate.

Varies: the round trip and the layout; on two layouts (the same chunks in an object each, and in
shards) the rate of the network, the client, and how much is asked for at once. Held equal: the
server (the variable s3_server, where it is not SeaweedFS), voxels, codec (Blosc-zstd, level 5,
shuffle; in the layouts of practice, each its own), an array that is already open (but in the
opening), connections that are already made (each access is done once before it is timed; but for
writes by obstore, where each array that is written has connections of its own), and a proxy in between, also for a round trip of 0.
Stores are those of the disk, uploaded byte by byte, and read through the client under test and
compared bit for bit before a time is taken; a write is read back and compared once in a process.

The round trip is in ms. Half of it passes each way; connecting takes one too. Where it does not
vary it is 20 ms. The rate is shared by all connections; where it does not vary there is no limit.

Client: s3fs in both lines, as it comes (``max_concurrency`` 10, the default of the pinned release,
in both; it makes s3fs ask for each object's size before it fetches the whole of it). Client and
concurrency, and what is raised in each line: tomobench.bench.s3.
"""

import os

import numpy as np

from tomobench.bench import access, remote, s3
from tomobench.bench.grids import ON_S3, PRACTICE_ON_S3, TWO_ON_S3
from tomobench.bench.layout import Label
from tomobench.bench.store import compared

from .common import ADAPTER, open_store, over

if os.environ.get("TOMOBENCH_S3_EARLY"):
    import s3fs  # noqa: F401 - before asv forks: see asv's environment

#: Round trips in ms: beside the server, in the same region, on the same continent.
ROUND_TRIPS = [0, 20, 50]
#: The round trip where another thing varies.
ROUND_TRIP = 20
RATES = {Label("unlimited"): None, Label("100 MB/s"): 100e6}
CONCURRENCY = [Label("default"), Label("raised")]


class _Suite:
    # With a delay, times differ little from call to call; setup is done before each, and is longer
    # than most.
    repeat = (2, 5, 0.4)
    rounds = 1
    number = 1
    timeout = 240
    version = "1"

    round_trip, rate, client, raised = ROUND_TRIP, None, s3.S3FS, False
    service = None

    def begin(self, *cell):
        """Once in a process: a checked store on the server, and a client of the network."""
        self.store = open_store(self.grid, cell)
        self.service = s3.ServiceClient()
        self.server = self.service.place()
        self.name = remote.checked(ADAPTER, self.service, self.store, self.client)
        far = self.service.network(self.round_trip / 1000, self.rate)
        self.through = s3.Client(ADAPTER, far, self.client, self.raised)


class _Reads(_Suite):
    warmup_time = 0.001  # one call
    array = None

    def setup(self, *cell):
        if self.array is None:
            self.begin(*cell)
            self.array = ADAPTER.open_array(self.through.store(self.name), "r")
        self.through.forget()

    def read(self, name):
        for part in access.READS_ON_S3[name](self.store.shape, self.store.layout):
            part.read(self.array)


class _Main(_Reads):
    def time_whole(self, *cell):
        self.read("whole")

    def time_slice_xy(self, *cell):
        self.read("XY slice")

    def time_boxes(self, *cell):
        self.read("2 boxes of 96³")

    time_whole.pretty_name = "Read whole volume"
    time_slice_xy.pretty_name = "Read one XY slice"
    time_boxes.pretty_name = "Read 2 random boxes of 96³"


class _All(_Main):
    def time_open(self, *cell):
        ADAPTER.open_array(self.through.store(self.name), "r")

    def time_slice_xz(self, *cell):
        self.read("XZ slice")

    def time_slice_yz(self, *cell):
        self.read("YZ slice")

    def time_region_unaligned(self, *cell):
        self.read("64³ unaligned")

    time_open.pretty_name = "Open an array"
    time_slice_xz.pretty_name = "Read one XZ slice"
    time_slice_yz.pretty_name = "Read one YZ slice"
    time_region_unaligned.pretty_name = "Read a 64³ region, unaligned"


class _Writes(_Suite):
    """Into a new place each time."""

    # A warm-up call does not run setup again: the write that is checked is the first.
    warmup_time = 0
    target = None

    def setup(self, *cell):
        if self.service is None:
            self.begin(*cell)
            self.voxels = np.array(self.store.voxels)
            self.renew()
            self.write()
            written = s3.Client(ADAPTER, self.server, self.client).store(self.target)
            compared(ADAPTER, written, self.voxels)
            self.clear()
        self.renew()

    def renew(self):
        self.target = remote.new_name()
        self.place = self.through.store(self.target)

    def clear(self):
        if self.target is not None:
            remote.remove(self.server, self.target)
            self.target = None

    def teardown(self, *cell):
        self.clear()  # asv calls it before each setup but the first, too

    def write(self):
        array = ADAPTER.create(self.place, self.voxels.shape, self.voxels.dtype, self.store.layout)
        array[...] = self.voxels

    def time_whole(self, *cell):
        self.write()

    time_whole.pretty_name = "Write whole volume"


class _ByRoundTrip:
    def setup(self, round_trip, *cell):
        self.round_trip = round_trip
        super().setup(*cell)


class _ByRate:
    def setup(self, rate, *cell):
        self.rate = RATES[rate]
        super().setup(*cell)


class _ByConcurrency:
    def setup(self, concurrency, *cell):
        self.raised = concurrency == "raised"
        super().setup(*cell)


class _ByClient:
    def setup(self, client, round_trip, *cell):
        self.client, self.round_trip = str(client), round_trip
        super().setup(*cell)


LATENCY = {"round_trip_ms": ROUND_TRIPS}
CLIENTS = {"client": [Label(name) for name in s3.CLIENTS], **LATENCY}


@over(ON_S3, **LATENCY)
class Reads(_ByRoundTrip, _All):
    pass


@over(ON_S3, **LATENCY)
class Writes(_ByRoundTrip, _Writes):
    pass


@over(PRACTICE_ON_S3, **LATENCY)
class PracticeReads(_ByRoundTrip, _All):
    pass


@over(PRACTICE_ON_S3, **LATENCY)
class PracticeWrites(_ByRoundTrip, _Writes):
    pass


@over(TWO_ON_S3, rate=list(RATES))
class ReadsByRate(_ByRate, _Main):
    pass


@over(TWO_ON_S3, rate=list(RATES))
class WritesByRate(_ByRate, _Writes):
    pass


@over(TWO_ON_S3, concurrency=CONCURRENCY)
class ReadsByConcurrency(_ByConcurrency, _Main):
    pass


@over(TWO_ON_S3, concurrency=CONCURRENCY)
class WritesByConcurrency(_ByConcurrency, _Writes):
    pass


@over(TWO_ON_S3, **CLIENTS)
class ReadsByClient(_ByClient, _Main):
    pass


@over(TWO_ON_S3, **CLIENTS)
class WritesByClient(_ByClient, _Writes):
    pass
