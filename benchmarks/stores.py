"""Stores on one disk: a folder, a zip file, memory, and a folder through fsspec and through obstore.

Varies: the kind of store and the layout. Held equal: voxels, codec, disk, page cache (nothing is synced), each
release's own concurrency; memory is at one chunk at a time. Of phantom-128, on two cores: 10 s a release for what is
counted and checked, 30 s for times.
"""

from contextlib import ExitStack

import numpy as np

from tomobench.bench import access, kept_in
from tomobench.bench.grids import FOR_STORES
from tomobench.bench.store import ARRAY, compared, scratch

from .common import ADAPTER, Sampled, open_store, over, tracked

KIND = {"kept_in": kept_in.KINDS}
METRICS = {
    "files": ("files", "Objects of a store"),
    "wrong_voxels": ("wrong voxels", "Wrong voxels after a round trip"),
}


@over(FOR_STORES, **KIND)
@tracked(METRICS)
class Checked:
    timeout = 600
    looked_up = True
    version = f"1.{kept_in.VERSION}"

    def setup(self, kind, *cell):
        self.found = kept_in.figures(open_store(self.grid, cell), kind)

    def figure(self, metric, *cell):
        return self.found[metric]


@over(FOR_STORES, access=[kept_in.WRITE, kept_in.READ], **KIND)
class Memory:
    timeout = 600
    looked_up = True
    version = f"1.{kept_in.VERSION}"

    def setup(self, access, kind, *cell):
        self.found = kept_in.figures(open_store(self.grid, cell), kind)[access]
        if self.found is None:
            raise NotImplementedError("obstore is Rust: tracemalloc does not see its memory")

    def track_peak_memory(self, *cell):
        return self.found

    track_peak_memory.unit = "bytes"
    track_peak_memory.pretty_name = "Peak of traced memory"


@over(FOR_STORES, **KIND)
class Write(Sampled):
    version = "1"
    number = 1
    repeat = (1, 6, 0.15)

    voxels = place = None

    def setup(self, kind, *cell):
        self.kind, self.store = kind, open_store(self.grid, cell)
        with ExitStack() as undone_on_failure:
            self.folder = undone_on_failure.enter_context(scratch())
            if self.voxels is None:
                self.voxels = np.array(self.store.voxels)
                kept_in.write(kind, self.folder / "first", self.store, self.voxels)
            self.place = undone_on_failure.pop_all()

    def teardown(self, *cell):
        if self.place is not None:
            self.place.close()

    def time_whole(self, *cell):
        kept_in.write(self.kind, self.folder / ARRAY, self.store, self.voxels)

    time_whole.pretty_name = "Write whole volume"


@over(FOR_STORES, **KIND)
class Read(Sampled):
    version = "1"

    array = None

    def setup(self, kind, *cell):
        if self.array is None:
            self.store = open_store(self.grid, cell)
            self.kept = ExitStack()  # for the life of the process
            if kind == kept_in.MEMORY:
                target = self.kept.enter_context(ADAPTER.kept(kind, self.store.path, "w"))
                kept_in.fill(target, self.store, np.array(self.store.voxels))
            else:
                path = kept_in.ready(self.store, kind)
                target = self.kept.enter_context(ADAPTER.kept(kind, path, "r"))
            self.array = compared(ADAPTER, target, self.store.voxels)

    def read(self, name):
        for part in access.READS[name](self.store.shape, self.store.layout):
            part.read(self.array)

    def time_whole(self, *cell):
        self.read("whole")

    def time_slice_xy(self, *cell):
        self.read("XY slice")

    time_whole.pretty_name = "Read whole volume"
    time_slice_xy.pretty_name = "Read one XY slice"
