"""What an open array asks its store for: requests and bytes of an access, by arithmetic.

One object a chunk: a GET a chunk, exact. Sharded: one GET of a shard of which every chunk is
wanted; else a range GET for its index and more for the chunks. Releases before 3.3.0 fetch each
chunk by itself; from 3.3.0 on ranges are merged, and which are depends on the bytes of each chunk:
they are taken to be all alike, and the requests then are modelled. Sources: zarr 3.3.0 to 3.4.2,
codecs/sharding.py (index, order of chunks), core/_coalesce.py (merging), core/config.py (limits).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, product
from math import ceil, prod
from typing import Any

import numpy as np
from packaging.version import Version

from tomobench.bench.access import Part, indices
from tomobench.bench.layout import Layout, Shape

#: The first release that merges ranges, and its limits in bytes: between two ranges, and of one
#: request.
MERGING = Version("3.3.0")
GAP, LARGEST = 2**20, 2**24
#: The first release that decodes chunks as they come.
ONE_BY_ONE = Version("3.0.0")
#: Round trips of a PUT: botocore asks for "100 Continue" before it sends the body
#: (botocore/handlers.py, add_expect_header).
TRIPS_OF_PUT = 2
#: Bytes that a shard's index has for each chunk (offset and length), and its checksum.
ENTRY, CHECKSUM = 16, 4


@dataclass(frozen=True)
class Fetches:
    """GETs of whole objects, range GETs of indices and of chunks, bytes, and ``rounds``: how many
    times something is waited for before the next can be asked for, ``concurrency`` at once.
    ``continues``: requests that wait once more, before their body is sent. Means or arrays of them,
    as those of :class:`~.work.Work`."""

    gets: Any = 0
    indices: Any = 0
    ranges: Any = 0
    bytes: Any = 0
    rounds: Any = 0
    continues: Any = 0

    @property
    def waits(self) -> Any:
        """How often a request waits for an answer."""
        return self.requests + self.continues

    @property
    def requests(self) -> Any:
        """Of all kinds."""
        return self.gets + self.indices + self.ranges

    def __add__(self, other: "Fetches") -> "Fetches":
        return Fetches(*(a + b for a, b in zip(_numbers(self), _numbers(other))))


def _numbers(one: Fetches) -> tuple:
    return (one.gets, one.indices, one.ranges, one.bytes, one.rounds, one.continues)


@dataclass(frozen=True)
class Fetcher:
    """Who fetches: a release by its version, and requests in flight at once."""

    version: str
    concurrency: int = 10

    @property
    def merges(self) -> bool:
        """Whether ranges of a shard are merged."""
        return Version(self.version) >= MERGING

    @property
    def at_once_whole(self) -> bool:
        """Whether all that an access wants is fetched before the first chunk is decoded."""
        return Version(self.version) < ONE_BY_ONE


def of(parts: list[Part], shape: Shape, layout: Layout, density: float, reader: Fetcher) -> Fetches:
    """What reading ``parts`` of a volume of ``shape`` fetches.

    ``density``: stored bytes for each voxel. A chunk at the end is stored whole, but its padding
    takes next to nothing once compressed: it is taken to be nothing.
    """
    whole = _of_sharded if layout.shards else _of_chunks
    return sum((whole(part, shape, layout, density, reader) for part in parts), Fetches())


def of_write(objects: int, nbytes: float, concurrency: int) -> Fetches:
    """What writing ``objects`` of ``nbytes`` bytes together asks for: a PUT each, ``concurrency`` at
    once. They stand with the ranges: no HEAD comes before them."""
    rounds = TRIPS_OF_PUT * ceil(objects / concurrency)
    return Fetches(0, 0, objects, nbytes, rounds, (TRIPS_OF_PUT - 1) * objects)


def _of_chunks(part, shape, layout, density, reader) -> Fetches:
    wanted = [
        sorted({i // edge for i in indices(s)}) for s, edge in zip(part.selection, layout.chunks)
    ]
    inside = [
        sum(min(edge, length - i * edge) for i in axis)
        for axis, edge, length in zip(wanted, layout.chunks, shape)
    ]
    count = prod(map(len, wanted))
    return Fetches(count, 0, 0, prod(inside) * density, ceil(count / reader.concurrency))


def _of_sharded(part, shape, layout, density, reader) -> Fetches:
    shards = [
        _in_shard(wanted, _inside(place, shape, layout.shards), layout, density, reader)
        for place, wanted in _shards(part, layout)
    ]
    together = sum(shards, Fetches())
    rounds = sum(
        ceil(n / reader.concurrency) for n in (together.gets + together.indices, together.ranges)
    )
    return Fetches(together.gets, together.indices, together.ranges, together.bytes, rounds)


def _inside(place: Shape, shape: Shape, shards: Shape) -> Shape:
    """The voxels of a shard along each axis that lie in the volume."""
    return tuple(min(edge, length - at * edge) for at, length, edge in zip(place, shape, shards))


def _shards(part: Part, layout: Layout) -> Iterator[tuple[tuple, tuple]]:
    """Each shard that a part touches: its place in the grid of shards, and along each axis the
    chunks wanted of it, counted from its start."""
    axes = []
    for selected, chunk, shard in zip(part.selection, layout.chunks, layout.shards or ()):
        chunks = sorted({i // chunk for i in indices(selected)})
        axes.append(_along(chunks, shard // chunk))
    for found in product(*axes):
        yield tuple(s for s, _ in found), tuple(own for _, own in found)


def _along(chunks: list[int], across: int) -> list[tuple[int, tuple[int, ...]]]:
    """Each shard along an axis, with its chunks that are among ``chunks``, from its start."""
    grouped = groupby(chunks, lambda chunk: chunk // across)
    return [(shard, tuple(chunk % across for chunk in own)) for shard, own in grouped]


@lru_cache(maxsize=1024)
def _in_shard(wanted, inside: Shape, layout, density, reader) -> Fetches:
    """What is fetched of a shard: most shards of an access are alike, and each kind is looked at once."""
    across = tuple(s // c for s, c in zip(layout.shards, layout.chunks))
    index = ENTRY * prod(across) + CHECKSUM
    sizes = _chunk_bytes(inside, across, layout.chunks, density)
    if prod(map(len, wanted)) == prod(across):
        return Fetches(1, 0, 0, sizes.sum() + index)
    mask = np.zeros(across, dtype=bool)
    mask[np.ix_(*wanted)] = True
    order = _morton(across)
    flat, sizes = mask[tuple(order.T)], sizes[tuple(order.T)]
    flat &= sizes > 0
    ends = np.cumsum(sizes)
    if not reader.merges:
        return Fetches(0, 1, int(flat.sum()), sizes[flat].sum() + index)
    merged = list(_merged((ends - sizes)[flat], ends[flat]))
    return Fetches(0, 1, len(merged), sum(end - start for start, end in merged) + index)


def _merged(starts, ends) -> Iterator[tuple[float, float]]:
    first, last = starts[0], ends[0]
    for start, end in zip(starts[1:], ends[1:]):
        if start - last <= GAP and end - first <= LARGEST:
            last = end
        else:
            yield first, last
            first, last = start, end
    yield first, last


def _chunk_bytes(inside: Shape, across: Shape, chunks: Shape, density: float) -> np.ndarray:
    """Stored bytes of each chunk of a shard of which so many voxels lie in the volume; 0 beyond it."""
    axes = [
        np.clip(length - np.arange(n) * edge, 0, edge)
        for length, n, edge in zip(inside, across, chunks)
    ]
    return density * np.einsum("i,j,k->ijk", *(axis.astype(float) for axis in axes))


@lru_cache(maxsize=64)
def _morton(across: tuple[int, int, int]) -> np.ndarray:
    """The chunks of a shard in the order they are written in: (n, 3), z-order with the bits of an
    axis that has no more left out."""
    bits = [(n - 1).bit_length() for n in across]
    codes = np.arange(2 ** sum(bits))
    out, taken = np.zeros((len(codes), 3), dtype=int), 0
    for bit in range(max(bits)):
        for axis in range(3):
            if bit < bits[axis]:
                out[:, axis] |= ((codes >> taken) & 1) << bit
                taken += 1
    return out[(out < across).all(axis=1)]
