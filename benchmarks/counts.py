"""What each access makes zarr ask for, move, run and hold: exact, no clock.

Varies: the access and the layout. Held equal: voxels, codec (Blosc-zstd, level 5, shuffle), an array that is
already open (but for the openings). Requests and bytes: at the release's own concurrency, on a file system that
counts. Function starts and memory: on disk, one chunk at a time. tomobench.bench.exact has the details; all the
figures of a store come from one pass, and each access is checked bit for bit in it.
"""

import math

from tomobench.bench import exact
from tomobench.bench.grids import BY_CHUNK, BY_SHARD
from tomobench.bench.layout import Label

from .common import open_store, over

ACCESS = {"access": [Label(name) for name in exact.NAMES]}


class _Counts:
    timeout = 1200
    version = f"1.{exact.VERSION}"

    def setup(self, name, *cell):
        self.store = open_store(self.grid, cell)
        exact.figure(self.store, name, "requests")  # n/a, or failed, as the access was

    def watched(self, name, metric):
        try:
            return exact.figure(self.store, name, metric)
        except NotImplementedError as reason:
            print(reason)
            return math.nan  # n/a

    def track_requests(self, name, *cell):
        return exact.figure(self.store, name, "requests")

    def track_gets(self, name, *cell):
        return exact.figure(self.store, name, "gets")

    def track_range_gets(self, name, *cell):
        return exact.figure(self.store, name, "range_gets")

    def track_puts(self, name, *cell):
        return exact.figure(self.store, name, "puts")

    def track_bytes_fetched(self, name, *cell):
        return exact.figure(self.store, name, "bytes_fetched")

    def track_bytes_written(self, name, *cell):
        return exact.figure(self.store, name, "bytes_written")

    def track_amplification(self, name, *cell):
        moved = exact.figure(self.store, name, "amplification")
        return math.nan if moved is None else moved  # an opening asks for no voxels: n/a

    def track_function_starts(self, name, *cell):
        return self.watched(name, "function_starts")

    def track_peak_memory(self, name, *cell):
        return self.watched(name, "peak_memory")

    track_requests.unit = "requests"
    track_requests.pretty_name = "Store requests of all kinds"
    track_gets.unit = "requests"
    track_gets.pretty_name = "Whole objects fetched (GET)"
    track_range_gets.unit = "requests"
    track_range_gets.pretty_name = "Ranges fetched (range GET)"
    track_puts.unit = "requests"
    track_puts.pretty_name = "Objects written (PUT)"
    track_bytes_fetched.unit = "bytes"
    track_bytes_fetched.pretty_name = "Bytes fetched"
    track_bytes_written.unit = "bytes"
    track_bytes_written.pretty_name = "Bytes written"
    track_amplification.unit = "bytes moved / bytes asked for"
    track_amplification.pretty_name = "Amplification"
    track_function_starts.unit = "function starts"
    track_function_starts.pretty_name = "Python functions started"
    track_peak_memory.unit = "bytes"
    track_peak_memory.pretty_name = "Peak of traced memory"


@over(BY_CHUNK, **ACCESS)
class Chunks(_Counts):
    pass


@over(BY_SHARD, **ACCESS)
class Shards(_Counts):
    pass
