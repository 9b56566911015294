"""Reading other people's volumes: MRC, .npy, Zarr and OME-Zarr, each to one array (z, y, x).

A format's own module (or function, here, for .npy) opens a file without reading its voxels and
yields a :class:`Opened`; what is common to all is done here: shape, element type, region, NaN.
"""

import contextlib
import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import mrc_files, ome_zarr, regions
from tomobench.desk.volumes.opened import Opened

_MRC_SUFFIXES = (".mrc", ".map", ".rec", ".st", ".ali", ".ccp4")
_PACKED = (".gz", ".bz2")


@dataclasses.dataclass(frozen=True)
class Found:
    """What was read: voxels (z, y, x), little-endian and C order; spacing (z, y, x) in Å or None.

    format: for people. details: what the file says of itself, for the provenance.
    """

    voxels: np.ndarray
    voxel_spacing: tuple[float, ...] | None
    format: str
    details: dict


def read_file(path: str | os.PathLike, region: str | None = None, level: int = 0) -> Found:
    """Read a volume, or a region ``z0:z1,y0:y1,x0:x1`` of it, from a file or a Zarr folder.

    ``level``: which resolution of an OME-Zarr, 0 being the highest. The element type is kept; only
    the region is read. Raises UserError for whatever can't be a volume, see the messages.
    """
    path = Path(path)
    return read(str(path), opener(path)(path, level), region)


def read(source: str, opening, region: str | None = None) -> Found:
    """Read a volume, or a region of it, from what the context ``opening`` yields (an Opened).

    source: where it is from, for messages. Raises UserError as :func:`read_file`.
    """
    try:
        with opening as opened:
            _check_kind(source, opened)
            wanted = regions.slices(region, opened.shape)
            little = opened.dtype.newbyteorder("<")
            voxels = np.array(opened.read(wanted), dtype=little, order="C")
    except PermissionError as error:
        raise UserError(f"{source}: not allowed to read it; check its permissions") from error
    except MemoryError as error:
        raise UserError(
            f"{source}: too large for this machine's memory; give a --region"
        ) from error
    except OSError as error:
        raise UserError(f"{source}: can't be read ({error.strerror or error})") from error
    _check_finite(source, voxels, [part.start for part in wanted])
    return Found(voxels, opened.voxel_spacing, opened.format, opened.details)


def opener(path: Path) -> Callable:
    """The function that opens this file, told by its name, or, for folders, by what is in them.

    It takes path and level and gives a context that yields an Opened. Raises UserError.
    """
    if not path.exists():
        raise UserError(f"{path}: no such file")
    if path.is_dir():
        return ome_zarr.opened
    if is_mrc(path.name):
        return mrc_files.opened
    if path.name.lower().endswith(".npy"):
        return _opened_npy
    raise UserError(
        f"{path}: not a kind of file that can be imported; "
        f"these can: {' '.join(_MRC_SUFFIXES)} (also .gz), .npy, Zarr and OME-Zarr folders"
    )


def is_mrc(name: str) -> bool:
    """Whether a file of this name is taken for an MRC file, packed or not."""
    name = name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return name.endswith(_MRC_SUFFIXES)


@contextlib.contextmanager
def _opened_npy(path: Path, level: int):
    if level:
        raise UserError(f"{path}: only an OME-Zarr has resolution levels; leave --level out")
    try:
        voxels = np.lib.format.open_memmap(path, mode="r")
    except ValueError as error:
        raise UserError(f"{path}: not a readable .npy file ({error}); export it again") from error
    yield Opened(".npy", voxels.shape, voxels.dtype, None, {}, voxels.__getitem__)


def _check_kind(source: str, opened: Opened) -> None:
    """Raise UserError unless this is a filled array of three axes, of whole or real numbers."""
    if len(opened.shape) != 3:
        kind = "a 2-D image" if len(opened.shape) == 2 else f"an array of {len(opened.shape)} axes"
        raise UserError(
            f"{source}: {kind}, shape {opened.shape}; a volume has three axes, z, y and x"
        )
    if 0 in opened.shape:
        raise UserError(f"{source}: empty, shape {opened.shape}; a volume has at least one voxel")
    if opened.dtype.kind not in "iuf" or opened.dtype.itemsize > 8:
        raise UserError(
            f"{source}: voxels of type {opened.dtype}; integers and floats of up to 64 bits can be "
            "imported, so convert it first"
        )


def _check_finite(source: str, voxels: np.ndarray, corner: list[int]) -> None:
    """Raise UserError if any voxel is NaN or infinite; positions are counted in the whole file."""
    if voxels.dtype.kind != "f":
        return
    # Section by section, so that the mask stays small.
    counts = [section.size - np.count_nonzero(np.isfinite(section)) for section in voxels]
    if not any(counts):
        return
    z = int(np.flatnonzero(counts)[0])
    y, x = np.argwhere(~np.isfinite(voxels[z]))[0]
    first = tuple(int(at + start) for at, start in zip((z, y, x), corner, strict=True))
    raise UserError(
        f"{source}: {sum(counts)} of {voxels.size} voxels are NaN or infinite, the first at "
        f"(z, y, x) = {first}; replace them, or give a --region without them"
    )
