"""Crews: writers that fill an array in a way (:mod:`tomobench.bench.ways`), as often as they are told.

Threads share one open array. Each process opens the array for itself; processes are new ones that have taken nothing
over from their parent (``spawn``), as dask's and a cluster's are.
"""

import multiprocessing
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tomobench.bench import adapters, blame, resident, traced
from tomobench.bench.access import Part
from tomobench.bench.blame import NotMeasured, Whose
from tomobench.bench.layout import Layout
from tomobench.bench.metered import Meter, MeteredFileSystem
from tomobench.bench.store import wrong_voxels
from tomobench.bench.ways import Piece, Way, shares

#: What writers may be watched for, and readers: memory, and voxels.
REQUESTS, MEMORY, VOXELS = "requests", "memory", "voxels"


@dataclass(frozen=True)
class Spot:
    """Where an array is written: ``name`` below ``folder``; and what each process watches itself for.

    ``watch``: REQUESTS (the folder is then behind a file system that counts), MEMORY (from then on the process works on
    one chunk at a time), or None.
    ``pause``: with REQUESTS, seconds between what is read there and the answer: who changes an object that another
    changes too then has read it before the other has written it.
    """

    folder: Path
    name: str
    watch: str | None = None
    pause: float = 0


@dataclass
class Watched:
    """What writing took: requests by kind, bytes fetched and written (watched for REQUESTS); the peak of traced memory
    in bytes, of several processes the sum of theirs (watched for MEMORY); of reading pieces, the peak of the process's
    memory above what it had before, in bytes, of several the sum, and the voxels that were wrong."""

    requests: dict[str, int] = field(default_factory=dict)
    fetched: int = 0
    written: int = 0
    peak_memory: int = 0
    above_idle: int = 0
    wrong: int = 0

    def add(self, other: "Watched") -> None:
        for kind, number in other.requests.items():
            self.requests[kind] = self.requests.get(kind, 0) + number
        self.fetched += other.fetched
        self.written += other.written
        self.peak_memory += other.peak_memory
        self.above_idle += other.above_idle
        self.wrong += other.wrong


class Crew:
    """Writers of some voxels (z, y, x). Processes are started when a way first wants them, and stay."""

    def __init__(self, voxels: np.ndarray):
        self._voxels = voxels
        self._processes: list[_Process] = []

    def ready(self, wanted: int) -> None:
        """Start so many processes, unless they are there, and wait until they have imported zarr."""
        new = [_Process(self._voxels) for _ in range(wanted - len(self._processes))]
        self._processes += new
        for process in new:
            _judged(process.answer())

    def write(self, way: Way, layout: Layout, place: Spot) -> Watched:
        """Make an array, and fill it in a way. Returns when every writer is done.

        Raises NotImplementedError where the layout has no such way, what zarr raises in this process, and RuntimeError
        or NotMeasured for what was raised in another.
        """
        dealt = shares(way, self._voxels.shape, layout)
        self.ready(way.workers if way.in_processes else 0)
        with watching(place) as (found, store):
            adapter, voxels = adapters.load(), self._voxels
            adapter.create(store(), voxels.shape, voxels.dtype, layout)
            if not way.in_processes:
                _threads(adapter.open_array(store(), "r+"), voxels, dealt)
        if way.in_processes:
            for process, share in zip(self._processes, dealt):
                process.ask(_written, place, share)
            self._answered(len(dealt), found)
        return found

    def read(self, path: Path, parts: list[Part], processes: int) -> None:
        """Have so many processes read parts of an array on disk, dealt out in turn. Raises as :meth:`write`."""
        self.ready(processes)
        for number, process in enumerate(self._processes[:processes]):
            process.ask(_read, path, parts[number::processes])
        self._answered(processes, Watched())

    def read_pieces(
        self, path: Path, dealt: list[list[list[Piece]]], watch: str | None = None
    ) -> Watched:
        """Have processes read pieces of an array on disk, one a call: for each process the pieces of its threads.

        ``watch``: MEMORY (what a process holds more while it reads), VOXELS (how many are wrong), or None, which adds
        nothing to the time that reading takes. Raises as :meth:`write`.
        """
        found = Watched()
        self.ready(len(dealt))
        for process, shares_ in zip(self._processes, dealt):
            process.ask(_read_pieces, path, shares_, watch)
        self._answered(len(dealt), found)
        return found

    def _answered(self, processes: int, found: Watched) -> None:
        # All answers are waited for before one of them is judged: nobody goes on when this returns.
        answers = [process.answer() for process in self._processes[:processes]]
        for answer in answers:
            found.add(_judged(answer))

    def end(self) -> None:
        for process in self._processes:
            process.end()
        self._processes = []


@contextmanager
def crew(voxels: np.ndarray) -> Iterator[Crew]:
    """A crew, for as long as the block lasts."""
    found = Crew(voxels)
    try:
        yield found
    finally:
        found.end()


def fill(array, voxels: np.ndarray, share: list[Piece]) -> None:
    """Write a worker's pieces, one after the other."""
    for piece in share:
        array[piece] = voxels[piece]


@contextmanager
def watching(place: Spot):
    """Within the block what this process does there is watched.

    Yields what was found, complete when the block ends, and a function that gives the adapter's store.
    """
    found, meter = Watched(), Meter()
    with _tracing(found) if place.watch == MEMORY else nullcontext():
        yield found, lambda: _store(place, meter)
    found.requests = dict(meter.requests)
    found.fetched, found.written = meter.fetched, meter.written


@contextmanager
def _tracing(found: Watched):
    adapters.load().pin_in_loop()  # or the peak depends on which chunks are under way together; for good
    with traced.tracing():
        yield
        found.peak_memory = tracemalloc.get_traced_memory()[1]


def _store(place: Spot, meter: Meter):
    adapter = adapters.load()
    if place.watch != REQUESTS:
        return adapter.disk(place.folder / place.name)
    fs = MeteredFileSystem(
        place.folder,
        meter,
        pause=place.pause,
        asynchronous=adapter.ASYNCHRONOUS,
        skip_instance_cache=True,
    )
    return adapter.remote(fs, place.name)


def _threads(array, voxels: np.ndarray, dealt: list[list[Piece]]) -> None:
    _at_once(lambda share: fill(array, voxels, share), dealt)


def _at_once(work: Callable[[list[Piece]], None], dealt: list[list[Piece]]) -> None:
    """Have a thread work on each share; this one, where there is one share."""
    if len(dealt) == 1:
        work(dealt[0])
        return
    with ThreadPoolExecutor(len(dealt)) as pool:
        several = [pool.submit(work, share) for share in dealt]
    for one in several:
        one.result()


class _Process:
    """A writer in a process of its own: it answers once when it is ready, then once for each thing asked of it."""

    def __init__(self, voxels: np.ndarray):
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, np.array(voxels)), daemon=True)
        self._process.start()
        there.close()

    def ask(self, task: Callable[..., Watched], *arguments) -> None:
        """Have it do a task, a function that can be pickled, of the voxels and these arguments."""
        self._here.send((task, arguments))

    def answer(self) -> "tuple[Whose | None, Watched | str]":
        try:
            return self._here.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode or 0
            return blame.ended(code), blame.say_end(code)

    def end(self) -> None:
        self._here.close()
        self._process.join(1)
        self._process.kill()
        self._process.join()


def _judged(answer: "tuple[Whose | None, Watched | str]") -> Watched:
    whose, found = answer
    if isinstance(found, Watched):
        return found
    if whose is Whose.OURS:
        raise NotMeasured(found)
    raise RuntimeError(f"a writer's process: {found}")


def _serve(pipe, voxels: np.ndarray) -> None:
    threading.Thread(target=blame.end_with_parent, daemon=True).start()
    pipe.send(_tried(_imported))
    while True:
        try:
            task, arguments = pipe.recv()
        except EOFError:
            return
        pipe.send(_tried(task, voxels, *arguments))


def _imported() -> Watched:
    adapters.load()
    return Watched()


def _written(voxels: np.ndarray, place: Spot, share: list[Piece]) -> Watched:
    with watching(place) as (found, store):
        fill(adapters.load().open_array(store(), "r+"), voxels, share)
    return found


def _read(voxels: np.ndarray, path: Path, parts: list[Part]) -> Watched:
    array = adapters.load().open_array(adapters.load().disk(path), "r")
    for part in parts:
        part.read(array)
    return Watched()


def _read_pieces(
    voxels: np.ndarray, path: Path, dealt: list[list[Piece]], watch: str | None
) -> Watched:
    adapter = adapters.load()
    array = adapter.open_array(adapter.disk(path), "r")
    wrong: list[int] = []

    def work(share: list[Piece]) -> None:
        for piece in share:
            found = array[piece]
            if watch == VOXELS:
                wrong.append(wrong_voxels(np.asarray(found), voxels[piece]))

    if watch != MEMORY:
        _at_once(work, dealt)
        return Watched(wrong=sum(wrong))
    idle = resident.start()
    _at_once(work, dealt)
    return Watched(above_idle=resident.above(idle, resident.peak()))


def _tried(action: Callable[..., Watched], *arguments) -> "tuple[Whose | None, Watched | str]":
    try:
        return None, action(*arguments)
    except Exception as error:  # noqa: BLE001 - a release raises what it likes
        return blame.judged(error)
