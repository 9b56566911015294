"""What each access asks of the system with a store on disk, and how much is in flight at once with one that is not.

Varies: the access and the layout. Held equal: voxels, codec (Blosc-zstd, level 5, shuffle), an array that is already open
(but for the openings), the release's own concurrency. tomobench.bench.system has the details; all the figures of a store
come from one pass, and each access is checked bit for bit in it. A difference of fewer calls than the access has
objects is no change. Reads and writes of the system are n/a where there is no /proc. About a minute a release.
"""

import math

from tomobench.bench import exact, system
from tomobench.bench.grids import OF_SYSTEM
from tomobench.bench.layout import Label

from .common import open_store, over, tracked

METRICS = {
    "system_reads": ("reads", "Reads that the system is asked for"),
    "system_bytes_read": ("bytes", "Bytes that the system reads"),
    "system_writes": ("writes", "Writes that the system is asked for"),
    "system_bytes_written": ("bytes", "Bytes that the system writes"),
    "opens": ("files", "Files opened"),
    "listings": ("listings", "Folders listed"),
    "renames": ("renames", "Files renamed"),
    "in_flight": ("requests at once", "Most requests in flight at once"),
    "rounds": ("round trips", "Round trips one after the other"),
}


@over(OF_SYSTEM, access=[Label(name) for name in exact.NAMES])
@tracked(METRICS)
class Layouts:
    timeout = 1200
    looked_up = True
    version = f"1.{system.VERSION}"

    def setup(self, name, *cell):
        self.store = open_store(self.grid, cell)
        system.figure(self.store, name, "opens")  # n/a, or failed, as the access was

    def figure(self, metric, name, *cell):
        try:
            return system.figure(self.store, name, metric)
        except NotImplementedError as reason:  # no /proc, or a slow access is not held
            print(reason)
            return math.nan  # n/a

    def track_objects(self, name, *cell):
        return system.objects(self.store, name)

    track_objects.unit = "objects"
    track_objects.pretty_name = "Objects that an access is about"
