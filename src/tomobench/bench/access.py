"""Accesses: the parts of a volume that people ask for, as selections in (z, y, x).

An access is a list of :class:`Part`, read one after the other; its voxels are what was asked for. All are the
same for every release, layout and run: they depend on the volume's shape, and ``one chunk`` on the layout.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import prod

import numpy as np

from tomobench.bench.layout import Layout, Shape

#: The write of the whole volume by ``create_array`` with data, by the name that asv shows.
IN_ONE_CALL = "write whole, in one call"
#: Edge in voxels of a region of interest, and of a box around a picked particle.
REGION, BOX = 64, 96
#: How many boxes, and the seed of their places.
BOXES, SEED = 8, 10445
#: How many planes an orthogonal selection takes.
PLANES = 4


@dataclass(frozen=True)
class Part:
    """A selection for each axis, (z, y, x): a slice, an int, or a tuple of indices.

    A slice has its start and stop, and a step or none; a tuple is an orthogonal selection. All run
    upward from 0, within the volume; :func:`indices` refuses anything else. (Not here: parts are
    made while reads are timed.)
    """

    selection: tuple

    def read(self, array) -> np.ndarray:
        """These voxels of a zarr array, of either line, or of a NumPy array."""
        if not self.orthogonal:
            return array[self.selection]
        selection = tuple(list(s) if isinstance(s, tuple) else s for s in self.selection)
        return pick(array, selection) if isinstance(array, np.ndarray) else array.oindex[selection]

    @property
    def orthogonal(self) -> bool:
        return any(isinstance(s, tuple) for s in self.selection)

    def voxels(self) -> int:
        """How many voxels the part has."""
        return prod(len(indices(s)) for s in self.selection)


def pick(array: np.ndarray, selection: tuple) -> np.ndarray:
    """An orthogonal selection, with lists of indices, of a NumPy array."""
    for axis in reversed(range(len(selection))):  # the last first: an int drops its axis
        array = array[(slice(None),) * axis + (selection[axis],)]
    return array


def indices(selected) -> range | tuple[int, ...]:
    """The indices that a selection along one axis names, as NumPy has them: a slice's step counts.

    Raises ValueError for a selection that can't be counted without the volume's shape.
    """
    if isinstance(selected, slice):
        start, stop, step = selected.start, selected.stop, selected.step or 1
        if None not in (start, stop) and 0 <= start <= stop and step > 0:
            return range(start, stop, step)
    else:
        places = selected if isinstance(selected, tuple) else (selected,)
        if all(a < b for a, b in pairwise((-1, *places))):
            return places
    raise ValueError(f"{selected}: give indices from 0 upward, of a slice its start and stop")


def whole(shape: Shape, layout: Layout | None = None) -> list[Part]:
    """All voxels."""
    return [_box((0, 0, 0), shape, shape)]


def one_chunk(shape: Shape, layout: Layout) -> list[Part]:
    """The chunk that holds the central voxel, cut off where the volume ends."""
    start = [length // 2 // chunk * chunk for length, chunk in zip(shape, layout.chunks)]
    return [_box(start, layout.chunks, shape)]


def slice_xy(shape: Shape, layout: Layout) -> list[Part]:
    """The central XY slice: one z, all y and x."""
    return [Part((shape[0] // 2, slice(0, shape[1]), slice(0, shape[2])))]


def slice_xz(shape: Shape, layout: Layout) -> list[Part]:
    """The central XZ slice: one y, all z and x."""
    return [Part((slice(0, shape[0]), shape[1] // 2, slice(0, shape[2])))]


def slice_yz(shape: Shape, layout: Layout) -> list[Part]:
    """The central YZ slice: one x, all z and y."""
    return [Part((slice(0, shape[0]), slice(0, shape[1]), shape[2] // 2))]


def region_aligned(shape: Shape, layout: Layout) -> list[Part]:
    """64³ voxels from a multiple of 64 on: whole chunks wherever chunks divide 64."""
    return [_box([(length - 1) // 2 // REGION * REGION for length in shape], (REGION,) * 3, shape)]


def region_unaligned(shape: Shape, layout: Layout) -> list[Part]:
    """64³ voxels from 7 beyond a multiple of 64 on, where there is room: no chunk's edge is there."""
    aligned = region_aligned(shape, layout)[0].selection
    start = [max(0, min(s.start + 7, length - REGION - 1)) for s, length in zip(aligned, shape)]
    return [_box(start, (REGION,) * 3, shape)]


def random_boxes(shape: Shape, layout: Layout) -> list[Part]:
    """Eight boxes of 96³, as for picked particles, at places that Python's generator draws from a seed."""
    draw = random.Random(SEED)
    starts = [[draw.randint(0, max(0, length - BOX)) for length in shape] for _ in range(BOXES)]
    return [_box(start, (BOX,) * 3, shape) for start in starts]


def few_boxes(shape: Shape, layout: Layout) -> list[Part]:
    """The first two of the random boxes: over S3, eight of them out of small chunks take half a minute."""
    return random_boxes(shape, layout)[:2]


def one_voxel(shape: Shape, layout: Layout) -> list[Part]:
    """The central voxel."""
    return [Part(tuple(length // 2 for length in shape))]


def planes(shape: Shape, layout: Layout) -> list[Part]:
    """Four XY planes, evenly spread, in one orthogonal (fancy) selection."""
    chosen = tuple(dict.fromkeys((2 * n + 1) * shape[0] // (2 * PLANES) for n in range(PLANES)))
    return [Part((chosen, slice(0, shape[1]), slice(0, shape[2])))]


#: The reads, by the name that asv shows.
READS: dict[str, Callable[[Shape, Layout], list[Part]]] = {
    "whole": whole,
    "one chunk": one_chunk,
    "XY slice": slice_xy,
    "XZ slice": slice_xz,
    "YZ slice": slice_yz,
    "64³ aligned": region_aligned,
    "64³ unaligned": region_unaligned,
    "8 boxes of 96³": random_boxes,
    "one voxel": one_voxel,
    "4 XY planes": planes,
}

#: The reads over S3.
READS_ON_S3 = {
    **{
        name: READS[name] for name in ("whole", "XY slice", "XZ slice", "YZ slice", "64³ unaligned")
    },
    "2 boxes of 96³": few_boxes,
}


def reversed_patch(part: Part, voxels: np.ndarray) -> np.ndarray:
    """What is written over a box: its own voxels in reverse order, so that every chunk changes."""
    return np.ascontiguousarray(part.read(voxels)[::-1, ::-1, ::-1])


def _box(start, edges, shape: Shape) -> Part:
    return Part(
        tuple(slice(a, min(a + edge, length)) for a, edge, length in zip(start, edges, shape))
    )
