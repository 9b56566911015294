"""The exact metrics of a store: what each access makes zarr ask for, move, run and hold. No clock.

All accesses of a store are metered in one pass, and the figures kept beside the store in ``exact-<n>.json``.
Each access is checked bit for bit while it is metered. Requests and bytes are counted below the store (see
:mod:`tomobench.bench.metered`), at the release's own concurrency; function starts and memory on the disk store,
one chunk at a time, after calls that are not counted (imports, caches of zarr's own).
"""

import itertools
import json
import shutil
import sys
import sysconfig
import time
import tracemalloc
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tomobench.bench import access, adapters, blame
from tomobench.bench.cache import discard, once, whole_folder
from tomobench.bench.layout import Shape
from tomobench.bench.metered import DELETE, GET, HEAD, LIST, PUT, RANGE, Meter, MeteredFileSystem
from tomobench.bench.store import (
    ARRAY,
    SLOW,
    Store,
    anew,
    difference,
    scratch,
    whole,
    wrong_voxels,
)
from tomobench.bench.whole import contents

#: Counted up when what is metered changes: figures kept under another number are not used.
VERSION = 1

#: The accesses, by the name that asv shows.
NAMES = [f"read {name}" for name in access.READS] + [
    "write whole",
    "write whole, in one call",
    "write 64³ aligned",
    "write 64³ unaligned",
    "open array",
    "open multiscale",
]
#: Accesses of so many bytes are called once before the call that counts; larger ones come after them.
WARMED_UP = 2**22
#: Where Python's own modules lie, and the name that the frozen ones have in place of a file's.
STANDARD_LIBRARY = (sysconfig.get_path("stdlib"), "<frozen")
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


def figures(store: Store) -> dict[str, dict]:
    """For each access ("read XY slice", "write whole", "open array") its figures, or why it failed.

    Keys of the figures: requests, gets, range_gets, puts, others (HEAD, LIST and DELETE); bytes_fetched,
    bytes_written; amplification (the larger of the two, over the bytes asked for; for reads and writes);
    function_starts; peak_memory in bytes; seconds, of the metered call (for SLOW alone). A failed access has the one
    key ``failed``, an impossible one ``impossible``, with the reason.
    """
    return once(store.folder / f"exact-{VERSION}.json", lambda: _figures(whole(store)))


def figure(store: Store, name: str, metric: str):
    """One figure. Raises NotImplementedError where the access is impossible, RuntimeError where it failed."""
    found = blame.require(figures(store)[name])
    if metric not in found:
        raise NotImplementedError(f"not watched: the access alone takes {found['seconds']:.0f} s")
    return found[metric]


def jobs(store: Store) -> dict[str, MeteredAccess]:
    """The accesses of NAMES, to be metered."""
    adapter = adapters.load()
    found = {f"read {name}": _read(adapter, store, name) for name in access.READS}
    found["write whole"] = _write_whole(adapter, store, in_one_call=False)
    found["write whole, in one call"] = _write_whole(adapter, store, in_one_call=True)
    found |= {
        f"write {name}": _overwrite(adapter, store, name)
        for name in ("64³ aligned", "64³ unaligned")
    }
    found["open array"] = _open_array(adapter, store)
    return found | {"open multiscale": _open_multiscale(adapter, store)}


def _figures(store: Store) -> dict[str, dict]:
    metered = jobs(store)
    # Requests first, all of them: they are counted at the release's own concurrency, and pinning is for good.
    found = {name: blame.look(_requests, job) for name, job in metered.items()}
    adapters.load().pin()
    # Small accesses first: they warm up what the large ones need.
    for name, job in sorted(metered.items(), key=lambda item: item[1].asked):
        if "requests" in found[name] and found[name]["seconds"] <= SLOW:
            found[name] |= blame.look(_work, job)
    return {
        name: blame.confirmed(figures, blame.failed, _once_more, store, name)
        for name, figures in found.items()
    }


def _once_more(store: Store, name: str) -> dict:
    """The figures of one access of the same volume, written anew."""
    with anew(store) as fresh:
        job = jobs(fresh)[name]
        found = _requests(job)
        adapters.load().pin()
        return found | (_work(job) if found["seconds"] <= SLOW else {})


def _requests(job: MeteredAccess) -> dict:
    """Requests and bytes of the access, with the folder behind a metered file system."""
    adapter, meter = adapters.load(), Meter()
    with job.place() as folder:
        fs = MeteredFileSystem(
            folder, meter, asynchronous=adapter.ASYNCHRONOUS, skip_instance_cache=True
        )
        ready = job.prepare(lambda name: adapter.remote(fs, name))
        meter.reset()
        start = time.perf_counter()
        result = job.act(ready)
        seconds = time.perf_counter() - start
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


def _work(job: MeteredAccess) -> dict:
    """Function starts and peak of traced memory of the access on disk, warmed up."""
    if job.asked <= WARMED_UP:
        with job.place() as folder:
            job.act(_ready(job, folder))
    with job.place() as folder:
        ready = _ready(job, folder)
        found, result = _watched(lambda: job.act(ready))
        _pass(job, result, folder)
    return found


def _ready(job: MeteredAccess, folder: Path):
    """What the access on disk takes."""
    return job.prepare(lambda name: adapters.load().disk(folder / name))


def _watched(act) -> tuple[dict, object]:
    """What ``act`` takes, and what it returns.

    function_starts: see :func:`_counting_starts`.
    peak_memory: the most bytes that tracemalloc saw allocated, above what was there before.
    """
    with _counting_starts() as counter:
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            start = next(counter)
            result = act()
            starts = next(counter) - start - 1
            peak = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
    return {"function_starts": starts, "peak_memory": peak}, result


@contextmanager
def _counting_starts():
    """Count starts of Python functions outside the standard library, in all threads.

    The counter's next number is the count so far. The standard library is left out because how often an event
    loop turns depends on how fast a thread answers; zarr's and numcodecs' own functions start as often every time.
    """
    monitoring, tool = sys.monitoring, sys.monitoring.PROFILER_ID
    counter = itertools.count()  # next() is one step to the interpreter: no thread can come between

    def started(code, offset):
        if (
            code.co_filename.startswith(STANDARD_LIBRARY)
            and "site-packages" not in code.co_filename
        ):
            return monitoring.DISABLE
        next(counter)

    monitoring.use_tool_id(tool, "tomobench")
    try:
        monitoring.register_callback(tool, monitoring.events.PY_START, started)
        monitoring.set_events(tool, monitoring.events.PY_START)
        yield counter
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)


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


def _write_whole(adapter, store: Store, in_one_call: bool) -> MeteredAccess:
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
        lambda result, folder: difference(adapter, folder / ARRAY, voxels, store.layout),
        voxels.nbytes,
    )


def _overwrite(adapter, store: Store, name: str) -> MeteredAccess:
    (part,) = access.READS[name](store.shape, store.layout)
    patch = access.reversed_patch(part, store.voxels)
    wanted = np.array(store.voxels)
    wanted[part.selection] = patch

    @contextmanager
    def copy():
        store.require_quick()
        with scratch() as folder:
            shutil.copytree(store.path, folder / ARRAY)
            yield folder

    def act(array):
        array[part.selection] = patch

    return MeteredAccess(
        copy,
        lambda open_store: adapter.open_array(open_store(ARRAY), "r+"),
        act,
        lambda result, folder: difference(
            adapter, folder / ARRAY, wanted, store.layout, all_there=False
        ),
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
    folder = store.folder / "multiscale"
    record = folder / "files.json"
    if folder.exists() and _recorded(record) != contents(folder / MULTISCALE):
        discard(folder)
    if not folder.exists():
        with whole_folder(folder) as unfinished:
            target = adapter.disk(unfinished / MULTISCALE)
            adapter.create_multiscale(
                target, multiscale_shapes(store), store.voxels.dtype, store.layout
            )
            made = contents(unfinished / MULTISCALE)
            (unfinished / record.name).write_text(json.dumps(made))
    return folder


def _recorded(record: Path) -> dict | None:
    try:
        return json.loads(record.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _say(wrong: int) -> str | None:
    return f"{wrong} wrong voxels" if wrong else None
