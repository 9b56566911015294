"""Reading other people's volumes block by block, each as one array (z, y, x).

A format's own module opens a source without reading its voxels and gives an :class:`Opened`. What
is common to all is done here: telling formats apart by content, type, region, NaN, and blocks.
"""

import contextlib
import dataclasses
import itertools
import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import psutil

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import (
    em_files,
    mrc_files,
    npy_files,
    ome_zarr,
    packed,
    regions,
    zarr_stores,
)
from tomobench.desk.volumes.opened import Opened, Part, Region

BLOCK = 1 << 26
"""Bytes of voxels in memory at once. With what is decoded and converted on the way an import takes
at most five times as much, or five of the source's chunks where one is larger than this.
"""

_COPIES = 5
_HEAD = 4096  # bytes of a file that are looked at to tell what it is
_MRC_SUFFIXES = (".mrc", ".mrcs", ".map", ".rec", ".st", ".ali", ".preali", ".flip", ".ccp4")
_OTHERS = (".npy", ".tif", ".tiff", ".h5", ".hdf", ".hdf5", ".em", ".ozx", ".zip", ".gz", ".bz2")
_NOT_READ = {
    b"\xfd7zXZ": "an xz archive: unpack it first",
    b"\x28\xb5\x2f\xfd": "packed with zstd: unpack it first",
    b"7z\xbc\xaf": "a 7-zip archive: unpack it first",
    b"version https://git-lfs": "a git-LFS pointer, not the file itself: run `git lfs pull`",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"%PDF": "a PDF document",
    b"\0\0\0\3": "a DigitalMicrograph file: export it as MRC",
    b"\0\0\0\4": "a DigitalMicrograph file: export it as MRC",
}


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

    def blocks(self) -> Iterator[tuple[Region, np.ndarray]]:
        """All voxels: regions of this volume, from z = 0 on, and what is in them, in C order.

        Raises UserError, after all have been read if there are voxels that are no numbers.
        """
        with _complaints(self.source):
            self._opened.prepare(self._region)
        strange = _Strange(self.source, self._nan_to)
        for region in _regions(self._region, self._opened):
            with _complaints(self.source):
                voxels = np.array(self._opened.read(region), dtype=self.dtype, order="C")
            strange.replace(voxels, region)
            yield tuple(_shifted(r, w) for r, w in zip(region, self._region, strict=True)), voxels
        self.notes.extend(strange.verdict(math.prod(self.shape)))


@contextlib.contextmanager
def opened_file(path: Path, part: Part):
    """Yield a file or Zarr folder as a Found. Raises UserError for whatever can't be a volume."""
    source = str(path)
    with contextlib.ExitStack() as stack:
        yield found(source, opened(path, part, stack, source), part)


def opened(path: Path, part: Part, stack: contextlib.ExitStack, source: str) -> Opened:
    """What a file or Zarr folder is, open as long as ``stack`` is. Raises UserError.

    source: what messages call it; its path, or the address that it was fetched from.
    """
    with _complaints(source):
        return _opened(path, part, stack, source)


def found(source: str, opened: Opened, part: Part) -> Found:
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


def names_a_file(name: str) -> bool:
    """Whether an address that ends so is that of one file, and not of a Zarr's folder."""
    return name.lower().endswith((*_MRC_SUFFIXES, *_OTHERS))


def files_in(folder: Path) -> list[Path]:
    """The files to import of a folder that is no Zarr itself, and the Zarr folders in it.

    Empty if it is one, or if nothing in it can be told to be a volume by its name.
    """
    if any((folder / name).exists() for name in (*zarr_stores.METADATA, "attributes.json")):
        return []
    inside = sorted(folder.iterdir())
    return [
        path
        for path in inside
        if (path.is_file() and names_a_file(path.name))
        or (path.is_dir() and any((path / name).exists() for name in zarr_stores.METADATA))
    ]


def _opened(path: Path, part: Part, stack: contextlib.ExitStack, source: str) -> Opened:
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError(f"{source}: no such file") from error
    if stat.S_ISDIR(mode):
        if (path / "attributes.json").exists() and not (path / "zarr.json").exists():
            raise UserError(f"{source}: an N5 container; convert it to Zarr first")
        _only_for_hdf5(source, part)
        return ome_zarr.opened(zarr_stores.Folder(path), part)
    if not stat.S_ISREG(mode):
        raise UserError(f"{source}: neither a file nor a folder, but a pipe, socket or device")
    file = stack.enter_context(path.open("rb"))
    head = file.read(_HEAD)
    if packed.is_packed(head):
        file = stack.enter_context(packed.unpacked(source, file))
        head = os.pread(file.fileno(), _HEAD, 0)
    return _by_content(source, file, head, part)


def _by_content(source: str, file: BinaryIO, head: bytes, part: Part) -> Opened:
    hdf5 = head.startswith(b"\x89HDF\r\n\x1a\n")
    if not hdf5:
        _only_for_hdf5(source, part)
    if head.startswith(b"PK"):
        return _opened_zip(source, file, part)
    if part.level:
        raise UserError(f"{source}: only an OME-Zarr has resolution levels; leave --level out")
    if part.unsigned is not None and not _is_mrc(source, head):
        raise UserError(f"{source}: --signed and --unsigned are for MRC files; leave it out")
    if hdf5:
        from tomobench.desk.volumes import hdf5_files  # a tenth of a second, for this alone

        return hdf5_files.opened(source, file, part)
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        from tomobench.desk.volumes import tiff_files  # as above

        return tiff_files.opened(source, file, part)
    if head.startswith(b"\x93NUMPY"):
        return npy_files.opened(source, file, part)
    if mrc_files.is_mrc(head):
        return mrc_files.opened(source, file, part)
    if em_files.is_em(head, os.fstat(file.fileno()).st_size):
        return em_files.opened(source, file, part)
    raise _refusal(source, head)


def _only_for_hdf5(source: str, part: Part) -> None:
    if part.dataset is not None:
        raise UserError(f"{source}: --dataset is for HDF5 files; leave it out")


def _is_mrc(name: str, head: bytes) -> bool:
    return mrc_files.is_mrc(head) or name.lower().endswith(_MRC_SUFFIXES)


def _opened_zip(source: str, file: BinaryIO, part: Part) -> Opened:
    store = zarr_stores.Zip(source, file)
    if not store.is_zarr:
        raise UserError(
            f"{source}: a zip archive without a Zarr in it ({', '.join(store.content)}); unpack it"
        )
    return ome_zarr.opened(store, part)


def _refusal(source: str, head: bytes) -> UserError:
    """Why a file of no known format is not read: what it is, if that can be told."""
    for magic, what in _NOT_READ.items():
        if head.startswith(magic):
            return UserError(f"{source}: {what}")
    text = head.lstrip()[:512].lower()
    if text.startswith((b"<!doctype html", b"<html")) or b"<html" in text:
        return UserError(f"{source}: a web page, not the file itself; download it again")
    if text.startswith(b"<?xml"):
        return UserError(f"{source}: an XML document (a server's complaint, perhaps), not a volume")
    name = source.lower()
    if name.endswith(".npy"):
        return UserError(f"{source}: not a readable .npy file; export it again")
    if name.removesuffix(".gz").removesuffix(".bz2").endswith(_MRC_SUFFIXES):
        return mrc_files.complaint(source, head)
    if not head:
        return UserError(f"{source}: an empty file; copy or export it again")
    return UserError(
        f"{source}: not a kind of file that can be imported; these can: MRC, .npy, TIFF, HDF5, EM "
        "(MRC also packed as .gz), Zarr and OME-Zarr as a folder or .ozx"
    )


def _check_kind(source: str, opened: Opened) -> None:
    """Raise UserError unless this is a filled array of whole or real numbers, or a mask."""
    if 0 in opened.shape:
        raise UserError(f"{source}: empty, shape {opened.shape}; a volume has at least one voxel")
    if opened.dtype.kind not in "biuf" or opened.dtype.itemsize > 8:
        raise UserError(
            f"{source}: voxels of type {opened.dtype}; integers and floats of up to 64 bits can be "
            "imported, so convert it first"
        )


def _check_nan_to(source: str, dtype: np.dtype, value: float | None) -> None:
    if value is None or dtype.kind != "f":
        return
    with np.errstate(over="ignore"):
        if not np.isfinite(np.float64(value).astype(dtype)):
            raise UserError(f"{source}: --nan-to {value:g} is no number that {dtype} can hold")


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
        self._first: tuple[int, int, int] | None = None

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


@contextlib.contextmanager
def _complaints(source: str):
    """The system's errors as a line."""
    try:
        yield
    except PermissionError as error:
        raise UserError(f"{source}: not allowed to read it; check its permissions") from error
    except MemoryError as error:
        raise UserError(
            f"{source}: too large for this machine's memory; give a --region"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:200]
        raise UserError(f"{source}: can't be read ({reason})") from error
