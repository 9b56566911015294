"""All chunks of an array, one a call, by 1, 2 and 4 threads and by 1, 2 and 4 processes.

Varies: who reads, and the layout. Held equal: voxels, codec, warm page cache, processes that have zarr imported and
take nothing over from their parent; each opens the array once a call. What a release itself does at once within a call
is its own: Own tells it. Of phantom-128, on two cores: half a minute a release for memory and voxels, as much for times.
"""

import numpy as np

from tomobench.bench import workers
from tomobench.bench.crews import Crew
from tomobench.bench.grids import FOR_WORKERS
from tomobench.bench.layout import Label

from .common import ADAPTER, Sampled, open_settled, open_store, over, tracked

WORKERS = {"workers": [one for one in workers.WORKERS if one != workers.SAME[0]]}
METRICS = {
    "wrong_voxels": ("wrong voxels", "Wrong voxels, all chunks, one a call"),
    "process_memory": ("bytes", "Memory of all processes above idle ones, all chunks, one a call"),
}


@over(FOR_WORKERS, **WORKERS)
@tracked(METRICS)
class Checked:
    timeout = 600
    looked_up = True
    version = f"1.{workers.VERSION}"

    def setup(self, workers_, *cell):
        self.found = workers.figures(open_store(self.grid, cell), workers_)

    def figure(self, metric, *cell):
        if metric == "process_memory" and not self.found[metric]:
            raise NotImplementedError("this system does not tell the memory of a process")
        return self.found[metric]


class Own:
    """What a release does at once by itself, within a call."""

    params, param_names = [[Label("requests"), Label("threads")]], ["of"]
    version = "2"

    def setup(self, of):
        self.found = ADAPTER.concurrency()[of]
        if self.found is None:
            raise NotImplementedError(
                "as many as Python's pool of threads or Blosc has, which the machine decides"
            )

    def track_at_once(self, of):
        return self.found

    track_at_once.unit = "at once"
    track_at_once.pretty_name = "A release's own concurrency on disk"


@over(FOR_WORKERS, **WORKERS)
class Times(Sampled):
    version = "2"

    crew = None

    def setup(self, workers_, *cell):
        if self.crew is None:
            self.store, self.workers = open_settled(self.grid, cell), workers_
            workers.dealt(self.store, workers_)
            self.crew = Crew(np.array(self.store.voxels))
            self.time_chunks()  # zarr is imported, threads are started

    def teardown(self, *cell):
        """asv ends the process with its last cell: the others end with it."""

    def time_chunks(self, *cell):
        workers.read(self.crew, self.store, self.workers)

    time_chunks.pretty_name = "Read all chunks, one a call"
