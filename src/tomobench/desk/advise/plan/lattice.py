"""The layouts that a search compares: a lattice of chunk shapes, shards over multiples of them.

Along each axis a chunk's edge is a power of two, or a divisor of the axis (one in each doubling), up
to the axis itself, so that slabs in each plane are among them. A shard is a multiple of the chunk:
the same along each axis, or all of one, two or three axes (slabs, columns, the whole volume).
"""

from functools import lru_cache
from math import ceil

import numpy as np

from tomobench.bench.layout import Layout, Shape
from tomobench.desk.advise.evidence.expected import Cuts

#: Bytes of a chunk's voxels: fewer are mostly requests, more are mostly waiting.
LEAST, MOST = 2**16, 2**26
#: Bytes of a shard's voxels, and chunks in it, at most: a writer holds the one, a reader's index the
#: other (16 bytes a chunk).
LARGEST_SHARD, WITHIN = 2**30, 2**15
#: Multiples of a chunk that make a shard, along z, y and x; 0 is the whole axis.
MULTIPLES = (
    (2, 2, 2), (4, 4, 4), (8, 8, 8),
    (1, 0, 0), (2, 0, 0), (4, 0, 0), (8, 0, 0),  # slabs of XY planes
    (0, 1, 0), (0, 2, 0), (0, 4, 0),  # of XZ
    (0, 0, 1), (0, 0, 2), (0, 0, 4),  # of YZ
    (1, 4, 4), (1, 8, 8), (2, 8, 8),
    (0, 0, 0),
)  # fmt: skip


def edges(length: int) -> list[int]:
    """Edges of chunks along an axis of so many voxels, rising."""
    powers = [2**n for n in range(length.bit_length()) if 2**n < length]
    divisors: dict[int, int] = {}
    for n in range(2, length):
        if length % n == 0 and n & (n - 1):
            divisors.setdefault(n.bit_length(), n)
    return sorted({*powers, *divisors.values(), length})


@lru_cache(maxsize=8)
def cuts(shape: Shape, itemsize: int, beside: tuple[Layout, ...] = ()) -> Cuts:
    """The lattice for a volume of ``shape`` (z, y, x), and the layouts ``beside`` it, each once.

    In Zarr formats 2 and 3, sharded in 3 alone. A volume smaller than a chunk of LEAST bytes is one
    chunk.
    """
    axes = [np.array(edges(length), dtype=np.int64) for length in shape]
    chunks = np.stack([one.ravel() for one in np.meshgrid(*axes, indexing="ij")], axis=1)
    size = np.prod(chunks, axis=1) * itemsize
    chunks = chunks[(size >= min(LEAST, int(size.max()))) & (size <= MOST)]
    shards = [_sharded(chunks, np.array(shape), multiple, itemsize) for multiple in MULTIPLES]
    own = Cuts.of(beside)
    of_chunks = np.concatenate([chunks, chunks, *(c for c, _ in shards), own.chunks])
    of_shards = np.concatenate([chunks, chunks, *(s for _, s in shards), own.shards])
    single = len(chunks)
    sharded = np.ones(len(of_chunks), dtype=bool)
    sharded[: 2 * single] = False
    zarr_format = np.where(np.arange(len(of_chunks)) < single, 2, 3)
    if len(own):
        sharded[-len(own) :] = own.sharded
        zarr_format[-len(own) :] = own.zarr_format
    return _each_once(Cuts(of_chunks, of_shards, sharded, zarr_format))


def _sharded(chunks: np.ndarray, shape: np.ndarray, multiple, itemsize: int):
    """The chunks that a multiple makes a shard of, and the shards."""
    most = -(-shape // chunks)
    times = np.where(np.array(multiple) == 0, most, np.minimum(multiple, most))
    shards, within = chunks * times, np.prod(times, axis=1)
    fits = np.prod(shards, axis=1) * itemsize <= LARGEST_SHARD
    possible = (within > 1) & (within <= WITHIN) & fits
    return chunks[possible], shards[possible]


def _each_once(cuts: Cuts) -> Cuts:
    kind = 2 * cuts.sharded + (cuts.zarr_format == 3)
    keys = np.concatenate([cuts.chunks, cuts.shards, kind[:, None]], axis=1)
    base = int(keys.max()) + 1
    # Two numbers for each, of which none overflows 64 bits up to edges of a million.
    codes = np.stack(
        [keys[:, i] * base**2 + keys[:, i + 1] * base + keys[:, i + 2] for i in (0, 3)]
    )
    codes[1] = codes[1] * 4 + kind
    order = np.lexsort(codes)
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(codes[:, order], axis=1) != 0).any(axis=0)
    return cuts.take(np.sort(order[first]))


def units(shape: Shape, cuts: Cuts) -> np.ndarray:
    """How many units of writing (shards, or chunks without) there are, (n,)."""
    return np.prod(-(-np.array(shape) // cuts.shards), axis=1)


def alignment(layout: Layout, shape: Shape, workers: int) -> tuple[Shape, int]:
    """The blocks (z, y, x) in which so many workers can write at once, each unit by one of them
    alone: whole units, as alike as can be; and how many of them are at work."""
    unit = layout.shards or layout.chunks
    counts = [ceil(length / edge) for length, edge in zip(shape, unit)]
    parts = [1, 1, 1]
    while np.prod(parts) < workers:
        # The axis whose blocks are longest is cut once more, as long as a unit is left.
        able = [axis for axis in range(3) if parts[axis] < counts[axis]]
        if not able:
            break
        axis = max(able, key=lambda one: counts[one] * unit[one] / parts[one])
        parts[axis] += 1
    block = tuple(ceil(n / part) * edge for n, part, edge in zip(counts, parts, unit))
    used = int(np.prod([ceil(n * edge / one) for n, edge, one in zip(counts, unit, block)]))
    return block, min(used, workers)
