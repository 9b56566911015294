"""What an access takes in many layouts at once: exact means over all its positions.

An access is a selection along each axis: all of it (ALL), the plane in the middle (ONE), or a box of
so many voxels at every place where it fits, each as likely. Along an axis the number of chunks that
are met, of shards, and of shards of which every chunk is met have a mean over the positions; the
axes do not know of each other, so the mean of a product is the product of the means. What is not
linear in the number of chunks (the busiest core, round trips) is averaged over the numbers that
occur: along an axis those are two, and neighbours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from math import prod

import numpy as np

from tomobench.bench.layout import Layout, Shape
from tomobench.desk.advise.evidence.fetches import CHECKSUM, ENTRY, Fetches
from tomobench.desk.advise.evidence.work import CORES, Work

#: Selections along an axis, beside the edge of a box in voxels.
ALL, ONE = "all", "one"
Selections = tuple[str | int, str | int, str | int]
#: Positions along an axis that are looked at; of more, so many evenly spread ones.
MOST = 4096


@dataclass(frozen=True, eq=False)
class Cuts:
    """Many layouts as arrays: ``chunks`` and ``shards`` (n, 3) in voxels, (z, y, x), shards as the
    chunks where there are none; ``sharded`` and ``zarr_format`` (n,)."""

    chunks: np.ndarray
    shards: np.ndarray
    sharded: np.ndarray
    zarr_format: np.ndarray

    @classmethod
    def of(cls, layouts: Sequence[Layout]) -> "Cuts":
        """Those of a list of layouts, in its order."""
        return cls(
            np.array([one.chunks for one in layouts], dtype=np.int64).reshape(-1, 3),
            np.array([one.shards or one.chunks for one in layouts], dtype=np.int64).reshape(-1, 3),
            np.array([bool(one.shards) for one in layouts]),
            np.array([one.zarr_format for one in layouts]),
        )

    def __len__(self) -> int:
        return len(self.chunks)

    def take(self, which: np.ndarray) -> "Cuts":
        """Some of them: by their places, or a mask."""
        return Cuts(
            self.chunks[which], self.shards[which], self.sharded[which], self.zarr_format[which]
        )

    def layout(self, place: int) -> Layout:
        """One of them, with the default codec."""
        chunks, shards = (tuple(map(int, one[place])) for one in (self.chunks, self.shards))
        sharded = bool(self.sharded[place])
        return Layout(chunks, shards if sharded else None, zarr_format=int(self.zarr_format[place]))

    @property
    def within(self) -> np.ndarray:
        """Chunks in each shard, (n,)."""
        return np.prod(self.shards // self.chunks, axis=1)


@dataclass(frozen=True)
class _Along:
    """Of an access along one axis, (n,): mean chunks met, the least of them and how likely one more
    is, mean shards, mean shards met with all their chunks, mean voxels of the chunks met that lie
    in the volume; and voxels asked for."""

    chunks: np.ndarray
    few: np.ndarray
    more: np.ndarray
    shards: np.ndarray
    complete: np.ndarray
    inside: np.ndarray
    asked: int


@dataclass(frozen=True)
class Expectation:
    """The mean work of an access in each of some layouts, and what it asks a store for."""

    work: Work
    along: tuple[_Along, _Along, _Along]
    cuts: Cuts

    def mean(self, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """The mean of a function of the number of chunks met, (n,)."""
        total = np.zeros(len(self.cuts))
        for more in product((0, 1), repeat=3):
            chance = prod(a.more if one else 1 - a.more for a, one in zip(self.along, more))
            z, y, x = (a.few + one for a, one in zip(self.along, more))
            total += chance * function(z * y * x)
        return total

    def fetches(self, density: np.ndarray, concurrency: int, merges: bool) -> Fetches:
        """Requests, bytes and round trips, each (n,). ``density``: stored bytes of a voxel.

        Exact but for shards read in part. There, where ranges are merged they are taken to be as
        few as they can be, one a shard; a layout by itself is looked at more closely.
        """
        cuts, done = self.cuts, self.work
        gets = done.objects - done.split
        payload = density * prod(one.inside for one in self.along)
        index = np.where(cuts.sharded, done.objects * (ENTRY * cuts.within + CHECKSUM), 0)
        single = np.maximum(done.chunks - gets * cuts.within, 0)
        ranges = np.where(cuts.sharded, done.split if merges else single, 0)
        whole = self.mean(lambda count: np.ceil(count / concurrency))
        parted = np.ceil((gets + done.split) / concurrency) + np.ceil(ranges / concurrency)
        rounds = np.where(cuts.sharded, parted, whole)
        return Fetches(gets, done.split, ranges, payload + index, rounds)


def of(selections: Selections, shape: Shape, cuts: Cuts) -> Expectation:
    """The mean work of an access of a volume of ``shape`` (z, y, x), in each of the layouts."""
    z, y, x = (
        _along(selected, length, cuts.chunks[:, axis], cuts.shards[:, axis])
        for axis, (selected, length) in enumerate(zip(selections, shape))
    )
    chunks = z.chunks * y.chunks * x.chunks
    size = np.prod(cuts.chunks, axis=1).astype(float)
    objects = np.where(cuts.sharded, z.shards * y.shards * x.shards, chunks)
    whole = np.where(cuts.sharded, z.complete * y.complete * x.complete, objects)
    asked = z.asked * y.asked * x.asked
    runs = z.asked * y.asked * x.chunks
    entries = np.where(cuts.sharded, objects * cuts.within, 0)
    work = Work(1, objects, objects - whole, chunks, chunks * size, asked, runs, entries)
    found = Expectation(work, (z, y, x), cuts)
    longest = found.mean(lambda count: np.ceil(count / CORES)) * size
    return Expectation(replace(work, longest=longest), (z, y, x), cuts)


def _along(selected: str | int, length: int, chunks: np.ndarray, shards: np.ndarray) -> _Along:
    pairs = np.stack([chunks, shards], axis=1)
    codes = pairs[:, 0] * (int(pairs.max(initial=1)) + 1) + pairs[:, 1]
    _, places, back = np.unique(codes, return_index=True, return_inverse=True)
    distinct = tuple(map(tuple, pairs[places].tolist()))
    chunk, few, more, shard, complete, inside = (
        one[back] for one in _distinct(selected, length, distinct)
    )
    return _Along(chunk, few, more, shard, complete, inside, _asked(selected, length))


def _asked(selected: str | int, length: int) -> int:
    if isinstance(selected, str):
        return {ALL: length, ONE: 1}[selected]
    return min(selected, length)


@lru_cache(maxsize=64)
def _distinct(selected: str | int, length: int, pairs: tuple[tuple[int, int], ...]) -> tuple:
    """The arrays of _Along for some pairs of a chunk's and a shard's edge."""
    edge = _asked(selected, length)
    starts = np.array([length // 2]) if selected == ONE else _positions(length - edge)
    chunk, shard = np.array(pairs, dtype=np.int64).reshape(-1, 2).T[:, :, None]
    across = shard // chunk
    first, last = starts // chunk, (starts + edge - 1) // chunk
    count = last - first + 1
    met = last // across - first // across + 1
    complete = np.maximum((last + 1) // across - -(-first // across), 0)
    inside = np.minimum((last + 1) * chunk, length) - first * chunk
    few = count.min(axis=1)
    means = [one.mean(axis=1) for one in (count, met, complete, inside)]
    return means[0], few, means[0] - few, *means[1:]


def _positions(last: int) -> np.ndarray:
    if last < MOST:
        return np.arange(last + 1)
    return np.linspace(0, last, MOST).astype(np.int64)
