"""Writers that meet: is what two of them wrote there afterwards?

Varies: the writers (threads, processes), what they share (a shard, a chunk, no object) and the layout. Held equal: a
small array of our own, codec (Blosc-zstd, level 5, shuffle). The collision is certain: both writers wait between
reading and writing (tomobench.bench.collisions). How many voxels were lost is printed, and never compared: 0 or 1 is
what is kept. About 10 s a release.
"""

from tomobench.bench import collisions
from tomobench.bench.grids import ON_SMALL

from .common import layout_of, over


@over(ON_SMALL, way=list(collisions.WAYS))
class Collisions:
    timeout = 600
    version = f"1.{collisions.VERSION}"

    def setup(self, way, *cell):
        self.lost, said = collisions.lost(layout_of(self.grid, cell), way)
        print(said)

    def track_outcome(self, way, *cell):
        return int(self.lost > 0)

    track_outcome.unit = "0 safe, 1 loses voxels"
    track_outcome.pretty_name = "What two writers at once leave behind"
