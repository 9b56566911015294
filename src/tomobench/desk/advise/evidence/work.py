"""What an access makes any reader of a layout do: exact arithmetic, no store and no release."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from math import prod
from typing import Any

from tomobench.bench.access import Part, indices
from tomobench.bench.layout import Layout, Shape

#: Cores that decode at once, as on the machine of the results that are committed.
CORES = 2


@dataclass(frozen=True)
class Work:
    """What reading some parts takes, one part after the other.

    parts: selections. objects: chunks or shards touched. split: shards of which only some chunks
    are wanted. chunks: chunks decoded. decoded: voxels of those chunks, whole as they are stored
    (a chunk at the volume's end is padded). asked: voxels asked for. runs: pieces that lie
    unbroken along x in a chunk and in the answer. entries: chunks that the indices of the touched
    shards list. longest: voxels decoded by the busiest of CORES cores, when each chunk is one
    core's work. Whole numbers of parts that are known; means over positions, or arrays of them for
    many layouts, where :mod:`.expected` makes it.
    """

    parts: Any = 0
    objects: Any = 0
    split: Any = 0
    chunks: Any = 0
    decoded: Any = 0
    asked: Any = 0
    runs: Any = 0
    entries: Any = 0
    longest: Any = 0

    def existing(self, share: float) -> "Work":
        """The same where such a share of the chunks exists: nothing of the others is decoded, nor an index
        of a shard."""
        return replace(
            self,
            decoded=share * self.decoded,
            entries=share * self.entries,
            longest=share * self.longest,
        )

    def __add__(self, other: "Work") -> "Work":
        return Work(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def of(parts: list[Part], layout: Layout) -> Work:
    """The work of reading ``parts`` from a store in this layout."""
    return sum((_of_part(part, layout) for part in parts), Work())


def of_whole(shape: Shape, layout: Layout) -> Work:
    """The work of writing (or reading) a whole volume of ``shape`` (z, y, x)."""
    return of([Part(tuple(slice(0, length) for length in shape))], layout)


def _of_part(part: Part, layout: Layout) -> Work:
    axes = [indices(selected) for selected in part.selection]
    chunks = [sorted({i // edge for i in axis}) for axis, edge in zip(axes, layout.chunks)]
    count = prod(map(len, chunks))
    asked = prod(map(len, axes))
    sharded = _shards(chunks, layout) if layout.shards else (count, 0, 0)
    rows = len(axes[0]) * len(axes[1])
    return Work(
        1,
        *sharded[:2],
        count,
        count * prod(layout.chunks),
        asked,
        rows * _unbroken(axes[2], layout.chunks[2]),
        sharded[2],
        -(-count // CORES) * prod(layout.chunks),
    )


def _unbroken(places: Sequence[int], edge: int) -> int:
    """Pieces of neighbouring indices along an axis that no edge of a chunk cuts."""
    breaks = sum(b - a != 1 or b % edge == 0 for a, b in pairwise(places))
    return breaks + 1 if places else 0


def _shards(chunks: list[list[int]], layout: Layout) -> tuple[int, int, int]:
    """Shards touched, those of which only some chunks are wanted, and their indices' entries."""
    across = [shard // chunk for shard, chunk in zip(layout.shards or (), layout.chunks)]
    touched, complete = [], []
    for wanted, per_shard in zip(chunks, across):
        found = [index // per_shard for index in wanted]
        touched.append(len(set(found)))
        complete.append(sum(found.count(shard) == per_shard for shard in set(found)))
    shards = prod(touched)
    return shards, shards - prod(complete), shards * prod(across)
