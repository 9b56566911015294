"""Who can open it: stores of every kind that a release writes, and whether a reader gets the voxels back.

Run in a release's Python, by the command tomobench readers:

    python -m tomobench.drivers.readers write FOLDER          a store of each kind, and what is in FOLDER
    python -m tomobench.drivers.readers read READER FOLDER K  the verdict on each store from the K-th on

Held equal: the voxels, the chunk shape, the level, and that chunks of zeros alone are left out, so that every
reader has to fill some in. Reading is at each reader's own defaults.
"""

import importlib.metadata
import json
import sys
from pathlib import Path

import numpy as np

from tomobench.bench import adapters, blame, release
from tomobench.bench.access import Part
from tomobench.bench.blame import Whose
from tomobench.bench.floor import TensorstoreReader
from tomobench.bench.kinds import LIST, READS, REFUSES, SHAPE, WRONG, kinds
from tomobench.bench.store import ARRAY, Store, wrong_voxels

#: What is read, by name: a viewer reads slices, and a part of a shard takes another way than all of it.
PARTS = {
    "whole": Part(tuple(slice(0, length) for length in SHAPE)),
    # Not the integer 20: zarrs 0.2.3 leaves that indexing to zarr's own decoder, whatever the layout.
    "XY slice": Part((slice(20, 21), slice(0, 48), slice(0, 56))),
    "region": Part((slice(5, 37), slice(7, 30), slice(9, 50))),
}
#: The voxels, in the folder of the stores as .npy and as plain bytes.
VOXELS = "voxels"


def voxels() -> np.ndarray:
    """Noise (float32) with a chunk of zeros, a negative zero, an infinity and a NaN."""
    found = np.random.default_rng(7).normal(size=SHAPE).astype(np.float32)
    found[:16, 16:32, :16] = 0
    found[20, 20, 10:13] = [-0.0, np.inf, np.nan]
    return found


def write(folder: Path) -> None:
    """Write a store of each kind that the release's line has, and the list of them."""
    adapter, data = adapters.load(), voxels()
    listed = []
    for number, kind in enumerate(kinds()):
        if adapter.unsupported(kind.layout):
            continue
        place = folder / str(number)
        array = adapter.create(
            adapter.disk(place / ARRAY), SHAPE, data.dtype, kind.layout, False, kind.separator
        )
        array[...] = data
        listed.append({"kind": str(kind), "number": number, "path": f"{number}/{ARRAY}"})
    np.save(folder / f"{VOXELS}.npy", data)
    (folder / f"{VOXELS}.bin").write_bytes(data.tobytes())
    parts = {name: [[s.start, s.stop] for s in part.selection] for name, part in PARTS.items()}
    content = {"release": release.asked().version, "shape": SHAPE, "parts": parts, "stores": listed}
    (folder / LIST).write_text(json.dumps(content))


def read(reader: str, folder: Path, first: int) -> None:
    """Print the reader's version, then a line for each store of the list from ``first`` on."""
    opened, version = READERS[reader]
    say({"version": version()})
    data = np.load(folder / f"{VOXELS}.npy")
    for entry in json.loads((folder / LIST).read_text())["stores"][first:]:
        store = Store(folder / str(entry["number"]), kinds()[entry["number"]].layout, data)
        say({"kind": entry["kind"], **verdict(opened, store)})


def verdict(opened, store: Store) -> dict[str, str]:
    """Whether the reader gives back every part of PARTS bit for bit, and if not, what it does."""
    try:
        reading = opened(store)
        for name, part in PARTS.items():
            found, expected = np.asarray(reading(part)), part.read(store.voxels)
            if (found.shape, found.dtype) != (expected.shape, expected.dtype):
                return {"verdict": WRONG, "reason": f"{name}: {found.dtype} of shape {found.shape}"}
            if wrong := wrong_voxels(found, expected):
                return {
                    "verdict": WRONG,
                    "reason": f"{name}: {wrong} of {expected.size} voxels differ",
                }
    except Exception as error:
        kind, reason = blame.judged(error)
        if kind is Whose.OURS:
            blame.declare(error)
            raise
        return {"verdict": REFUSES, "reason": reason}
    return {"verdict": READS, "reason": ""}


def say(answer: dict) -> None:
    print(json.dumps(answer), flush=True)


def _zarr(store: Store):
    adapter = adapters.load()
    array = adapter.open_array(adapter.disk(store.path), "r")
    return lambda part: part.read(array)


def _zarrs(store: Store):
    """zarr 3 with its chunks decoded by zarrs, which the environment's ZARR_CODEC_PIPELINE__PATH names."""
    adapter = adapters.load()
    array = adapter.open_array(adapter.disk(store.path), "r")
    if (decoder := adapter.decoder(array)) != "zarrs":
        raise RuntimeError(f"the chunks are decoded by {decoder}, not by zarrs")
    return lambda part: part.read(array)


#: How each reader opens a store (into a function that reads a part), and its version.
READERS = {
    "zarr": (_zarr, lambda: release.asked().version),
    "zarrs": (_zarrs, lambda: importlib.metadata.version("zarrs")),
    "tensorstore": (
        lambda store: TensorstoreReader(store).read,
        lambda: importlib.metadata.version("tensorstore"),
    ),
}

if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]))
    else:
        read(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
