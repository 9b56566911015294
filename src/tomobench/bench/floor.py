"""The floor: the same chunks fetched with plain file reads and decoded with numcodecs, and no zarr.

What a reader of the layout cannot do without: open the files, read the bytes (of a shard: its index, then each
chunk that is wanted), decode, copy into place. One chunk after the other, on one thread but for Blosc's own.
Tensorstore beside it is what a user could take in zarr's place, with its own defaults.
"""

import json
from collections.abc import Iterator
from itertools import product
from math import prod
from operator import getitem
from pathlib import Path

import numpy as np

from tomobench.bench.access import Part, pick
from tomobench.bench.adapters.numcodecs_codecs import compressor
from tomobench.bench.objects import grid_shape
from tomobench.bench.store import Store

#: A shard ends with its index: (offset, length) of each chunk as two uint64, and a crc32c (ZEP 2).
INDEX_ENTRY, CHECKSUM = 16, 4


class PlainReader:
    """Reads accesses from a store's files. What it needs of the metadata it takes from the layout."""

    def __init__(self, store: Store):
        self.store, self.layout = store, store.layout
        self.codec = compressor(store.layout.codec)
        self.dtype = store.voxels.dtype
        per_shard = grid_shape(self.layout.shards or self.layout.chunks, self.layout.chunks)
        self.per_shard = per_shard

    def read(self, part: Part) -> np.ndarray:
        """The voxels of a part, in the shape NumPy's indexing gives."""
        spans = [list(_spans(s, chunk)) for s, chunk in zip(part.selection, self.layout.chunks)]
        take = pick if part.orthogonal else getitem
        out = np.empty([sum(_count(span[2]) for span in axis) for axis in spans], self.dtype)
        for crossing in product(*spans):
            chunk = self._chunk(tuple(index for index, _, _ in crossing))
            there = tuple(there for _, _, there in crossing)
            out[there] = take(chunk, tuple(here for _, here, _ in crossing))
        dropped = tuple(axis for axis, s in enumerate(part.selection) if isinstance(s, int))
        return out.squeeze(dropped)

    def _chunk(self, index: tuple[int, int, int]) -> np.ndarray:
        encoded = self._in_shard(index) if self.layout.shards else self._path(index).read_bytes()
        decoded = self.codec.decode(encoded) if self.codec else encoded
        return np.frombuffer(decoded, self.dtype).reshape(self.layout.chunks)

    def _in_shard(self, index) -> bytes:
        shard = tuple(i // n for i, n in zip(index, self.per_shard))
        inside = np.ravel_multi_index(
            [i % n for i, n in zip(index, self.per_shard)], self.per_shard
        )
        with open(self._path(shard), "rb") as file:
            file.seek(
                -(prod(self.per_shard) * INDEX_ENTRY + CHECKSUM) + int(inside) * INDEX_ENTRY, 2
            )
            offset, length = np.frombuffer(file.read(INDEX_ENTRY), "<u8")
            file.seek(int(offset))
            return file.read(int(length))

    def _path(self, index) -> Path:
        if self.layout.zarr_format == 2:
            return self.store.path / ".".join(map(str, index))
        return self.store.path.joinpath("c", *map(str, index))


class TensorstoreReader:
    """Reads accesses from a store's files with tensorstore, at its defaults, without a cache of chunks.

    Raises NotImplementedError for what it refuses, whichever release wrote it.
    """

    def __init__(self, store: Store):
        import tensorstore

        if store.layout.zarr_format == 2 and _names_a_checksum(store.path / ".zarray"):
            raise NotImplementedError(
                'tensorstore refuses the member "checksum" that numcodecs 0.15 gives plain zstd'
            )
        driver = {2: "zarr", 3: "zarr3"}[store.layout.zarr_format]
        kvstore = {"driver": "file", "path": str(store.path)}
        self.array = tensorstore.open({"driver": driver, "kvstore": kvstore}).result()

    def read(self, part: Part) -> np.ndarray:
        """The voxels of a part, in the shape NumPy's indexing gives."""
        selection = tuple(list(s) if isinstance(s, tuple) else s for s in part.selection)
        return self.array.oindex[selection].read().result()


def _names_a_checksum(metadata: Path) -> bool:
    compressor = json.loads(metadata.read_text())["compressor"] or {}
    return compressor.get("id") == "zstd" and "checksum" in compressor


def _spans(selected, chunk: int) -> Iterator[tuple]:
    """For one axis: each chunk touched, where in it the selection lies, and where that goes in the result."""
    if isinstance(selected, int):
        selected = slice(selected, selected + 1)
    if isinstance(selected, slice):
        start, stop, step = selected.start, selected.stop, selected.step or 1
        count = len(range(start, stop, step))
        for index in range(start // chunk, -(-stop // chunk)):
            corner = index * chunk - start
            first, end = max(0, -(-corner // step)), min(count, -(-(corner + chunk) // step))
            if first < end:
                here = slice(first * step - corner, (end - 1) * step - corner + 1, step)
                yield index, here, slice(first, end)
        return
    for index in sorted({place // chunk for place in selected}):
        there = [n for n, place in enumerate(selected) if place // chunk == index]
        yield index, [selected[n] - index * chunk for n in there], slice(there[0], there[-1] + 1)


def _count(there: slice) -> int:
    return there.stop - there.start
