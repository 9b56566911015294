"""Codec pipelines of zarr 3: its own, the fused one (from 3.3), and zarrs, by the version that each release takes.

Varies: the pipeline, the access and the layout. Held equal: voxels, codec, store on disk, each release's own
concurrency. A cell is n/a, with the reason, where a pipeline leaves the work to another one, which is looked at for each
access, or where a meter can't see it. Of phantom-128, on two cores: 10 s a release for counts, 40 s for times.
"""

from contextlib import ExitStack

import numpy as np

from tomobench.bench import access, pipelines
from tomobench.bench.grids import FOR_PIPELINES
from tomobench.bench.pipelines import ACCESSES, PIPELINES, WAYS
from tomobench.bench.store import ARRAY, scratch

from .common import ADAPTER, Sampled, open_settled, open_store, over, tracked

METRICS = {
    "requests": ("requests", "Store requests of all kinds"),
    "amplification": ("bytes moved / bytes asked for", "Amplification"),
    "function_starts": ("function starts", "Python functions started"),
    "peak_memory": ("bytes", "Peak of traced memory"),
}
PIPELINE = {"pipeline": list(PIPELINES)}


@over(FOR_PIPELINES, access=ACCESSES, **PIPELINE)
@tracked(METRICS)
class Counts:
    timeout = 1200
    version = f"1.{pipelines.VERSION}"

    def setup(self, access, pipeline, *cell):
        self.store = open_store(self.grid, cell)
        with pipelines.using(pipeline):  # n/a, as the release has no such pipeline
            pipelines.figures(self.store, pipeline, access)

    def figure(self, metric, access, pipeline, *cell):
        try:
            return pipelines.figure(self.store, pipeline, access, metric)
        except NotImplementedError as reason:
            print(reason)
            return float("nan")


@over(FOR_PIPELINES, way=WAYS, **PIPELINE)
class Correctness:
    timeout = 600
    version = f"1.{pipelines.VERSION}"

    def setup(self, way, pipeline, *cell):
        self.wrong = pipelines.wrong(open_store(self.grid, cell), pipeline, way)

    def track_wrong_voxels(self, *cell):
        return self.wrong

    track_wrong_voxels.unit = "wrong voxels"
    track_wrong_voxels.pretty_name = "Wrong voxels between a pipeline and zarr's own"


class _Timed(Sampled):
    version = "1"

    chosen = None

    def setup(self, pipeline, *cell):
        if self.chosen is None:
            self.store = open_settled(self.grid, cell)
            self.chosen = ExitStack()  # for the process's life: asv ends it with the cell
            self.chosen.enter_context(pipelines.using(pipeline))
            self.prepare(pipeline)


class _Read(_Timed):
    """One access a suite: a pipeline may be at work for one, and leave another to zarr's own (zarrs: a slice by an integer)."""

    access = ""

    def prepare(self, pipeline):
        self.array = ADAPTER.open_array(ADAPTER.disk(self.store.path), "r")
        pipelines.require_at_work(pipeline, self.read)

    def read(self):
        for part in access.READS[self.access](self.store.shape, self.store.layout):
            part.read(self.array)


@over(FOR_PIPELINES, **PIPELINE)
class Read(_Read):
    access = "whole"

    def time_whole(self, *cell):
        self.read()

    time_whole.pretty_name = "Read whole volume"


@over(FOR_PIPELINES, **PIPELINE)
class ReadSlice(_Read):
    access = "XY slice"

    def time_slice_xy(self, *cell):
        self.read()

    time_slice_xy.pretty_name = "Read one XY slice"


@over(FOR_PIPELINES, **PIPELINE)
class Write(_Timed):
    number = 1
    repeat = (1, 6, 0.15)

    place = None

    def prepare(self, pipeline):
        self.voxels = np.array(self.store.voxels)
        with scratch() as folder:
            pipelines.require_at_work(pipeline, lambda: self.write(folder))

    def setup(self, *cell):
        super().setup(*cell)
        self.place = ExitStack()
        self.folder = self.place.enter_context(scratch())

    def teardown(self, *cell):
        if self.place is not None:
            self.place.close()

    def write(self, folder):
        voxels, layout = self.voxels, self.store.layout
        array = ADAPTER.create(ADAPTER.disk(folder / ARRAY), voxels.shape, voxels.dtype, layout)
        array[...] = voxels

    def time_whole(self, *cell):
        self.write(self.folder)

    time_whole.pretty_name = "Write whole volume"
