"""Selections: every kind that zarr's indexing guide offers, on a volume, and what NumPy gives for the same.

All are the same for every release, layout and run: places come from a seed. Patches are what training reads.
"""

import random
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np

from tomobench.bench import adapters
from tomobench.bench.access import SEED, Part, one_chunk, pick
from tomobench.bench.exact import Family, MeteredAccess, overwrite
from tomobench.bench.layout import Layout, Shape
from tomobench.bench.store import ARRAY, Store, wrong_voxels

#: Counted up when what is selected, or how, changes.
VERSION = 1
#: How many single voxels, and how many indices along an axis, are asked for.
POINTS, INDICES = 256, 8
#: Edge of a patch for training, and how many are read.
PATCH, PATCHES = 128, 4
#: Radius in voxels of the ball that a mask has.
RADIUS = 24


@dataclass(frozen=True)
class Selection:
    """A selection: ``read(array, shape, layout)`` of zarr's array, ``expect(voxels, shape, layout)`` of NumPy's; both
    give a list of arrays."""

    read: Callable[..., list]
    expect: Callable[..., list]


def _basic(choose: Callable[[Shape], tuple]) -> Selection:
    """The same brackets for both."""

    def read(array, shape, layout):
        return [array[choose(shape)]]

    return Selection(read, read)


def _orthogonal(choose: Callable[[Shape], tuple]) -> Selection:
    return Selection(
        lambda array, shape, layout: [array.oindex[choose(shape)]],
        lambda voxels, shape, layout: [pick(voxels, choose(shape))],
    )


def _coordinates(choose: Callable[[Shape], tuple]) -> Selection:
    return Selection(
        lambda array, shape, layout: [array.vindex[choose(shape)]],
        lambda voxels, shape, layout: [voxels[choose(shape)]],
    )


def _every_plane(array, shape: Shape, layout: Layout) -> list:
    return list(array)


def _points(order: Callable[[list], list]) -> Callable[[Shape], tuple]:
    """Single voxels, as picked particles' centres are; ``order`` puts them in order."""

    def choose(shape: Shape) -> tuple:
        draw = random.Random(SEED)
        found = {tuple(draw.randrange(length) for length in shape) for _ in range(POINTS)}
        return tuple(np.array(axis) for axis in zip(*order(sorted(found))))

    return choose


def _rows(order: Callable[[list], list]) -> Callable[[Shape], tuple]:
    """Some indices along each axis."""

    def choose(shape: Shape) -> tuple:
        draw = random.Random(SEED)
        return tuple(
            order(sorted(draw.sample(range(length), min(INDICES, length)))) for length in shape
        )

    return choose


def _sorted(places: list) -> list:
    return places


def _unsorted(places: list) -> list:
    return random.Random(SEED).sample(places, len(places))


def _repeated(places: list) -> list:
    """Each of the first half twice."""
    return [place for place in places[: len(places) // 2 or 1] for _ in range(2)]


def _planes_mask(shape: Shape) -> tuple:
    return (np.arange(shape[0]) % 16 == 3, slice(None), slice(0, 16))


def _ball(shape: Shape) -> tuple:
    """A ball in the middle, as a mask of the whole volume."""
    far = [
        (np.arange(length) - length // 2).reshape([-1 if a == n else 1 for a in range(3)]) ** 2
        for n, length in enumerate(shape)
    ]
    return (far[0] + far[1] + far[2] < RADIUS**2,)


def _block(layout: Layout, shape: Shape) -> tuple[int, ...]:
    """The block in the middle: to zarr 3, blocks are shards where there are any."""
    return tuple(length // 2 // edge for length, edge in zip(shape, layout.shards or layout.chunks))


def _read_blocks(array, shape: Shape, layout: Layout) -> list:
    return [array.blocks[_block(layout, shape)]]


def _expect_blocks(voxels, shape: Shape, layout: Layout) -> list:
    edges = layout.shards or layout.chunks
    starts = [n * edge for n, edge in zip(_block(layout, shape), edges)]
    return [voxels[tuple(slice(a, a + edge) for a, edge in zip(starts, edges))]]


#: Every kind of selection, by the name that asv shows.
SELECTIONS: dict[str, Selection] = {
    "every plane in turn": Selection(_every_plane, _every_plane),
    "ellipsis": _basic(lambda shape: (..., slice(0, 16))),
    "integers": _basic(lambda shape: (shape[0] // 2, shape[1] // 2)),
    "negative integer": _basic(lambda shape: (-1,)),
    "every 4th voxel": _basic(lambda shape: (slice(None, None, 4),) * 3),
    "empty slice": _basic(lambda shape: (slice(5, 5),)),
    "mask": _coordinates(_ball),
    "mask of planes": _orthogonal(_planes_mask),
    "oindex, sorted": _orthogonal(_rows(_sorted)),
    "oindex, unsorted": _orthogonal(_rows(_unsorted)),
    "oindex, repeated": _orthogonal(_rows(_repeated)),
    "oindex, empty": _orthogonal(lambda shape: (np.array([], dtype=int), slice(None), slice(None))),
    "vindex, sorted": _coordinates(_points(_sorted)),
    "vindex, unsorted": _coordinates(_points(_unsorted)),
    "vindex, repeated": _coordinates(_points(_repeated)),
    "vindex, empty": _coordinates(lambda shape: (np.array([], dtype=int),) * 3),
    "brackets with lists": _basic(_points(_unsorted)),
    "blocks": Selection(_read_blocks, _expect_blocks),
}


def patches(shape: Shape) -> list[Part]:
    """Patches of 128³ at random places. Raises NotImplementedError where the volume is hardly larger."""
    if min(shape) <= PATCH:
        raise NotImplementedError(f"patches of {PATCH}³ want a larger volume")
    draw = random.Random(SEED)
    starts = [[draw.randint(0, length - PATCH) for length in shape] for _ in range(PATCHES)]
    return [Part(tuple(slice(a, a + PATCH) for a in start)) for start in starts]


def _read_patches(array, shape: Shape, layout: Layout) -> list:
    return [part.read(array) for part in patches(shape)]


#: What training reads, and the chunk in the middle, written over with its own voxels in reverse order.
PATCHES_READ, OVER = f"read {PATCHES} patches of {PATCH}³", "write one chunk over"


def _selections(store: Store) -> dict[str, MeteredAccess]:
    adapter = adapters.load()
    return {f"read {name}": _read(adapter, store, one) for name, one in SELECTIONS.items()}


def _training(store: Store) -> dict[str, MeteredAccess]:
    adapter = adapters.load()
    return {
        PATCHES_READ: _read(adapter, store, Selection(_read_patches, _read_patches)),
        OVER: overwrite(adapter, store, one_chunk(store.shape, store.layout)[0]),
    }


KINDS = Family("selections", VERSION, _selections)
TRAINING = Family("training", VERSION, _training)


def _read(adapter, store: Store, selection: Selection) -> MeteredAccess:
    where = store.shape, store.layout
    wanted = _wanted(store, selection)

    def check(found, folder):
        return wrong(found, wanted)

    return MeteredAccess(
        lambda: nullcontext(store.folder),
        lambda open_store: adapter.open_array(open_store(ARRAY), "r"),
        lambda array: selection.read(array, *where),
        check,
        sum(one.size for one in wanted) * store.voxels.itemsize,
    )


def _wanted(store: Store, selection: Selection) -> list:
    try:
        return selection.expect(store.voxels, store.shape, store.layout)
    except NotImplementedError:
        return []  # the access says so itself, when it is tried


def wrong(found: list, wanted: list) -> str | None:
    """What is wrong with what a selection gave, or None."""
    for got, want in zip(map(np.asarray, found), map(np.asarray, wanted), strict=True):
        if got.shape != want.shape:
            return f"the shape is {got.shape}, not {want.shape}"
        if differ := wrong_voxels(got, want):
            return f"{differ} of {want.size} voxels are wrong"
    return None
