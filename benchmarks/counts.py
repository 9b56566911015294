"""What each access makes zarr ask for, move, run and hold: exact, no clock.

Varies: the access and the layout. Held equal: voxels, codec (Blosc-zstd, level 5, shuffle), an array that is
already open (but for the openings). Requests and bytes: at the release's own concurrency, on a file system that
counts. Function starts and memory: on disk, one chunk at a time. tomobench.bench.exact has the details; all the
figures of a store come from one pass, and each access is checked bit for bit in it.
"""

import math

from tomobench.bench import exact, selections
from tomobench.bench.grids import (
    BY_CHUNK,
    BY_SHARD,
    FOR_SELECTIONS,
    FOR_TRAINING,
    PRACTICE,
    wanted,
)
from tomobench.bench.layout import Label

from .common import open_store, over, require_wanted, tracked, volume_id

TRAINING = {"access": [Label(selections.PATCHES_READ), Label(selections.OVER)]}
ACCESS = {"access": [Label(name) for name in exact.NAMES]}

METRICS = {
    "requests": ("requests", "Store requests of all kinds"),
    "gets": ("requests", "Whole objects fetched (GET)"),
    "range_gets": ("requests", "Ranges fetched (range GET)"),
    "puts": ("requests", "Objects written (PUT)"),
    "bytes_fetched": ("bytes", "Bytes fetched"),
    "bytes_written": ("bytes", "Bytes written"),
    "amplification": ("bytes moved / bytes asked for", "Amplification"),
    "function_starts": ("function starts", "Python functions started"),
    "peak_memory": ("bytes", "Peak of traced memory"),
}

#: What is told of selections: a process for each figure is most of their price.
OF_SELECTIONS = ("requests", "bytes_fetched", "amplification", "function_starts", "peak_memory")


class _Figures:
    timeout = 1200
    looked_up = True
    family = exact.STANDARD
    version = f"1.{family.version}"

    def setup(self, name, *cell):
        require_wanted(self.grid, (name, *cell))
        self.store = open_store(self.grid, cell)
        self.found(name, "requests")  # n/a, or failed, as the access was

    def found(self, name, metric):
        return exact.figure(self.store, self.family, name, metric, self.asked)

    def asked(self, name):
        return wanted(volume_id(), self.grid, (name,))

    def figure(self, metric, name, *cell):
        try:
            found = self.found(name, metric)
        except NotImplementedError as reason:  # a slow access is not watched
            print(reason)
            return math.nan  # n/a
        return math.nan if found is None else found  # an opening asks for no voxels: n/a


@tracked(METRICS)
class _Counts(_Figures):
    pass


@over(BY_CHUNK, **ACCESS)
class Chunks(_Counts):
    pass


@over(BY_SHARD, **ACCESS)
class Shards(_Counts):
    pass


@over(PRACTICE, **ACCESS)
class Practice(_Counts):
    pass


@over(FOR_SELECTIONS, selection=[Label(f"read {name}") for name in selections.SELECTIONS])
@tracked({name: METRICS[name] for name in OF_SELECTIONS})
class Selections(_Figures):
    family = selections.KINDS
    version = f"1.{selections.VERSION}"


@tracked({name: METRICS[name] for name in (*OF_SELECTIONS, "puts", "bytes_written")})
class _Training(_Figures):
    family = selections.TRAINING
    version = f"1.{selections.VERSION}"


@over(FOR_TRAINING, **TRAINING)
class Training(_Training):
    pass


@over(PRACTICE, **TRAINING)
class PracticeTraining(_Training):
    pass
