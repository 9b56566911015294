"""Layouts tried: a release writes each and reads all of them in turns, and nothing is left behind."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from math import isinf
from pathlib import Path
from statistics import mean
from typing import IO

import click

from tomobench.bench import cache, s3
from tomobench.bench.layout import Layout
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.plan import trial_places as places
from tomobench.desk.advise.plan import trial_voxels as voxels
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.network import DISK, Storage
from tomobench.desk.advise.plan.question import Question
from tomobench.desk.asv.pythons import ReleasePython, make_ready
from tomobench.desk.errors import UserError
from tomobench.desk.progress import EVERY
from tomobench.desk.servers import service

#: Bytes of voxels that are tried at most. Over a network, writing takes a round trip an object and more.
ON_DISK, ON_S3 = 2**29, 2**26
#: Seconds of reading, and places of each access, that repeat after that.
SECONDS, PLACES = 20.0, 24
#: A tenth of the times is left out, the longest: something else took the machine then.
DISTURBED = 0.1
PREFIX = "tomobench-trial-"
SEED = 20261129

_SWEEP = """
import shutil, sys
sys.stdin.read()
shutil.rmtree(sys.argv[1], ignore_errors=True)
"""


@dataclass(frozen=True)
class TriedLayout:
    """A layout that was written and read. Seconds, ``modelled`` and ``measured``: by access of the use, and of a whole
    write (uses.WRITES); of the mean access of the use, by its weights (of an archive, of writing it)."""

    layout: Layout
    modelled: dict[str, float]
    measured: dict[str, float]
    modelled_mean: float
    measured_mean: float


@dataclass(frozen=True)
class TriedLayouts:
    """What was tried: ``about`` in words, ``rounds`` of reading, and the layouts, the fastest first."""

    about: str
    where: str
    rounds: int
    layouts: list[TriedLayout]


def tried(
    desk: Estimate, layouts: Sequence[Layout], source: str | None, folder: Path | None, root: Path
) -> TriedLayouts:
    """Write the layouts and read them as the question's use does.

    ``source``: as :func:`.trial_voxels.kept`. ``folder``: the disk to try on, else the cache's. Stores go into a folder, or
    below a prefix, that was not there before; it is removed afterwards, also when this process is killed. Raises
    UserError.
    """
    question = desk.question
    on_disk = question.storage.kind == DISK
    python = make_ready(root, [desk.evidence.history.find(question.release)])[0]
    with _own_folder(folder if on_disk else None) as (own, alive):
        shape, about = voxels.kept(
            source, question, ON_DISK if on_disk else ON_S3, own / "voxels.npy"
        )
        asked = _asked(question, layouts, shape, own)
        written, seconds, rounds = _run(python, asked, len(layouts), alive)
    # What was just written is read from the page cache, whatever the disk that was asked about.
    storage = Storage() if on_disk else question.storage
    volume = _same(question, shape)
    smaller = Estimate(
        replace(question, shape=shape, volume=volume, storage=storage), desk.evidence, desk.given
    )
    found = [
        _layout(
            smaller, layout, written[place], {name: some[place] for name, some in seconds.items()}
        )
        for place, layout in enumerate(layouts)
    ]
    where = _disk(question, folder) if on_disk else _network(question)
    return TriedLayouts(about, where, rounds, sorted(found, key=lambda one: one.measured_mean))


def _same(question: Question, shape) -> str | None:
    return question.volume if tuple(shape) == tuple(question.shape) else None


def _disk(question: Question, folder: Path | None) -> str:
    where = f"in {folder or cache.root()}"
    if question.storage.cached:
        return where
    return f"{where}, read from the page cache: both times are without --bandwidth"


def _network(question: Question) -> str:
    return f"over S3, a round trip of {question.storage.latency * 1e3:g} ms added"


def _asked(question: Question, layouts: Sequence[Layout], shape, own: Path) -> dict:
    """What the driver is asked."""
    reads = tuple(question.use.reads)
    words = {
        "voxels": str(own / "voxels.npy"),
        "layouts": [told(one) for one in layouts],
        "accesses": {name: places.drawn(name, shape, PLACES, str(SEED)) for name in reads},
        "seconds": SECONDS if reads else 0.0,
        "seed": SEED,
    }
    storage = question.storage
    if storage.kind == DISK:
        return words | {"folder": str(own)}
    client = s3.S3FS if storage.heads else s3.ONE_REQUEST
    rate = None if isinf(storage.bandwidth) else storage.bandwidth
    return words | {"round_trip": storage.latency, "rate": rate, "client": client}


def told(layout: Layout) -> dict:
    """A layout as a driver is told it, in JSON (drivers/trial.py: layout_of)."""
    codec = {
        "name": layout.codec.name,
        "level": layout.codec.level,
        "shuffle": layout.codec.shuffle,
    }
    shape = {"chunks": layout.chunks, "shards": layout.shards, "zarr_format": layout.zarr_format}
    return shape | {"codec": codec}


def _layout(
    desk: Estimate, layout: Layout, written: float, seconds: dict[str, list[float]]
) -> TriedLayout:
    said = desk.candidate(layout)
    measured = {name: undisturbed(some) for name, some in seconds.items()} | {uses.WRITES: written}
    modelled = {name: one.seconds.value for name, one in said.accesses.items() if name in measured}
    modelled[uses.WRITES] = said.write.seconds.value
    shares = desk.question.use.shares or {uses.WRITES: 1.0}

    def over(times: dict[str, float]) -> float:
        return sum(share * times[name] for name, share in shares.items())

    return TriedLayout(layout, modelled, measured, over(modelled), over(measured))


def undisturbed(times: list[float]) -> float:
    """The mean without the longest tenth."""
    return mean(sorted(times)[: max(1, len(times) - int(len(times) * DISTURBED))])


def _run(python: ReleasePython, asked: dict, layouts: int, alive: int) -> tuple[dict, dict, int]:
    """Seconds of writing by layout, seconds of each access by layout, and rounds. Raises UserError."""
    written: dict[int, float] = {}
    seconds: dict[str, list[list[float]]] = {
        name: [[] for _ in range(layouts)] for name in asked["accesses"]
    }
    rounds, said = 0, time.monotonic()
    with _driver(python, asked, alive) as (driver, errors):
        for line in driver.stdout or ():
            one = json.loads(line)
            if "written" in one:
                written[one["written"]] = one["seconds"]
            else:
                rounds = one["round"] + 1
                for place, took in enumerate(one["seconds"]):
                    seconds[one["access"]][place].append(took)
            if time.monotonic() - said >= EVERY:
                click.echo(_progress(len(written), layouts, rounds), err=True)
                said = time.monotonic()
        if driver.wait():
            errors.seek(0)
            last = (errors.read().splitlines() or ["no word"])[-1]
            raise UserError(f"the layouts could not be tried: {last}")
    return written, seconds, rounds


def _progress(written: int, layouts: int, rounds: int) -> str:
    if written < layouts:
        return f"tomobench: layouts written and checked: {written} of {layouts}"
    return f"tomobench: rounds read: {rounds}, {SECONDS:.0f} s in all"


@contextmanager
def _driver(
    python: ReleasePython, asked: dict, alive: int
) -> Iterator[tuple[subprocess.Popen, IO[str]]]:
    """The driver, and what it complains of. It ends with this process: its input is closed then."""
    with tempfile.TemporaryFile("w+") as errors:
        driver = subprocess.Popen(
            python.module("tomobench.drivers.trial"),
            # The server over S3 is started when the driver asks for one.
            env=python.environment() | service.of_this_process().variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            pass_fds=[alive],
        )
        assert driver.stdin is not None  # a pipe
        try:
            with suppress(BrokenPipeError):  # it has ended: what it complained of says why
                driver.stdin.write(json.dumps(asked) + "\n")
                driver.stdin.flush()
            yield driver, errors
        finally:
            with suppress(BrokenPipeError):
                driver.stdin.close()
            driver.wait()


@contextmanager
def _own_folder(parent: Path | None) -> Iterator[tuple[Path, int]]:
    """A new folder in ``parent``, or in the cache; removed after the block, or when all have ended that hold the file
    descriptor that comes with it: this process, and those who write there."""
    parent = parent or cache.root() / "scratch"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        own = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)).absolute()
    except OSError as error:
        raise UserError(
            f"can't write in {parent} ({error.strerror}): name another with --try-in"
        ) from None
    # In a session of its own: Ctrl-C does not come here.
    sweeper = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _SWEEP, str(own)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert sweeper.stdin is not None  # a pipe
        yield own, sweeper.stdin.fileno()
    finally:
        sweeper.communicate()
