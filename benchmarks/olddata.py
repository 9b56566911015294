"""Old data: does a release read what others wrote?

Varies: who wrote it (the last patch of each minor release of zarr, each yanked release, and tensorstore), and what: every codec and shuffle, or
every element type and byte order, in each format and in shards. Held equal: voxels, chunks. The sum of the wrong voxels, bit
for bit; a release that raises shows as failed, with what raised. The arrays are in src/tomobench/bench/old. A few seconds a
release.
"""

from tomobench.bench import old_data
from tomobench.bench.grids import ON_SMALL
from tomobench.bench.layout import Label

from .common import require_part


class OldData:
    params = [  # noqa: RUF012 - as asv has it
        [Label(f"read data of {writer}") for writer in old_data.WRITERS],
        old_data.GROUPS,
    ]
    param_names = ["access", "layout"]  # noqa: RUF012
    timeout = 600
    looked_up = True
    part_of = ON_SMALL
    version = f"1.{old_data.VERSION}"

    def setup(self, name, group):
        require_part(self)
        self.wrong = old_data.wrong(name.removeprefix("read data of "), group)

    def track_wrong_voxels(self, name, group):
        return self.wrong

    track_wrong_voxels.unit = "wrong voxels"
    track_wrong_voxels.pretty_name = "Wrong voxels of what others wrote"
