"""Stores of every kind on one disk: the same array in a folder, a zip file, memory, through fsspec and through obstore."""

from pathlib import Path

import numpy as np

from tomobench.bench import adapters, blame, exact
from tomobench.bench.cache import once
from tomobench.bench.layout import Label
from tomobench.bench.made import made_once
from tomobench.bench.store import ARRAY, Store, files_below, scratch, wrong_voxels

#: Counted up when what is counted or checked changes.
VERSION = 1
MEMORY, OBSTORE = Label("memory"), Label("obstore")
WRITE, READ = Label("write whole"), Label("read whole")
#: What holds a store of a kind, be it a folder or a file.
KEPT = "kept"
KINDS = [Label("local"), Label("zip"), MEMORY, Label("fsspec"), OBSTORE]


def write(kind: str, path: Path, store: Store, voxels: np.ndarray) -> None:
    """Write the volume into a new store of a kind."""
    with adapters.load().kept(kind, path, "w") as target:
        fill(target, store, voxels)


def fill(target, store: Store, voxels: np.ndarray) -> None:
    """Write the volume into a store of the adapter's."""
    array = adapters.load().create(target, voxels.shape, voxels.dtype, store.layout)
    array[...] = voxels


def ready(store: Store, kind: str) -> Path:
    """Where the volume is kept in a store of a kind on disk, written there now if it is not there as it was
    written."""

    def make(path: Path) -> None:
        path.mkdir()
        write(kind, path / ARRAY, store, np.array(store.voxels))

    return made_once(store.folder / f"kept-in-{kind}", KEPT, make) / KEPT / ARRAY


def figures(store: Store, kind: str) -> dict:
    """files (on disk; keys in memory), wrong_voxels after a round trip, and peaks of traced memory in bytes by access:
    WRITE, READ (None for obstore, which is Rust). Raises as :func:`blame.require`."""
    kept = store.folder / f"kept-in-{kind}-{VERSION}.json"
    return blame.require(once(kept, lambda: _confirmed(store, kind)))


def _confirmed(store: Store, kind: str) -> dict:
    found = blame.look(_figures, store, kind)
    return blame.confirmed(found, blame.failed, _figures, store, kind)


def _figures(store: Store, kind: str) -> dict:
    adapter, voxels = adapters.load(), np.array(store.voxels)
    adapter.pin_in_loop()
    with scratch() as folder:
        write(kind, folder / "first", store, voxels)  # what is imported late is there
        path = folder / ARRAY
        with adapter.kept(kind, path, "w") as target:
            array = adapter.create(target, voxels.shape, voxels.dtype, store.layout)
            wrote, _ = exact.watched(lambda: array.__setitem__(..., voxels))
            if kind == MEMORY:
                return _read(kind, target, voxels, wrote, _keys(target))
        objects = 1 if path.is_file() else len(files_below(path))
        with adapter.kept(kind, path, "r") as target:
            return _read(kind, target, voxels, wrote, objects)


def _read(kind: str, target, voxels: np.ndarray, wrote: dict, objects: int) -> dict:
    array = adapters.load().open_array(target, "r")
    array[0, 0, 0]
    read, back = exact.watched(lambda: array[...])
    seen = kind != OBSTORE
    return {
        "files": objects,
        "wrong_voxels": wrong_voxels(np.asarray(back), voxels),
        WRITE: wrote["peak_memory"] if seen else None,
        READ: read["peak_memory"] if seen else None,
    }


def _keys(target) -> int:
    """How many objects a store in memory has: a mapping in 2.18, a store that holds one in 3."""
    return len(list(getattr(target, "_store_dict", target)))
