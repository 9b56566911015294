"""Two writers at once: is what each of them wrote there afterwards?

Each writes a region of its own, and no region overlaps the other. What they may share is an object of the store: a
shard, or a chunk. A writer of a part of an object reads it, changes it and writes it back. Here both wait between
reading and writing, each for the other, so that the one writes back what it read before the other wrote: without a
lock the second undoes the first, every time. On the metered file system, as both lines have a store for it.
"""

import asyncio
import shutil
import threading
import time
import uuid
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tomobench.bench import adapters, blame, entries, tried
from tomobench.bench.child import Child, EndedWithoutAnswer, in_a_child
from tomobench.bench.layout import Label, Layout, Shape
from tomobench.bench.metered import Meter, MeteredFileSystem
from tomobench.bench.store import ARRAY, scratch, wrong_voxels

#: Counted up when what is tried changes: what was found under another number is not used.
VERSION = 1
#: Seconds that a writer waits for the other, once both have begun: one that a lock holds back never comes.
PATIENCE = 4
#: Seconds after which writers hang.
DEADLINE = 60
THREADS, PROCESSES = "threads", "processes"
#: What two writers share.
SHARD, CHUNK, NOTHING = "shard", "chunk", "nothing"
Region = tuple[slice, ...]


@dataclass(frozen=True)
class Writers:
    """Two writers: threads or processes, what they share, and whether they use zarr's synchronizer."""

    kind: str
    share: str
    synchronized: bool = False

    @property
    def way(self) -> Label:
        """How asv shows it."""
        shared = "aligned" if self.share == NOTHING else f"in one {self.share}"
        with_what = ", synchronized" if self.synchronized else ""
        return Label(f"by 2 {self.kind}, {shared}{with_what}")


PAIRS = [
    *(Writers(kind, share) for kind in (THREADS, PROCESSES) for share in (NOTHING, CHUNK, SHARD)),
    *(Writers(kind, CHUNK, synchronized=True) for kind in (THREADS, PROCESSES)),
]
#: The ways of writing, by the name that asv shows.
WAYS = {writers.way: writers for writers in PAIRS}


class Meeting:
    """Where two writers wait for each other: a folder in which each leaves a file, for they may be of two processes."""

    def __init__(self, folder: Path):
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def come(self) -> None:
        """One more has come."""
        (self._folder / uuid.uuid4().hex).touch()

    @property
    def both(self) -> bool:
        """Whether both have."""
        return len(list(self._folder.iterdir())) >= 2

    def wait(self, seconds: float) -> None:
        """Come, and wait until both have; no longer than so many seconds."""
        self.come()
        end = time.monotonic() + seconds
        while not self.both and time.monotonic() < end:
            time.sleep(0.001)


class MeetingFileSystem(MeteredFileSystem):
    """Holds a write back until another writer has come to its own, or PATIENCE is over.

    A writer that has come while another waits has read what it changes, and so has the other.
    """

    def __init__(self, root: Path, meeting: Meeting, **options):
        super().__init__(root, Meter(), **options)
        self._meeting = meeting

    async def _pipe_file(self, path, value, mode="overwrite", **kwargs):
        self._meeting.come()
        end = time.monotonic() + PATIENCE
        while not self._meeting.both and time.monotonic() < end:
            await asyncio.sleep(0.001)
        return await super()._pipe_file(path, value, mode, **kwargs)


def lost(layout: Layout, way: str) -> tuple[int, str]:
    """How many voxels of two writers are not as they wrote them, and that in words.

    Raises NotImplementedError where there is no such way, RuntimeError with the reason where the release raised.
    """
    path = tried.kept(f"collisions-{layout.key}", VERSION)
    found = blame.require(entries.found_once(path, way, lambda kept: _all(layout, kept)))
    return found["lost"], f"{found['lost']} of {found['written']} voxels are lost"


def _all(layout: Layout, kept: Container[str]) -> dict[str, dict]:
    return {
        way: entries.or_unsettled(blame.seen_twice, _one, layout, writers)
        for way, writers in WAYS.items()
        if way not in kept
    }


def _one(layout: Layout, writers: Writers) -> dict[str, int]:
    regions = _regions(layout, writers.share)
    with scratch() as folder:
        _child(_prepared, folder, layout)
        if writers.kind == THREADS:
            _child(_both, folder, regions, writers)
        else:
            _apart(folder, regions, writers)
        return _child(_compared, folder, regions)


def _regions(layout: Layout, share: str) -> list[Region]:
    """What the first writer writes, and the second: neighbours along z."""
    objects = layout.shards or layout.chunks
    if share == SHARD and not layout.shards:
        raise NotImplementedError("there are no shards")
    if share == CHUNK:
        half = layout.chunks[0] // 2
        edges: Shape = (half, *layout.chunks[1:])
    else:
        edges = objects if share == NOTHING else layout.chunks
    return [
        (slice(n * edges[0], (n + 1) * edges[0]), *(slice(0, edge) for edge in edges[1:]))
        for n in (0, 1)
    ]


def _child(find, *arguments) -> dict:
    return blame.require(in_a_child(find, DEADLINE, *arguments))


def _prepared(folder: Path, layout: Layout) -> dict:
    """Zeros that are all stored, so that each writer has something to read."""
    adapter = adapters.load()
    array = adapter.create(adapter.disk(folder / ARRAY), tried.SHAPE, np.dtype("f4"), layout)
    array[...] = np.zeros(tried.SHAPE, np.float32)
    return {}


def _array(folder: Path, writers: Writers):
    adapter = adapters.load()
    fs = MeetingFileSystem(
        folder,
        Meeting(folder / "write"),
        asynchronous=adapter.ASYNCHRONOUS,
        skip_instance_cache=True,
    )
    store = adapter.remote(fs, ARRAY)
    if writers.synchronized:
        return adapter.open_synchronized(store, writers.kind, folder / "locks")
    return adapter.open_array(store, "r+")


def _both(folder: Path, regions: list[Region], writers: Writers) -> dict:
    """Two threads with one array, as a pool of threads has it."""
    for meeting in ("begin", "write"):  # of a try before this one, which was late
        shutil.rmtree(folder / meeting, ignore_errors=True)
    array, errors = _array(folder, writers), []

    def write(number: int) -> None:
        try:
            _begin(folder)
            array[regions[number]] = _written(regions[number])
        except Exception as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    threads = [threading.Thread(target=write, args=[number]) for number in (0, 1)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if errors:
        raise errors[0]
    return {}


def _apart(folder: Path, regions: list[Region], writers: Writers) -> None:
    """Two processes, each with an array of its own."""
    children = [Child(blame.look, _alone, folder, region, writers) for region in regions]
    try:
        for child in children:
            try:
                answer = child.result(DEADLINE)
            except EndedWithoutAnswer as end:
                if end.whose is blame.Whose.OURS:
                    raise blame.NotMeasured(str(end)) from None
                raise
            if answer is None:
                raise RuntimeError(f"not over after {DEADLINE} s")
            blame.require(answer)
    finally:
        for child in children:
            child.end()


def _alone(folder: Path, region: Region, writers: Writers) -> dict:
    array = _array(folder, writers)
    _begin(folder)
    array[region] = _written(region)
    return {}


def _begin(folder: Path) -> None:
    """Wait until the other is ready to write, too: how soon a process starts is the machine's doing."""
    Meeting(folder / "begin").wait(DEADLINE / 2)


def _written(region: Region) -> np.ndarray:
    return tried.noise()[region]


def _compared(folder: Path, regions: list[Region]) -> dict[str, int]:
    adapter, wanted = adapters.load(), np.zeros(tried.SHAPE, np.float32)
    for region in regions:
        wanted[region] = _written(region)
    found = np.asarray(adapter.open_array(adapter.disk(folder / ARRAY), "r")[...])
    written = sum(wanted[region].size for region in regions)
    return {"lost": wrong_voxels(found, wanted), "written": written}
