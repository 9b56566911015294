"""Whether the voxels come back right, for each way of writing them, read by zarr itself and by tensorstore."""

import shutil
from collections.abc import Container
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from tomobench.bench import access, adapters, blame, entries, round_trips
from tomobench.bench.floor import TensorstoreReader
from tomobench.bench.layout import Label
from tomobench.bench.round_trips import READERS, TENSORSTORE, ZARR
from tomobench.bench.store import (
    ARRAY,
    Store,
    anew,
    known_files,
    scratch,
    unless_known,
    whole,
    wrong_voxels,
)
from tomobench.bench.whole import Contents

#: The way in which stores are written.
ASSIGNED = "by assignment"
#: Begins the names of ways that change a part of the volume.
OVER = "over a region"
#: The ways of writing, by the name that asv shows.
WAYS = [
    Label(name)
    for name in (
        ASSIGNED,
        "by create_array with data",
        "without empty chunks",
        f"{OVER}, aligned",
        f"{OVER}, unaligned",
    )
]
#: Counted up when what is checked changes: what was kept under another number is not used.
VERSION = 1

Right = dict[str, list[Contents]]
"""For each reader the files in which it found the store's voxels."""


def wrong(store: Store, way: str, reader: str) -> int:
    """How many voxels are wrong after writing the store's volume in its layout, in a way.

    By assignment the store was written already; other ways write anew. Compared bit for bit. All ways and
    readers of a store are checked in one pass, and what was found is kept beside the store. Raises
    NotImplementedError where the line has no such way, RuntimeError with the reason where the release raised.
    """
    path = store.folder / f"correctness-{VERSION}.json"
    found = entries.found_once(path, way, lambda kept: _all_ways(whole(store), kept))
    return round_trips.figure(found, reader)


def _all_ways(store: Store, kept: Container[str]) -> dict[str, dict]:
    # Most ways leave the same files: those are read once.
    right = _nothing_yet() | {ZARR: known_files(store)}
    found = {
        way: entries.or_unsettled(_attempt, store, way, right) for way in WAYS if way not in kept
    }
    return {way: round_trips.confirmed(one, _once_more, store, way) for way, one in found.items()}


def _once_more(store: Store, way: str) -> dict:
    with anew(store) as fresh:
        return _attempt(fresh, way, _nothing_yet())


def _attempt(store: Store, way: str, right: Right) -> dict:
    """As :func:`tomobench.bench.round_trips.outcome`. Files that are ``right`` are not read again."""
    with nullcontext(store.folder) if way == ASSIGNED else scratch() as folder:
        written = blame.look(_write, store, way, folder / ARRAY)
        if way.startswith(OVER):  # other voxels than those that are right
            right = _nothing_yet()
        return round_trips.outcome(
            written,
            lambda reader: _compared(store, reader, folder, written["voxels"], right[reader]),
        )


def _nothing_yet() -> Right:
    return {reader: [] for reader in READERS}


def _compared(
    store: Store, reader: str, folder: Path, expected: np.ndarray, known: list[Contents]
) -> dict[str, int]:
    wrong = unless_known(
        known, folder / ARRAY, lambda: wrong_voxels(_read(store, reader, folder), expected)
    )
    return {"wrong": wrong or 0}


def _write(store: Store, way: str, path: Path) -> dict[str, np.ndarray]:
    """Write; return the voxels that must be read back."""
    adapter, voxels = adapters.load(), np.array(store.voxels)
    if way == ASSIGNED:
        pass  # as the store was
    elif way == "by create_array with data":
        store.require_quick()
        adapter.create_from(adapter.disk(path), voxels, store.layout)
    elif way.startswith(OVER):
        _overwrite(store, way.rsplit(" ", 1)[1], path, voxels)
    else:
        array = adapter.create(adapter.disk(path), voxels.shape, voxels.dtype, store.layout, False)
        array[...] = voxels
    return {"voxels": voxels}


def _overwrite(store: Store, where: str, path: Path, voxels: np.ndarray) -> None:
    """Write over a region of a copy of the store, and of ``voxels``, with the region in reverse order."""
    adapter = adapters.load()
    (part,) = access.READS[f"64³ {where}"](store.shape, store.layout)
    patch = access.reversed_patch(part, voxels)
    shutil.copytree(store.path, path)
    adapter.open_array(adapter.disk(path), "r+")[part.selection] = patch
    voxels[part.selection] = patch


def _read(store: Store, reader: str, folder: Path) -> np.ndarray:
    (part,) = access.whole(store.shape, store.layout)
    if reader == TENSORSTORE:
        return TensorstoreReader(Store(folder, store.layout, store.voxels)).read(part)
    adapter = adapters.load()
    return part.read(adapter.open_array(adapter.disk(folder / ARRAY), "r"))
