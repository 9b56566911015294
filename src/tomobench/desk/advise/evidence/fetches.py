"""What an open array asks its store for: requests and bytes of an access, by arithmetic.

One object a chunk: a GET a chunk, exact. Sharded: one GET of a shard of which every chunk is
wanted; else a range GET for its index and more for the chunks. Releases before 3.3.0 fetch each
chunk by itself; from 3.3.0 on ranges are merged, and which are depends on the bytes of each chunk:
they are taken to be all alike, and the requests then are modelled. Sources: zarr 3.3.0 to 3.4.2,
codecs/sharding.py (index, order of chunks), core/_coalesce.py (merging), core/config.py (limits).
"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, product
from math import ceil, prod
from typing import Any, NamedTuple

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

    def existing(self, share: float) -> "Fetches":
        """The same where such a share of the objects exists: the others cost a request that finds nothing,
        no byte, and of a shard nothing is asked for then."""
        return replace(self, ranges=share * self.ranges, bytes=share * self.bytes)

    def times(self, number: float) -> "Fetches":
        """So many of them, one after another."""
        return Fetches(*(number * one for one in _numbers(self)))


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


def of(parts: list[Part], shape: Shape, layout: Layout, density: Any, reader: Fetcher) -> Fetches:
    """What reading ``parts`` of a volume of ``shape`` fetches.

    ``density``: stored bytes for each voxel, one number or an array of them; so are bytes, ranges and
    rounds then. A chunk at the end is stored whole, but its padding takes next to nothing once
    compressed: it is taken to be nothing.
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
    together = sum(
        (
            _in_shard(kind, layout, density, reader).times(number)
            for kind, number in _kinds(part, shape, layout).items()
        ),
        Fetches(),
    )
    rounds = sum(
        np.ceil(n / reader.concurrency) for n in (together.gets + together.indices, together.ranges)
    )
    return replace(together, rounds=rounds)


class _Kind(NamedTuple):
    """Shards of which as much is wanted: along each axis the chunks, counted from the shard's start,
    and the voxels of the shard that lie in the volume."""

    wanted: tuple[tuple[int, ...], ...]
    inside: tuple[int, ...]


def _kinds(part: Part, shape: Shape, layout: Layout) -> Counter[_Kind]:
    """How many shards of each kind a part touches: most are alike."""
    axes = [
        _along(selected, length, chunk, shard)
        for selected, length, chunk, shard in zip(
            part.selection, shape, layout.chunks, layout.shards or ()
        )
    ]
    found: Counter[_Kind] = Counter()
    for along in product(*(axis.items() for axis in axes)):
        wanted, inside = zip(*(kind for kind, _ in along))
        found[_Kind(wanted, inside)] += prod(number for _, number in along)
    return found


def _along(selected, length: int, chunk: int, shard: int) -> Counter[tuple[tuple[int, ...], int]]:
    """How many shards along an axis have these chunks wanted, and so many voxels in the volume."""
    chunks, across = sorted({i // chunk for i in indices(selected)}), shard // chunk
    return Counter(
        (tuple(one % across for one in own), min(shard, length - place * shard))
        for place, own in groupby(chunks, lambda one: one // across)
    )


def _in_shard(kind: _Kind, layout: Layout, density: Any, reader: Fetcher) -> Fetches:
    """What is fetched of a shard."""
    assert layout.shards is not None  # as of sharded layouts alone
    across = tuple(s // c for s, c in zip(layout.shards, layout.chunks))
    index = ENTRY * prod(across) + CHECKSUM
    if prod(map(len, kind.wanted)) == prod(across):
        return Fetches(1, 0, 0, density * prod(kind.inside) + index)
    starts, ends = _stretches(kind, across, layout.chunks)
    if not reader.merges:
        return Fetches(0, 1, len(starts), density * (ends - starts).sum() + index)
    ranges, voxels = _merged(starts, ends, np.asarray(density))
    return Fetches(0, 1, ranges, density * voxels + index)


@lru_cache(maxsize=1024)
def _stretches(kind: _Kind, across: Shape, chunks: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Where each chunk that is wanted begins and ends in its shard, in the voxels stored before, (n,)."""
    wanted = np.zeros(across, dtype=bool)
    wanted[np.ix_(*kind.wanted)] = True
    order = tuple(_morton(across).T)
    sizes = _chunk_voxels(kind.inside, across, chunks)[order]
    ends = np.cumsum(sizes)
    return (ends - sizes)[wanted[order]], ends[wanted[order]]


def _merged(starts: np.ndarray, ends: np.ndarray, density: np.ndarray) -> tuple[Any, Any]:
    """How many ranges are asked for, and the voxels in them, gaps too, at each density."""
    gaps = starts[1:] - ends[:-1]
    apart = np.multiply.outer(density, gaps) > GAP
    ranges = np.array(1 + apart.sum(axis=-1))
    voxels = np.array(ends[-1] - starts[0] - (apart * gaps).sum(axis=-1))
    for place in np.ndindex(density.shape):
        if density[place] * voxels[place] > LARGEST:
            first = np.append(0, np.flatnonzero(apart[place]) + 1)
            first = _cut(first, starts, ends, LARGEST / density[place])
            ranges[place] = len(first)
            voxels[place] = (ends[_last(first, len(ends))] - starts[first]).sum()
    return ranges, voxels


def _last(first: np.ndarray, count: int) -> np.ndarray:
    """The last stretch of each range, of so many stretches; ``first``: those with which they begin."""
    return np.append(first[1:], count) - 1


def _cut(first: np.ndarray, starts: np.ndarray, ends: np.ndarray, most: float) -> np.ndarray:
    """The stretches with which ranges begin once those of more than so many voxels are cut."""
    last = _last(first, len(ends))
    more: list[int] = []
    for large in np.flatnonzero(ends[last] - starts[first] > most):
        place, end = int(first[large]), int(last[large])
        # A stretch that is longer by itself is a range of its own.
        while (
            place := max(place + 1, int(ends.searchsorted(starts[place] + most, "right")))
        ) <= end:
            more.append(place)
    return np.sort(np.append(first, np.array(more, dtype=first.dtype)))


def _chunk_voxels(inside: Shape, across: Shape, chunks: Shape) -> np.ndarray:
    """Voxels of each chunk of a shard of which so many lie in the volume; 0 beyond it."""
    axes = [
        np.clip(length - np.arange(n) * edge, 0, edge)
        for length, n, edge in zip(inside, across, chunks)
    ]
    return np.einsum("i,j,k->ijk", *axes)


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
