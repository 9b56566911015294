"""Element types and byte orders, as MRC files and cameras have them: does each come back bit for bit?

A chunk of the voxels is all zeros, the fill value: it may be left out, and what it held before must be gone.
"""

from collections.abc import Container
from pathlib import Path

import numpy as np

from tomobench.bench import adapters, blame, entries, round_trips, tried
from tomobench.bench.access import Part
from tomobench.bench.child import in_a_child
from tomobench.bench.floor import TensorstoreReader
from tomobench.bench.layout import Label, Layout
from tomobench.bench.store import ARRAY, Store, scratch, wrong_voxels

#: Counted up when what is checked changes: what was kept under another number is not used.
VERSION = 1
#: Seconds after which a release hangs.
DEADLINE = 60
#: NumPy's names of the types: MRC's modes 0, 1, 2, 6 and 12, bytes without sign, and each in the other byte order.
TYPES = [
    Label(f"{order}{kind}")
    for kind, orders in {"i1": "|", "u1": "|", **dict.fromkeys(("i2", "u2", "f2", "f4"), "<>")}.items()
    for order in orders
]  # fmt: skip
#: Erased: other voxels were there, in an array that is opened again and may leave empty chunks out.
WAYS = [
    Label(name)
    for name in ("by assignment", "by create_array with data", "without empty chunks", "erased")
]
#: Each way with each type.
CASES = {f"{way} {dtype}": (way, dtype) for way in WAYS for dtype in TYPES}


def sample(dtype: str, shape: tuple[int, ...] = tried.SHAPE) -> np.ndarray:
    """Voxels (z, y, x) of every bit pattern alike, infinities and NaNs among them, and a chunk of zeros."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    found = np.random.default_rng(tried.SEED).integers(0, 256, size, np.uint8)
    voxels = found.view(kind).reshape(shape)
    voxels[: tried.CHUNKS[0], : tried.CHUNKS[1], : tried.CHUNKS[2]] = 0
    return voxels


def wrong(layout: Layout, way: str, dtype: str, reader: str) -> int:
    """How many voxels of a type are wrong after a round trip; the byte order of what is read may be either.

    Raises NotImplementedError where the line has no such way, RuntimeError with the reason where it raised.
    """
    path = tried.kept(f"types-{layout.key}", VERSION)
    found = entries.found_once(path, f"{way} {dtype}", lambda kept: _all(layout, kept))
    return round_trips.figure(found, reader)


def _all(layout: Layout, kept: Container[str]) -> dict[str, dict]:
    names = [name for name in CASES if name not in kept]
    found = blame.require(in_a_child(_each, DEADLINE, layout, names))
    return {
        name: round_trips.confirmed(found[name], _attempt, layout, *CASES[name]) for name in names
    }


def _each(layout: Layout, names: list[str]) -> dict[str, dict]:
    return {name: entries.or_unsettled(_attempt, layout, *CASES[name]) for name in names}


def _attempt(layout: Layout, way: str, dtype: str) -> dict:
    """As :func:`tomobench.bench.round_trips.outcome`."""
    with scratch() as folder:
        written = blame.look(_write, folder, layout, way, dtype)
        return round_trips.outcome(written, lambda reader: _compared(folder, layout, dtype, reader))


def _write(folder: Path, layout: Layout, way: str, dtype: str) -> dict:
    adapter, voxels = adapters.load(), sample(dtype)
    target = adapter.disk(folder / ARRAY)
    if way == "by create_array with data":
        adapter.create_from(target, voxels, layout)
    elif way == "erased":
        # The same from end to end: where the zeros come now, there are none.
        _created(target, layout, voxels)[...] = np.flip(voxels).copy()
        adapter.open_array(target, "r+")[...] = voxels
    else:
        _created(target, layout, voxels, way != "without empty chunks")[...] = voxels
    return {}


def _created(target, layout: Layout, voxels: np.ndarray, write_empty_chunks: bool = True):
    adapter = adapters.load()
    return adapter.create(target, voxels.shape, voxels.dtype, layout, write_empty_chunks)


def _compared(folder: Path, layout: Layout, dtype: str, reader: str) -> dict[str, int]:
    voxels = sample(dtype)
    found = read(Store(folder, layout, voxels), reader)
    return {"wrong": different(found, voxels)}


def read(store: Store, reader: str) -> np.ndarray:
    """All voxels of a store, by zarr or by tensorstore."""
    part = Part(tuple(slice(0, length) for length in store.shape))
    if reader == round_trips.TENSORSTORE:
        return np.asarray(TensorstoreReader(store).read(part))
    adapter = adapters.load()
    return np.asarray(part.read(adapter.open_array(adapter.disk(store.path), "r")))


def different(found: np.ndarray, voxels: np.ndarray) -> int:
    """As :func:`tomobench.bench.store.wrong_voxels`, whatever the byte order."""
    return wrong_voxels(*(one.astype(one.dtype.newbyteorder("=")) for one in (found, voxels)))
