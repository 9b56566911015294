"""Block-wise processing with Dask: blocks of a volume are read, or read, changed and written, by threads or processes.

Dask lies beside the line (requirements/parallel.txt); or its cluster is one that runs already ($TOMOBENCH_DASK). What is
done is what people write: ``from_zarr``, ``map_blocks``, ``to_zarr``, ``store``.
"""

import contextlib
import os
import statistics
import time
import uuid
import warnings
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tomobench.bench import adapters, beside, blame, entries, filled, resident
from tomobench.bench.blame import NotMeasured
from tomobench.bench.cluster import existing
from tomobench.bench.cold import FAMILY
from tomobench.bench.layout import Label, Layout, Shape
from tomobench.bench.metered import Meter, MeteredFileSystem
from tomobench.bench.store import ARRAY, Store, scratch, wrong_voxels
from tomobench.bench.turns import turn

#: Counted up when what is counted or checked changes.
VERSION = 1
#: Who works: threads of this process, or so many worker processes of one thread each (None: threads).
SCHEDULERS = {
    Label("4 threads"): None,
    Label("1 process"): 1,
    Label("2 processes"): 2,
    Label("4 processes"): 4,
}
THREADS = 4
#: read: every block is summed up. The others: every block is read, negated, and written by that call of Dask's, as it is
#: by default (store has a lock then, for the whole cluster; to_zarr makes blocks of its own), or by store without its lock.
ACTIONS = [Label(one) for one in ("read", "to_zarr", "store", "store without lock")]
READ, TO_ZARR, STORE, UNLOCKED = ACTIONS
#: Blocks: as large as a chunk, or a shard, or half as large again as a chunk, so that their edges lie across chunks.
BLOCKS = [CHUNKS, SHARDS, ACROSS] = [Label("chunks"), Label("shards"), Label("across")]
#: Seconds between what is read on the store that counts and the answer, so that those who change an object meet.
PAUSE = 0.05
#: How often a call is timed, after one that is not; the median is kept. Calls that took ENOUGH seconds together are
#: not repeated: on the full tomogram one takes half a minute.
REPEATS, ENOUGH = 3, 6.0
PACKAGES = "parallel"


def block_shape(blocks: str, layout: Layout) -> Shape:
    """The shape of a block. Raises NotImplementedError where the layout has no such blocks."""
    if blocks == CHUNKS:
        return layout.chunks
    if blocks == ACROSS:
        return tuple(edge + edge // 2 for edge in layout.chunks)
    if not layout.shards:
        raise NotImplementedError("this layout has no shards")
    return layout.shards


@dataclass(frozen=True)
class Task:
    """What is done with blocks of which shape."""

    action: str
    blocks: str

    def __str__(self):
        return f"{self.action}, blocks of {self.blocks}"


TASKS = [Task(action, blocks) for action in ACTIONS for blocks in BLOCKS]
#: Of these times are taken: reading, and writing as most people do.
TIMED = [task for task in TASKS if task.action in (READ, STORE)]


class SharedMeter(Meter):
    """A meter that is the same one wherever it is unpickled in a process: each process counts for itself."""

    def __init__(self, name: str):
        super().__init__()
        self.name = name
        _METERS[name] = self

    def __reduce__(self):
        return _meter, (self.name,)


_METERS: dict[str, SharedMeter] = {}


def _meter(name: str) -> SharedMeter:
    return _METERS.get(name) or SharedMeter(name)


class Team:
    """Those who work, for as long as its context lasts. ``processes``: None for threads of this process."""

    def __init__(self, processes: int | None):
        self.processes = processes
        self._closing = contextlib.ExitStack()
        self.client = None

    def __enter__(self):
        beside.importable(PACKAGES)
        import dask

        with contextlib.ExitStack() as undone_on_failure:
            undone_on_failure.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")  # to_zarr's about its own blocks
            if self.processes is None:
                undone_on_failure.enter_context(
                    dask.config.set(scheduler="threads", num_workers=THREADS)
                )
            else:
                self.client = undone_on_failure.enter_context(_client(self.processes))
            self._closing = undone_on_failure.pop_all()
        return self

    def __exit__(self, *raised):
        self._closing.close()

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[None]:
        """Raise NotMeasured where another process works after the block than before, however the block ended, or where
        not as many work before it as are to.

        Dask has the tasks of one that died done again: what it had counted is lost, and what that raises is no release's.
        """
        before = self._pids()
        if len(before) != (self.processes or 0):
            raise NotMeasured(
                f"{len(before)} worker processes of Dask are there, not {self.processes}"
            )
        try:
            yield
        finally:
            if self._pids() != before:
                raise NotMeasured("a worker process of Dask died, or another came")

    def _pids(self) -> dict[str, int]:
        """The process of each worker, by its address. Raises NotMeasured where the cluster does not tell."""
        if self.client is None:
            return {}
        try:
            return self.client.run(os.getpid)
        except Exception as error:  # whatever Dask makes of a worker that has gone
            raise NotMeasured(f"Dask's workers do not answer: {blame.say(error)}") from error

    def everywhere(self, function: Callable, *arguments) -> list:
        """What a function gives in each process that works."""
        if self.client is None:
            return [function(*arguments)]
        return list(self.client.run(function, *arguments).values())


@contextlib.contextmanager
def _client(processes: int) -> Iterator:
    from distributed import Client, LocalCluster

    if address := os.environ.get(beside.CLUSTER):
        with existing(Client, address, processes) as client:
            yield client
        return
    with (
        scratch() as folder,
        LocalCluster(
            n_workers=processes,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=folder,
            silence_logs=50,
        ) as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(processes)
        client.run(_ready)
        yield client


def _ready() -> None:
    adapters.load()


def run(team: Team, task: Task, source, target, layout: Layout) -> tuple[int, int]:
    """Do a task from one zarr array to another (read: to nothing).

    Returns what it summed up, and how many tasks Dask made of it.
    """
    import dask.array as da

    blocks = da.from_zarr(source, chunks=block_shape(task.blocks, layout))
    if task.action == READ:
        made = blocks.map_blocks(_sum_of, dtype=np.uint64, chunks=(1, 1, 1)).sum(dtype=np.uint64)
        return int(made.compute()), len(dict(made.__dask_graph__()))
    changed = blocks.map_blocks(np.negative, dtype=source.dtype)
    if task.action == TO_ZARR:
        made = changed.to_zarr(target, compute=False)
    else:
        made = changed.store(target, compute=False, lock=task.action == STORE)
    number = len(dict(made.__dask_graph__()))
    made.compute()
    return 0, number


def _sum_of(block: np.ndarray) -> np.ndarray:
    return _bits(block).sum(dtype=np.uint64).reshape(1, 1, 1)


def _bits(voxels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(voxels).view(f"u{voxels.dtype.itemsize}")


def figure(store: Store, scheduler: str, task: Task, metric: str) -> float:
    """A figure of one of TASKS, of a quarter of the volume and of the layout along each axis
    (:func:`tomobench.bench.filled.quarter`). Raises NotImplementedError where there is none, else as :func:`blame.require`.

    Metrics: tasks (of Dask's graph); requests, bytes_fetched, bytes_written, amplification (over the bytes of voxels), of
    all that work, None where they depend on who works when; voxels_lost: 0 or 1.
    """
    path = store.folder / f"blocks-{_slug(scheduler)}-{VERSION}.json"
    entry = entries.found_once(
        path, str(task), lambda kept: _each(_counted, _missing(TASKS, kept), store, scheduler)
    )
    found = blame.require(entry)[metric]
    if found is None:
        raise NotImplementedError("it depends on who works when")
    return found


def _slug(scheduler: str) -> str:
    return scheduler.replace(" ", "-")


def _missing(tasks: Iterable[Task], kept: Container[str]) -> list[Task]:
    return [task for task in tasks if str(task) not in kept]


def _each(find: Callable[..., dict], tasks: list[Task], store: Store, scheduler: str) -> dict:
    """What ``find(team, store, task)`` gives of each of these tasks, by what it is called, or why nothing."""
    with Team(SCHEDULERS[Label(scheduler)]) as team:
        found = [entries.look(_alone, find, team, store, task) for task in tasks]
    return {
        str(task): entries.confirmed(one, _once_more, find, store, scheduler, task)
        for task, one in zip(tasks, found)
    }


def _once_more(find: Callable[..., dict], store: Store, scheduler: str, task: Task) -> dict:
    with Team(SCHEDULERS[Label(scheduler)]) as team:
        return _alone(find, team, store, task)


def _alone(find: Callable[..., dict], team: Team, store: Store, task: Task) -> dict:
    """What ``find`` gives while the same processes work."""
    with team.unchanged():
        return find(team, store, task)


def _counted(team: Team, store: Store, task: Task) -> dict:
    voxels, layout = filled.quarter(store)
    meets = task.action in (STORE, UNLOCKED) and _meets(task, layout)
    adapter, meter = adapters.load(), SharedMeter(uuid.uuid4().hex)
    with scratch() as folder:
        # What is read is answered at once: blocks that wait for it would no longer meet where they write.
        here = _metered(adapter, folder, meter, 0)
        there = _metered(adapter, folder, meter, PAUSE if task.action == UNLOCKED and meets else 0)
        _filled(adapter, adapter.remote(here, "source"), voxels, layout)
        target = adapter.create(adapter.remote(there, "target"), voxels.shape, voxels.dtype, layout)
        source = adapter.open_array(adapter.remote(here, "source"), "r")
        meter.reset()
        total, tasks = run(team, task, source, target, layout)
        took = team.everywhere(_counts, meter.name)
        if team.processes:
            took.append(_counts(meter.name))  # what the client asks for itself
        lost = _lost(adapter, task, folder / "target", total, voxels)
    fetched, written = (sum(one[key] for one in took) for key in ("fetched", "written"))
    # An array of zarr 2.18 that comes to another process reads its metadata again, as often as it is sent.
    lucky = meets or (team.processes and not adapter.ASYNCHRONOUS)
    return {
        "tasks": tasks,
        "requests": None if lucky else sum(one["requests"] for one in took),
        "bytes_fetched": None if lucky else fetched,
        "bytes_written": None if lucky else written,
        "amplification": None if lucky else max(fetched, written) / voxels.nbytes,
        "voxels_lost": int(lost > 0),
        "share_lost": lost / voxels.size,
    }


def _metered(adapter, folder: Path, meter: Meter, pause: float) -> MeteredFileSystem:
    return MeteredFileSystem(
        folder,
        meter,
        pause=pause,
        asynchronous=adapter.ASYNCHRONOUS,
        skip_instance_cache=True,
    )


def _meets(task: Task, layout: Layout) -> bool:
    """Whether several blocks lie in one object."""
    edges = layout.shards or layout.chunks
    return any(b % e for b, e in zip(block_shape(task.blocks, layout), edges))


def _filled(adapter, target, voxels: np.ndarray, layout: Layout) -> None:
    array = adapter.create(target, voxels.shape, voxels.dtype, layout)
    array[...] = voxels


def _counts(name: str) -> dict:
    meter = _meter(name)
    return {
        "requests": sum(meter.requests.values()),
        "fetched": meter.fetched,
        "written": meter.written,
    }


def _lost(adapter, task: Task, path: Path, total: int, voxels: np.ndarray) -> int:
    """How many voxels are wrong; of reading, all of them where the sum of their bits is."""
    if task.action == READ:
        return 0 if total == int(_bits(voxels).sum(dtype=np.uint64)) else voxels.size
    back = np.asarray(adapter.open_array(adapter.disk(path), "r")[...])
    return wrong_voxels(back, np.negative(voxels))


def timing(store: Store, scheduler: str, task: Task) -> dict:
    """What :func:`timed` finds of one of TIMED. All of a scheduler in one pass, which the processes of a run of asv share:
    to start a cluster takes longer than most of what is timed. Raises as :func:`blame.require`."""
    times = f"blocks-times-{_slug(scheduler)}"
    path = store.folder / f"{times}-{FAMILY}.json"
    with turn(store.folder / times):
        for old in store.folder.glob(f"{times}*.json"):
            if old != path:  # of another run
                old.unlink(missing_ok=True)
        entry = entries.found_once(
            path, str(task), lambda kept: _each(timed, _missing(TIMED, kept), store, scheduler)
        )
    return blame.require(entry)


def timed(team: Team, store: Store, task: Task) -> dict:
    """Seconds that a task takes on the whole volume, on disk, the median; and worker_memory: the most that one process
    held above what it had before, in bytes, the first time (0 where the system does not tell)."""
    adapter, seconds, memory = adapters.load(), [], 0
    block_shape(task.blocks, store.layout)
    source = adapter.open_array(adapter.disk(store.path), "r")
    for number in range(1 + REPEATS):
        with scratch() as folder:
            place = adapter.disk(folder / ARRAY)
            target = adapter.create(place, store.shape, store.voxels.dtype, store.layout)
            before = team.everywhere(resident.start) if not number else []
            start = time.perf_counter()
            run(team, task, source, target, store.layout)
            seconds.append(time.perf_counter() - start)
            if not number:
                memory = max(map(resident.above, before, team.everywhere(resident.peak)))
        if sum(seconds[1:]) >= ENOUGH:
            break
    return {"seconds": statistics.median(seconds[1:]), "worker_memory": memory}
