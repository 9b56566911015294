"""The exact metrics of a store: what each access makes zarr ask for, move, run and hold. No clock.

All accesses of a store are metered in one pass, and the figures kept beside the store in ``exact-<n>.json``. One that
is not settled then (:mod:`tomobench.bench.entries`) is metered later, by itself.
Each access is checked bit for bit while it is metered. Requests and bytes are counted below the store (see
:mod:`tomobench.bench.metered`), at the release's own concurrency; function starts and memory on the disk store,
one chunk at a time, after calls that are not counted (imports, caches of zarr's own).
"""

import shutil
import time
import tracemalloc
from collections.abc import Callable, Collection
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tomobench.bench import access, adapters, blame, entries, starts, traced
from tomobench.bench.layout import Shape
from tomobench.bench.made import made_once
from tomobench.bench.metered import DELETE, GET, HEAD, LIST, PUT, RANGE, Meter, MeteredFileSystem
from tomobench.bench.store import (
    ARRAY,
    SLOW,
    Store,
    anew,
    difference,
    known_files,
    scratch,
    unless_known,
    whole,
    wrong_voxels,
)
from tomobench.bench.whole import Contents

#: Counted up when what is metered changes: figures kept under another number are not used.
VERSION = 1

Asked = Callable[[str], bool]

#: The accesses, by the name that asv shows.
NAMES = [f"read {name}" for name in access.READS] + [
    "write whole",
    access.IN_ONE_CALL,
    "write 64³ aligned",
    "write 64³ unaligned",
    "open array",
    "open multiscale",
]
#: Accesses of so many bytes are called once before the call that counts; larger ones come after them.
WARMED_UP = 2**22
#: The group in a multiscale's folder, and its levels.
MULTISCALE, LEVELS = "multiscale.zarr", 3


class WrongVoxels(RuntimeError):
    """An access gave back, or left behind, other voxels than it should."""


@dataclass(frozen=True)
class MeteredAccess:
    """An access that can be repeated.

    ``place`` is a context that gives a folder to work in: the store's own, an empty one, or a copy.
    ``prepare(open_store)`` makes ready what ``act`` takes; ``open_store(name)`` gives a store of the
    adapter's below the folder. ``act`` alone is metered. ``check(result, folder)`` says what is wrong, or None.
    ``asked`` is the bytes of voxels asked for, 0 for an opening.
    """

    place: Callable
    prepare: Callable
    act: Callable
    check: Callable
    asked: int


@dataclass(frozen=True)
class Family:
    """Accesses that are metered in one pass. ``jobs(store)``: each by its name. ``name`` and ``version`` name the file
    beside the store; ``version`` is counted up when what is metered changes."""

    name: str
    version: int
    jobs: Callable[[Store], dict[str, MeteredAccess]]


def figure(store: Store, family: Family, name: str, metric: str, asked: Asked = lambda name: True):
    """A figure of an access ("read XY slice", "write whole", "open array"). Raises as :func:`blame.require`.

    ``asked``: whether another access is metered beside it, by its name.

    Metrics: requests, gets, range_gets, puts, others (HEAD, LIST and DELETE); bytes_fetched,
    bytes_written; amplification (the larger of the two, over the bytes asked for; for reads and writes);
    function_starts; peak_memory in bytes; seconds, of the processor in the metered call (for SLOW alone).
    """
    path = store.folder / f"{family.name}-{family.version}.json"
    entry = entries.found_once(path, name, lambda kept: _figures(whole(store), family, kept, asked))
    found = blame.require(entry)
    if metric not in found:
        raise NotImplementedError(f"not watched: the access alone takes {found['seconds']:.0f} s")
    return found[metric]


def jobs(store: Store) -> dict[str, MeteredAccess]:
    """The accesses of a store, by the name that asv shows."""
    adapter = adapters.load()
    found = {f"read {name}": _read(adapter, store, name) for name in access.READS}
    known = known_files(store)
    found["write whole"] = _write_whole(adapter, store, known, in_one_call=False)
    found[access.IN_ONE_CALL] = _write_whole(adapter, store, known, in_one_call=True)
    found |= {
        f"write {name}": overwrite(adapter, store, access.READS[name](store.shape, store.layout)[0])
        for name in ("64³ aligned", "64³ unaligned")
    }
    found["open array"] = _open_array(adapter, store)
    return found | {"open multiscale": _open_multiscale(adapter, store)}


#: The accesses of NAMES.
STANDARD = Family("exact", VERSION, jobs)


def _figures(store: Store, family: Family, kept: Collection[str], asked: Asked) -> dict[str, dict]:
    accesses = {
        name: job for name, job in family.jobs(store).items() if name not in kept and asked(name)
    }
    # Requests first, all of them: they are counted at the release's own concurrency, and pinning is for good.
    found = {name: entries.look(requests, job) for name, job in accesses.items()}
    adapters.load().pin_in_loop()
    # Small accesses first: they warm up what the large ones need.
    worked = work_alone if kept else work
    for name, job in sorted(accesses.items(), key=lambda item: item[1].asked):
        if "requests" in found[name] and found[name]["seconds"] <= SLOW:
            found[name] |= entries.look(worked, job)
    return {
        name: entries.confirmed(figures, _once_more, store, family, name)
        for name, figures in found.items()
    }


def _once_more(store: Store, family: Family, name: str) -> dict:
    """The figures of one access of the same volume, written anew."""
    with anew(store) as fresh:
        job = family.jobs(fresh)[name]
        found = requests(job)
        adapters.load().pin_in_loop()
        return found | (work(job) if found["seconds"] <= SLOW else {})


def requests(job: MeteredAccess, meter: Meter | None = None) -> dict:
    """Requests and bytes of the access, with the folder behind a metered file system; ``meter``: one that knows more."""
    adapter, meter = adapters.load(), meter or Meter()
    with job.place() as folder:
        fs = MeteredFileSystem(
            folder, meter, asynchronous=adapter.ASYNCHRONOUS, skip_instance_cache=True
        )
        ready = job.prepare(lambda name: adapter.remote(fs, name))
        meter.reset()
        start = time.process_time()
        result = job.act(ready)
        seconds = time.process_time() - start
        counted, fetched, written = dict(meter.requests), meter.fetched, meter.written
        _pass(job, result, folder)
    return {
        "requests": sum(counted.values()),
        "gets": counted.get(GET, 0),
        "range_gets": counted.get(RANGE, 0),
        "puts": counted.get(PUT, 0),
        "others": sum(counted.get(kind, 0) for kind in (HEAD, LIST, DELETE)),
        "bytes_fetched": fetched,
        "bytes_written": written,
        "amplification": max(fetched, written) / job.asked if job.asked else None,
        "seconds": seconds,
    }


def watched(act) -> tuple[dict, object]:
    """What ``act`` takes, and what it returns.

    function_starts: see :mod:`tomobench.bench.starts`.
    peak_memory: the most bytes that tracemalloc saw allocated, above what was there before.
    """
    with starts.counting() as counter, traced.tracing():
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        first = next(counter)
        result = act()
        started = next(counter) - first - 1
        peak = tracemalloc.get_traced_memory()[1] - before
    return {"function_starts": started, "peak_memory": peak}, result


def work(job: MeteredAccess, watched: Callable = watched) -> dict:
    """Function starts and peak of traced memory of the access on disk, warmed up.

    ``watched(act)`` gives what ``act`` took, and what it returned.
    """
    if job.asked <= WARMED_UP:
        with job.place() as folder:
            job.act(ready(job, folder))
    with job.place() as folder:
        made = ready(job, folder)
        found, result = watched(lambda: job.act(made))
        _pass(job, result, folder)
    return found


def work_alone(job: MeteredAccess) -> dict:
    """As :func:`work`, of an access that no others come before: it is watched twice, for Python keeps memory for each
    function that is watched for the first time.

    With 3.4.2 and 2.18.7 all counts are those of a pass, and peaks within 2 %, or 16 KiB.
    """
    work(job)
    return work(job)


def ready(job: MeteredAccess, folder: Path):
    """What the access on disk takes."""
    return job.prepare(lambda name: adapters.load().disk(folder / name))


def _pass(job: MeteredAccess, result, folder: Path) -> None:
    if wrong := job.check(result, folder):
        raise WrongVoxels(wrong)


def _read(adapter, store: Store, name: str) -> MeteredAccess:
    parts = access.READS[name](store.shape, store.layout)

    def check(found, folder):
        wanted = (part.read(store.voxels) for part in parts)
        wrong = sum(wrong_voxels(np.asarray(got), want) for got, want in zip(found, wanted))
        return f"{wrong} wrong voxels" if wrong else None

    return MeteredAccess(
        lambda: nullcontext(store.folder),
        lambda open_store: adapter.open_array(open_store(ARRAY), "r"),
        lambda array: [part.read(array) for part in parts],
        check,
        sum(part.voxels() for part in parts) * store.voxels.itemsize,
    )


def _read_back(
    adapter, store: Store, voxels: np.ndarray, known: list[Contents], all_there: bool = True
) -> Callable:
    """The check of an access that leaves ``voxels`` in an array; ``known`` as :func:`unless_known`, the rest as :func:`difference`."""

    def check(result, folder):
        path = folder / ARRAY
        return unless_known(
            known, path, lambda: difference(adapter, path, voxels, store.layout, all_there)
        )

    return check


def _write_whole(adapter, store: Store, known: list[Contents], in_one_call: bool) -> MeteredAccess:
    voxels = np.array(store.voxels)

    @contextmanager
    def place():
        if in_one_call:
            store.require_quick()
        with scratch() as folder:
            yield folder

    def act(target):
        if in_one_call:
            return adapter.create_from(target, voxels, store.layout)
        array = adapter.create(target, voxels.shape, voxels.dtype, store.layout)
        array[...] = voxels

    return MeteredAccess(
        place,
        lambda open_store: open_store(ARRAY),
        act,
        _read_back(adapter, store, voxels, known),
        voxels.nbytes,
    )


def overwrite(adapter, store: Store, part: access.Part) -> MeteredAccess:
    """A part written over with itself in reverse order, in a copy of the store."""
    patch = access.reversed_patch(part, store.voxels)
    wanted = np.array(store.voxels)
    wanted[part.selection] = patch

    @contextmanager
    def copy():
        with scratch() as folder:
            shutil.copytree(store.path, folder / ARRAY)
            yield folder

    def act(array):
        array[part.selection] = patch

    return MeteredAccess(
        copy,
        lambda open_store: adapter.open_array(open_store(ARRAY), "r+"),
        act,
        _read_back(adapter, store, wanted, [], all_there=False),
        patch.nbytes,
    )


def _open_array(adapter, store: Store) -> MeteredAccess:
    return MeteredAccess(
        lambda: nullcontext(store.folder),
        lambda open_store: open_store(ARRAY),
        lambda target: adapter.open_array(target, "r"),
        lambda array, folder: None if array.shape == store.shape else f"its shape is {array.shape}",
        0,
    )


def _open_multiscale(adapter, store: Store) -> MeteredAccess:
    shapes = multiscale_shapes(store)

    def check(arrays, folder):
        found = [array.shape for array in arrays]
        return None if found == shapes else f"its levels are {found}"

    return MeteredAccess(
        lambda: nullcontext(multiscale(adapter, store)),
        lambda open_store: open_store(MULTISCALE),
        adapter.open_multiscale,
        check,
        0,
    )


def multiscale_shapes(store: Store) -> list[Shape]:
    """The shapes (z, y, x) of a multiscale's levels, each half of the one before, rounded up."""
    return [tuple(-(-length // 2**level) for length in store.shape) for level in range(LEVELS)]


def multiscale(adapter, store: Store) -> Path:
    """The folder that holds the store's multiscale (a group of empty arrays), made now if there is none."""

    def make(path: Path) -> None:
        shapes = multiscale_shapes(store)
        adapter.create_multiscale(adapter.disk(path), shapes, store.voxels.dtype, store.layout)

    return made_once(store.folder / "multiscale", MULTISCALE, make)
