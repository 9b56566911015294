"""Reading other people's volumes block by block, each as one array (z, y, x).

A format's own module opens a source without reading its voxels and gives an :class:`Opened`
(:mod:`~tomobench.desk.volumes.recognition` says which). What is common to all is done here: type,
region, NaN, and blocks.
"""

import contextlib
import dataclasses
import itertools
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import psutil

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import recognition, regions
from tomobench.desk.volumes.opened import Excerpt, NoChunks, Opened, Region
from tomobench.desk.volumes.recognition import complaints

BLOCK = 1 << 26
"""Bytes of voxels in memory at once. With what is decoded and converted on the way an import takes
at most five times as much, or five of the source's chunks where one is larger than this.
"""

_COPIES = 5


@dataclasses.dataclass(frozen=True)
class Found:
    """A volume that can be read: shape (z, y, x), its type little-endian, spacing in Å or None.

    format: for people. details: what the source says of itself, for the provenance. notes: lines
    for people, complete when all blocks are read.
    """

    source: str
    format: str
    shape: tuple[int, int, int]
    dtype: np.dtype
    voxel_spacing: tuple[float, float, float] | None
    details: dict
    notes: list[str]
    _opened: Opened
    _region: Region
    _nan_to: float | None

    @property
    def nbytes(self) -> int:
        """Bytes of all voxels."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def room(self) -> int:
        """Bytes that it takes on the cache's disk at most, chunks that are fetched included."""
        return self.nbytes * (2 if self._opened.fetched else 1)

    @property
    def unit(self) -> tuple[int, int, int]:
        """Voxels (z, y, x) of the source that are read or decoded at once."""
        return self._opened.unit

    @property
    def fetched(self) -> bool:
        """Whether reading brings chunks from elsewhere."""
        return self._opened.fetched

    def prepare(self) -> None:
        """Look whether the source has what is wanted, and bring what lies elsewhere. Raises UserError."""
        with complaints(self.source):
            self._opened.prepare(self._region)

    def parts(self, regions: Iterable[Region]) -> Iterator[np.ndarray]:
        """The voxels of regions of this volume (slices with start and stop), NaN and infinite ones as they are.

        A region without chunks holds the fill value. Raises UserError, after the last region if
        not one chunk of any of them exists.
        """
        found, missing = False, None
        for region in regions:
            placed = tuple(
                slice(one.start + own.start, one.stop + own.start)
                for one, own in zip(region, self._region, strict=True)
            )
            with complaints(self.source):
                try:
                    self._opened.prepare(placed)
                    found = True
                except NoChunks as error:
                    missing = missing or error
                voxels = np.require(self._opened.read(placed), self.dtype, ["C", "W"])
            yield voxels
        if missing and not found:
            raise missing

    def blocks(self) -> Iterator[tuple[Region, np.ndarray]]:
        """All voxels: regions of this volume, from z = 0 on, and what is in them, in C order.

        Raises UserError, after all have been read if there are voxels that are no numbers.
        """
        self.prepare()
        strange = _Strange(self.source, self._nan_to)
        for region in _regions(self._region, self._opened):
            with complaints(self.source):
                voxels = np.require(self._opened.read(region), self.dtype, ["C", "W"])
            strange.replace(voxels, region)
            yield tuple(_shifted(r, w) for r, w in zip(region, self._region, strict=True)), voxels
        self.notes.extend(strange.verdict(math.prod(self.shape)))


@contextlib.contextmanager
def opened_file(path: Path, part: Excerpt):
    """Yield a file or Zarr folder as a Found. Raises UserError for whatever can't be a volume."""
    source = str(path)
    with contextlib.ExitStack() as stack:
        yield found(source, recognition.opened(path, part, stack, source), part)


def found(source: str, opened: Opened, part: Excerpt) -> Found:
    """What a source holds, after the checks that all have in common. Raises UserError."""
    _check_kind(source, opened)
    region = regions.slices(part.region, opened.shape)
    dtype = opened.dtype.newbyteorder("<")
    notes = opened.notes
    if dtype.kind == "b":
        dtype = np.dtype("u1")
        notes.append(f"{source}: a mask of true and false, read as 1 and 0 (uint8)")
    _check_nan_to(source, dtype, part.nan_to)
    _check_memory(source, opened)
    return Found(
        source,
        opened.format,
        tuple(one.stop - one.start for one in region),
        dtype,
        part.voxel_spacing or opened.voxel_spacing,
        opened.details,
        notes,
        opened,
        region,
        part.nan_to,
    )


def _check_kind(source: str, opened: Opened) -> None:
    """Raise UserError unless this is a filled array of whole or real numbers, or a mask."""
    if min(opened.shape) < 1:
        raise UserError(f"{source}: empty, shape {opened.shape}; a volume has at least one voxel")
    if opened.dtype.kind not in "biuf" or opened.dtype.itemsize > 8:
        raise UserError(
            f"{source}: voxels of type {opened.dtype}; integers and floats of up to 64 bits can be "
            "imported, so convert it first"
        )


def _check_nan_to(source: str, dtype: np.dtype, value: float | None) -> None:
    held = dtype if dtype.kind == "f" else np.dtype("f8")
    with np.errstate(over="ignore"):
        if value is not None and not np.isfinite(np.float64(value).astype(held)):
            raise UserError(f"{source}: --nan-to {value:g} is no number that {held} can hold")


def _check_memory(source: str, opened: Opened) -> None:
    """Raise UserError if a single chunk of the source does not fit in memory, decoded."""
    nbytes = math.prod(opened.unit) * opened.dtype.itemsize
    free = psutil.virtual_memory().available
    if nbytes > BLOCK and nbytes * _COPIES > free:
        raise UserError(
            f"{source}: one of its chunks takes {nbytes / 2**30:.1f} GiB, and {_COPIES} times that "
            f"does not fit in the {free / 2**30:.1f} GiB of free memory; write it in smaller chunks"
        )


def _regions(wanted: Region, opened: Opened) -> Iterator[Region]:
    """Regions that tile the wanted one, along the source's units, of BLOCK bytes or one unit."""
    edges = list(opened.unit)
    left = BLOCK // opened.dtype.itemsize
    for axis in (2, 1, 0):
        others = math.prod(edges[:axis] + edges[axis + 1 :])
        span = opened.shape[axis]
        times = max(1, left // (others * edges[axis]))
        edges[axis] = min(edges[axis] * times, -(-span // edges[axis]) * edges[axis])
    steps = [
        [
            slice(max(part.start, start), min(part.stop, start + edge))
            for start in range(part.start // edge * edge, part.stop, edge)
        ]
        for part, edge in zip(wanted, edges, strict=True)
    ]
    return itertools.product(*steps)


def _shifted(part: slice, origin: slice) -> slice:
    return slice(part.start - origin.start, part.stop - origin.start)


class _Strange:
    """The voxels that are NaN or infinite: counted, placed, and replaced if there is a value."""

    def __init__(self, source: str, value: float | None):
        self._source, self._value = source, value
        self._count = 0
        self._first: tuple[int, ...] | None = None

    def replace(self, voxels: np.ndarray, region: Region) -> None:
        """Look at a block that begins where the region does, counted in the whole source."""
        if voxels.dtype.kind != "f":
            return
        for z, section in enumerate(voxels):  # so that the mask stays small
            strange = ~np.isfinite(section)
            count = int(np.count_nonzero(strange))
            if not count:
                continue
            self._count += count
            y, x = np.argwhere(strange)[0]
            at = tuple(int(a + r.start) for a, r in zip((z, y, x), region, strict=True))
            self._first = min(self._first or at, at)
            if self._value is not None:
                section[strange] = self._value

    def verdict(self, size: int) -> list[str]:
        """A line on what was replaced. Raises UserError if there was no value to replace them."""
        if not self._count:
            return []
        said = f"{self._source}: {self._count} of {size} voxels are NaN or infinite"
        if self._value is not None:
            return [f"{said}; they are {self._value:g} now"]
        raise UserError(
            f"{said}, the first at (z, y, x) = {self._first}; replace them with --nan-to VALUE, or "
            "give a --region without them"
        )
