"""What an access asks of the system when the store is on disk, and how many requests are in flight when it is not.

On disk: /proc/self/io counts the reads and writes of all threads of a process, and their bytes; Python's audit events say
which files are opened, listed and renamed. What a release asks for below its store is in no other count. Each access is
repeated until two calls in a row agree, and the least of each figure is kept: now and then a read is one of the
interpreter's own.

In flight: a metered file system that holds each answer until no further request comes. Then all that wait are answered
at once. The most that waited is how many requests a release has on the way together; how often all were answered is how
many round trips it waits for, one after the other. Over a network that decides. No further request comes once none came in
LOOKS looks, a millisecond apart, between which no other thread of the process took processor time, and when at the end
every other thread waits.
"""

import asyncio
import math
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from math import prod
from pathlib import Path

from tomobench.bench import access, adapters, blame, entries
from tomobench.bench.exact import MeteredAccess, WrongVoxels, jobs
from tomobench.bench.metered import Meter, MeteredFileSystem
from tomobench.bench.objects import grid_shape
from tomobench.bench.store import SLOW, Store, whole

#: Counted up when what is counted changes: figures kept under another number are not used.
VERSION = 1
#: How often an access is repeated on disk at most, and over the file system that holds answers.
REPEATS, HELD_REPEATS = 5, 2
#: Where the system counts; Linux has it.
COUNTERS = Path("/proc/self/io")
#: What is read there, and what it counts.
FIELDS = {
    "syscr": "system_reads",
    "rchar": "system_bytes_read",
    "syscw": "system_writes",
    "wchar": "system_bytes_written",
}
#: Audit events, and what they are counted as.
EVENTS = {
    "open": "opens",
    "os.listdir": "listings",
    "os.scandir": "listings",
    "os.rename": "renames",
    "os.link": "renames",
}
#: Looks in a row without a further request or a thread that runs, after which all that wait are answered; and the
#: seconds between two.
LOOKS, LOOK = 8, 0.001
#: Processor seconds of other threads between two looks that are none: what reading two clocks one after the other takes.
IDLE = 5e-5
#: The threads of this process, and the states in which one may yet ask for something: it runs, or waits for a disk.
TASKS, RUNS = Path("/proc/self/task"), ("R", "D")
#: Processor seconds of an access above which it is counted once.
LONG = 2


class Audit:
    """Counts audit events about what is below a folder, while it is told to. A hook can't be taken off again."""

    def __init__(self):
        self._below: str | None = None
        self.counted: Counter[str] = Counter()
        sys.addaudithook(self._hook)

    @contextmanager
    def below(self, folder: Path) -> Iterator[Counter[str]]:
        """Count within the block, from nothing."""
        self.counted, self._below = Counter(), str(folder)
        try:
            yield self.counted
        finally:
            self._below = None

    def _hook(self, event: str, arguments: tuple) -> None:
        below = self._below
        if below is not None and event in EVENTS and arguments:
            path = arguments[0]
            if isinstance(path, str | os.PathLike) and os.fspath(path).startswith(below):
                self.counted[EVENTS[event]] += 1


class HoldingFileSystem(MeteredFileSystem):
    """Answers no request before no further one comes.

    ``most``: how many have waited at once; ``rounds``: how often all were answered.
    """

    def __init__(self, root: Path, **options):
        super().__init__(root, Meter(), **options)
        self.forget()

    def forget(self) -> None:
        """Count from nothing."""
        self.most = self.rounds = self._came = 0
        self._waiting: list[asyncio.Future] = []

    async def _cat_file(self, path, start=None, end=None, **kwargs):
        await self._held()
        return await super()._cat_file(path, start, end, **kwargs)

    async def _pipe_file(self, path, value, mode="overwrite", **kwargs):
        await self._held()
        return await super()._pipe_file(path, value, mode, **kwargs)

    async def _info(self, path, **kwargs):
        await self._held()
        return await super()._info(path, **kwargs)

    async def _ls(self, path, detail=True, **kwargs):
        await self._held()
        return await super()._ls(path, detail, **kwargs)

    async def _held(self) -> None:
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self._came += 1
        self.most = max(self.most, len(self._waiting))
        if len(self._waiting) == 1:
            self._answering = asyncio.ensure_future(self._answer())
        await answer

    async def _answer(self) -> None:
        """Answer all that wait, once it is quiet."""
        seen, others, quiet = -1, math.inf, 0
        while quiet < LOOKS or _another_runs():
            took = _taken_by_others()
            quiet = quiet + 1 if seen == self._came and took - others < IDLE else 0
            seen, others = self._came, took
            await asyncio.sleep(LOOK)
        waited, self._waiting = self._waiting, []
        self.rounds += 1
        for one in waited:
            one.set_result(None)


def _taken_by_others() -> float:
    """Processor seconds of the other threads of this process so far."""
    return time.process_time() - time.thread_time()


def _another_runs() -> bool:
    """Whether a thread of this process runs, other than the one that asks."""
    own = str(threading.get_native_id())
    for task in os.listdir(TASKS):
        if task != own:
            with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                state = (TASKS / task / "stat").read_text().rpartition(")")[2].split()[0]
                if state in RUNS:
                    return True
    return False


def figure(store: Store, name: str, metric: str):
    """A figure of an access, as :mod:`tomobench.bench.exact` names it. Raises as :func:`blame.require`.

    Metrics: system_reads, system_bytes_read, system_writes, system_bytes_written, in_flight, rounds (absent without /proc);
    opens, listings, renames; seconds, of the processor in one call.
    """
    path = store.folder / f"system-{VERSION}.json"
    entry = entries.found_once(path, name, lambda kept: _figures(whole(store), kept))
    found = blame.require(entry)
    if metric not in found and not COUNTERS.exists():
        raise NotImplementedError(f"this system has no {COUNTERS}")
    if metric not in found:
        raise NotImplementedError(f"not held: the access alone takes {found['seconds']:.0f} s")
    return found[metric]


def _figures(store: Store, kept: Container[str]) -> dict[str, dict]:
    audit = Audit()
    found = {}
    for name, job in jobs(store).items():
        if name in kept:
            continue
        found[name] = entries.look(on_disk, job, audit)
        if "seconds" in found[name] and found[name]["seconds"] <= SLOW:
            found[name] |= entries.look(_in_flight, job)
    return {
        name: entries.confirmed(figures, _once_more, store, name) for name, figures in found.items()
    }


def _once_more(store: Store, name: str) -> dict:
    job = jobs(store)[name]
    found = on_disk(job, Audit())
    return found | (_in_flight(job) if found["seconds"] <= SLOW else {})


def on_disk(job: MeteredAccess, audit: Audit) -> dict:
    """The least of each figure over the repeats; the first call is not counted: it fills caches."""
    seconds = _call(job, audit)["seconds"]
    several: list[dict] = []
    while len(several) < (REPEATS if seconds <= LONG else 1) and not _agree(several[-2:]):
        several.append(_call(job, audit))
    return {key: min(one[key] for one in several) for key in several[0]}


def _agree(calls: list[dict]) -> bool:
    """Whether these are two calls of the same figures, their time apart."""
    return len(calls) == 2 and {**calls[0], "seconds": 0} == {**calls[1], "seconds": 0}


def _call(job: MeteredAccess, audit: Audit) -> dict:
    with job.place() as folder:
        ready = job.prepare(lambda name: adapters.load().disk(folder / name))
        with audit.below(folder) as events:
            start = time.process_time()
            found, result = counted(lambda: job.act(ready))
            seconds = time.process_time() - start
        _require(job, result, folder)
    names = dict.fromkeys(EVENTS.values(), 0)
    return {**found, **names, **events, "seconds": seconds}


def _require(job: MeteredAccess, result, folder: Path) -> None:
    if wrong := job.check(result, folder):
        raise WrongVoxels(wrong)


def counted(act: Callable[[], object]) -> tuple[dict[str, int], object]:
    """What ``act`` asks of the system, and what it returns. No figures where the system does not count.

    By one descriptor: the text that was read to know is taken off again, and so is that one read.
    """
    try:
        descriptor = os.open(COUNTERS, os.O_RDONLY)
    except OSError:
        return {}, act()
    try:
        before = os.pread(descriptor, 4096, 0)
        result = act()
        after = os.pread(descriptor, 4096, 0)
    finally:
        os.close(descriptor)
    one, other = (_fields(text) for text in (before, after))
    own = {"syscr": 1, "rchar": len(before)}
    return {
        said: other[name] - one[name] - own.get(name, 0) for name, said in FIELDS.items()
    }, result


def _fields(text: bytes) -> dict[str, int]:
    pairs = (line.split(": ") for line in text.decode().splitlines())
    return {name: int(number) for name, number in pairs}


def _in_flight(job: MeteredAccess) -> dict[str, int]:
    if not TASKS.exists():
        return {}
    several = [_held(job) for _ in range(HELD_REPEATS)]
    return {
        "in_flight": max(most for most, _ in several),
        "rounds": min(rounds for _, rounds in several),
    }


def _held(job: MeteredAccess) -> tuple[int, int]:
    adapter = adapters.load()
    with job.place() as folder:
        fs = HoldingFileSystem(folder, asynchronous=adapter.ASYNCHRONOUS, skip_instance_cache=True)
        ready = job.prepare(lambda name: adapter.remote(fs, name))
        fs.forget()
        result = job.act(ready)
        most, rounds = fs.most, fs.rounds
        _require(job, result, folder)
    return most, rounds


def objects(store: Store, name: str) -> int:
    """How many objects (chunks, or shards) an access is about; of an opening one."""
    edges = store.layout.shards or store.layout.chunks
    _, _, what = name.partition(" ")
    if what in access.READS:
        parts = access.READS[what](store.shape, store.layout)
        return sum(
            prod(
                len({place // edge for place in access.indices(one)})
                for one, edge in zip(part.selection, edges)
            )
            for part in parts
        )
    return prod(grid_shape(store.shape, edges)) if name.startswith("write") else 1
