"""Writers that meet, and writers that are killed: is what they wrote there afterwards?

Varies: how it is written, and the layout. Held equal: a small array of our own, codec (Blosc-zstd, level 5, shuffle).

Collisions: two threads or processes share a shard, a chunk or no object. The collision is certain, for both wait between
reading and writing (tomobench.bench.collisions). 0 or 1 is kept; how many voxels were lost is printed, as an example,
and never compared. Kills: a writer on disk is ended at each of its file operations in turn (tomobench.bench.kills); how
often that left an object which is neither old nor new. Under half a minute a release for both.
"""

from tomobench.bench import collisions, kills
from tomobench.bench.grids import ON_SMALL

from .common import layout_of, over


@over(ON_SMALL, way=list(collisions.WAYS))
class Collisions:
    timeout = 600
    looked_up = True
    version = f"1.{collisions.VERSION}"

    def setup(self, way, *cell):
        self.lost, said = collisions.lost(layout_of(self.grid, cell), way)
        print(said)

    def track_outcome(self, way, *cell):
        return int(self.lost > 0)

    track_outcome.unit = "0 safe, 1 loses voxels"
    track_outcome.pretty_name = "What two writers at once leave behind"


@over(ON_SMALL, way=list(kills.WAYS))
class Kills:
    timeout = 600
    looked_up = True
    version = f"1.{kills.VERSION}"

    def setup(self, way, *cell):
        self.neither, said = kills.neither(layout_of(self.grid, cell), way)
        print(said)

    def track_neither(self, way, *cell):
        return self.neither

    track_neither.unit = "kills that leave neither"
    track_neither.pretty_name = "Kills of a writer that leave neither old nor new"
