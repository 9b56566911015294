"""Block-wise processing with Dask: by its threads, and by 1, 2 and 4 worker processes of dask.distributed.

Varies: who works, what is done (read; read, change and write by to_zarr or store), whether blocks match chunks or shards,
and the layout. Held equal: voxels, codec, one thread a process, and Dask's version, which no release has a part in.
Counts and voxels lost are of a quarter of the volume and of the layout along each axis; times and memory of all of it, in one pass for each
who works. A cluster that runs already is taken from $TOMOBENCH_DASK: cells of another number of workers are n/a
then, and all are where a worker has more than one thread.
Of phantom-128, on two cores: two minutes a release for counts, two for times.
"""

from tomobench.bench import blocks
from tomobench.bench.blocks import SCHEDULERS, TIMED, Task
from tomobench.bench.grids import FOR_BLOCKS

from .common import open_settled, open_store, over, tracked

METRICS = {
    "tasks": ("tasks", "Tasks of Dask's graph"),
    "requests": ("requests", "Store requests of all kinds"),
    "amplification": ("bytes moved / bytes of voxels", "Amplification"),
    "voxels_lost": ("0 all are there, 1 voxels are lost", "Voxels lost"),
}
AXES = {"way": blocks.ACTIONS, "blocks": blocks.BLOCKS, "workers": list(SCHEDULERS)}
TIMED_ACTIONS = [one for one in blocks.ACTIONS if any(task.action == one for task in TIMED)]


@over(FOR_BLOCKS, **AXES)
@tracked(METRICS)
class Counts:
    timeout = 1200
    looked_up = True
    version = f"1.{blocks.VERSION}"

    def setup(self, action, blocks_, workers, *cell):
        self.store, self.task = open_store(self.grid, cell), Task(action, blocks_)
        blocks.figure(self.store, workers, self.task, "tasks")  # n/a, or failed, as the task was

    def figure(self, metric, action, blocks_, workers, *cell):
        try:
            return blocks.figure(self.store, workers, self.task, metric)
        except NotImplementedError as reason:
            print(reason)
            return float("nan")


@over(FOR_BLOCKS, **{**AXES, "way": TIMED_ACTIONS})
class Times:
    timeout = 600
    looked_up = True
    version = f"1.{blocks.VERSION}"

    def setup(self, action, blocks_, workers, *cell):
        store = open_settled(self.grid, cell)
        self.found = blocks.timing(store, workers, Task(action, blocks_))

    def track_time(self, *cell):
        return self.found["seconds"]

    def track_worker_memory(self, *cell):
        if not self.found["worker_memory"]:
            raise NotImplementedError("this system does not tell the memory of a process")
        return self.found["worker_memory"]

    track_time.unit = "seconds"
    track_time.pretty_name = "Process the whole volume by blocks"
    track_worker_memory.unit = "bytes"
    track_worker_memory.pretty_name = "Memory of a worker above an idle one"
