"""What a Zarr is: by its metadata, and by the sizes of a few of its chunks."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import prod

import numpy as np

from tomobench.bench.layout import Layout, Shape
from tomobench.bench.objects import grid_shape
from tomobench.desk.advise.evidence import spread
from tomobench.desk.advise.present import coding
from tomobench.desk.advise.present.coding import Coding
from tomobench.desk.errors import UserError
from tomobench.desk.volumes import ome_zarr
from tomobench.desk.volumes.ome_zarr import ImageArray
from tomobench.desk.volumes.transfer import Refused
from tomobench.desk.volumes.zarr_stores import Keys

#: Keys whose size is asked for: of the highest resolution, and of each other level.
SAMPLED, OF_A_LEVEL = 24, 4
#: Sizes asked for at once, as files are fetched (volumes/mirror.py).
WORKERS = 8


@dataclass(frozen=True)
class Sample:
    """Sizes of some keys of an array, spread evenly along each axis: how many were asked for and how many
    of those do not exist; their bytes, the voxels that they hold, and those of them that exist."""

    asked: int
    missing: int
    nbytes: int
    voxels: int
    stored: int

    @property
    def empty(self) -> bool:
        """Whether none of the keys exists."""
        return self.missing == self.asked

    @property
    def share(self) -> float:
        """The share of the voxels whose keys exist."""
        return self.stored / self.voxels

    @property
    def density(self) -> float:
        """Stored bytes for each voxel; those of chunks that do not exist count."""
        return self.nbytes / self.voxels


@dataclass(frozen=True)
class Level:
    """An array of an image: its shape (z, y, x), its keys (chunks, or shards), and a sample."""

    shape: Shape
    keys: int
    sample: Sample

    @property
    def stored(self) -> float:
        """Bytes of all its chunks, from the sample."""
        return self.sample.density * prod(self.shape)


@dataclass(frozen=True)
class Present:
    """A Zarr as it is.

    where: its path or address. version: of OME-Zarr ("" where none is stated), None of a lone array.
    axes: their names as stored, None where they have none; in_order: whether they are stored z, y, x.
    layout: in (z, y, x), with the nearest codec of ours. channels: how many voxels a chunk has along
    the other axes; filled: the share of them that the array has. order: of the voxels in a chunk, "C"
    or "F". metadata: how many objects are no chunks. levels: the highest resolution first; their chunks
    may differ, those here are of the first.
    """

    where: str
    version: str | None
    dtype: str
    axes: tuple[str, ...] | None
    in_order: bool
    spacing: tuple[float, float, float] | None
    layout: Layout
    coding: Coding
    separator: str
    order: str
    channels: int
    filled: float
    metadata: int
    levels: tuple[Level, ...]
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> Shape:
        """Voxels (z, y, x) of the highest resolution."""
        return self.levels[0].shape

    @property
    def itemsize(self) -> int:
        """Bytes of a voxel."""
        return np.dtype(self.dtype).itemsize

    @property
    def chunk_bytes(self) -> int:
        """Of a chunk, decoded."""
        return prod(self.layout.chunks) * self.channels * self.itemsize

    @property
    def objects(self) -> int:
        """Of all levels, if every chunk is stored."""
        return sum(level.keys for level in self.levels) + self.metadata

    @property
    def ratio(self) -> float:
        """Bytes of the voxels over stored bytes; where nothing is stored, as if one byte were."""
        sample = self.levels[0].sample
        return self.itemsize * sample.voxels / max(1, sample.nbytes)

    @property
    def ratio_of_stored(self) -> float:
        """The same of the chunks that exist alone; 1 where none does."""
        return self.ratio * self.levels[0].sample.share or 1.0

    @property
    def kind(self) -> str:
        """OME-Zarr with its version, or Zarr."""
        return "Zarr" if self.version is None else f"OME-Zarr {self.version}".strip()


def of(store: Keys, channel: int | None = None) -> Present:
    """What is in a store. Raises UserError for what is no array, no image, or no single volume."""
    found = ome_zarr.described(store, channel)
    first = found.levels[0]
    array, arranged = first.array, first.arranged
    if array.dtype.kind not in "biuf":
        raise UserError(f"{array.name}: voxels of type {array.dtype}; a tomogram has plain numbers")
    if not prod(array.shape):
        raise UserError(f"{array.name}: an array without voxels, shape {array.shape}")
    cut, unit = arranged.of(array.chunk), arranged.of(array.unit)
    try:
        coded, zarr_format, order = _coded(first)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise UserError(f"{array.name}: its codecs make no sense ({error})") from None
    shards = cut if cut != unit else None
    levels = tuple(
        _level(store, one, OF_A_LEVEL if number else SAMPLED)
        for number, one in enumerate(found.levels)
    )
    folders = {one.path for one in found.levels} | {""}
    return Present(
        where=store.name,
        version=found.version,
        dtype=np.dtype("u1" if array.dtype.kind == "b" else array.dtype).name,
        axes=tuple(first.names) if first.names else None,
        in_order=arranged.order == tuple(sorted(arranged.order)),
        spacing=first.spacing,
        layout=Layout(unit, shards, coded.nearest, zarr_format),
        coding=coded,
        separator=array.separator,
        order=order,
        channels=prod(array.unit[axis] for axis in arranged.fixed),
        filled=prod(min(1, array.shape[axis] / array.unit[axis]) for axis in arranged.fixed),
        metadata=sum(len(store.metadata(folder, optional=True)) for folder in folders),
        levels=levels,
        notes=tuple(found.notes),
    )


def _coded(part: ImageArray) -> tuple[Coding, int, str]:
    """The coding, the Zarr format, and the order of voxels in a chunk."""
    itemsize = part.array.dtype.itemsize
    if "zarr.json" not in part.documents:
        document = part.documents[".zarray"]
        return coding.of_format_2(document, itemsize), 2, document.get("order", "C")
    codecs = part.documents["zarr.json"]["codecs"]
    turned = any(one["name"] == "transpose" for one in codecs)
    return coding.of_format_3(codecs, itemsize), 3, "F" if turned else "C"


def _level(store: Keys, part: ImageArray, most: int) -> Level:
    array, arranged = part.array, part.arranged
    grid = arranged.of(grid_shape(array.shape, array.chunk))
    # Of one volume: other channels may lie in the same array.
    fixed = {axis: at // array.chunk[axis] for axis, at in arranged.fixed.items()}
    places = (fixed | dict(zip(arranged.order, place)) for place in spread.places(grid, most))
    indices = [tuple(place[axis] for axis in range(len(place))) for place in places]
    with ThreadPoolExecutor(WORKERS) as pool:
        sizes = list(pool.map(lambda index: _size(store, array.key(index)), indices))
    voxels = [_inside(index, array.chunk, array.shape) for index in indices]
    stored = [(size, held) for size, held in zip(sizes, voxels) if size is not None]
    nbytes, held = (sum(one) for one in zip(*stored)) if stored else (0, 0)
    sample = Sample(len(sizes), len(sizes) - len(stored), nbytes, sum(voxels), held)
    return Level(arranged.of(array.shape), prod(grid), sample)


def _size(store: Keys, key: str) -> int | None:
    """The size of a key; a server that lists nothing refuses what is absent."""
    try:
        return store.size(key)
    except Refused:
        return None


def _inside(index: tuple[int, ...], chunk: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """The voxels of a chunk that lie within the array."""
    return prod(min(c, s - i * c) for i, c, s in zip(index, chunk, shape))
