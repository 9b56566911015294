"""Ways of writing a volume: in which pieces, by whom, and aligned to what.

Varies: the piece that one assignment writes (a plane, a slab as thick as a chunk, a chunk, a shard), who writes (one,
2 or 4 threads, 2 or 4 processes), whether writers keep to shards, and the layout. Held equal: voxels, codec (but
in copick's layout), each release's own concurrency. tomobench.bench.ways says what the words mean, tomobench.bench.filled what is counted.

Counts are of a quarter of the volume and of the layout along each axis; memory and times of the whole, for some of the ways.
On phantom-128, 3.4.2, two cores at a load of 25: three minutes for counts and memory.
"""

import shutil
from contextlib import ExitStack

import numpy as np

from tomobench.bench import filled
from tomobench.bench.crews import Crew, Spot
from tomobench.bench.grids import FOR_WAYS
from tomobench.bench.layout import Label
from tomobench.bench.store import ARRAY, scratch
from tomobench.bench.ways import ALIGNMENTS, STEPS, WRITERS, Way, shares

from .common import open_store, over, tracked

METRICS = {
    "requests": ("requests", "Store requests of all kinds"),
    "amplification": ("bytes moved / bytes of voxels", "Amplification"),
    "voxels_lost": ("0 all are there, 1 voxels are lost", "Voxels lost"),
}
AXES = {"step": STEPS, "writer": list(WRITERS), "aligned": ALIGNMENTS}


@over(FOR_WAYS, **AXES)
@tracked(METRICS)
class Ways:
    timeout = 1200
    looked_up = True
    version = f"1.{filled.VERSION}"

    def setup(self, step, writer, aligned, *cell):
        self.store, self.way = open_store(self.grid, cell), Way(step, writer, aligned)
        filled.figure(self.store, str(self.way), "requests")  # n/a, or failed, as the way was

    def figure(self, metric, *cell):
        try:
            return filled.figure(self.store, str(self.way), metric)
        except NotImplementedError as reason:
            print(reason)
            return float("nan")


FULL = {Label(f"{way.step} by {way.step}, {way.writer}"): way for way in filled.FULL}


@over(FOR_WAYS, way=list(FULL))
class Whole:
    """The whole volume. Processes are there, with zarr imported, before the clock starts."""

    repeat = (1, 6, 0.15)
    min_run_count = 1
    rounds = 2
    warmup_time = 0
    number = 1
    timeout = 240
    version = "1"

    crew = place = None

    def setup(self, way, *cell):
        self.store, self.way = open_store(self.grid, cell), FULL[way]
        shares(self.way, self.store.shape, self.store.layout)
        filled.require_quick(self.store, self.way)
        with ExitStack() as undone_on_failure:
            self.folder = undone_on_failure.enter_context(scratch())
            if self.crew is None:
                self.crew = Crew(np.array(self.store.voxels))
                self.crew.ready(self.way.workers if self.way.in_processes else 0)
                # Threads are started, what is imported late is there: by chunks, for planes take long.
                first = Way("chunk", self.way.writer)
                self.crew.write(first, self.store.layout, Spot(self.folder, ARRAY))
                shutil.rmtree(self.folder / ARRAY)
            self.place = undone_on_failure.pop_all()

    def teardown(self, *cell):
        if self.place is not None:
            self.place.close()

    def write(self):
        self.crew.write(self.way, self.store.layout, Spot(self.folder, ARRAY))

    def time_whole(self, *cell):
        self.write()

    time_whole.pretty_name = "Write whole volume in a way"


@over(FOR_WAYS, way=list(FULL))
class Memory:
    timeout = 600
    looked_up = True
    version = f"1.{filled.MEMORY_VERSION}"

    def setup(self, way, *cell):
        self.found = filled.peak_memory(open_store(self.grid, cell), FULL[way])

    def track_peak_memory(self, *cell):
        return self.found

    track_peak_memory.unit = "bytes"
    track_peak_memory.pretty_name = "Peak of traced memory of writing the whole volume in a way"
