"""Opening MRC files (MRC2014 and what IMOD and others make of it), plain, gzip or bzip2."""

import contextlib
import logging
import warnings
import zlib
from pathlib import Path

import mrcfile
import numpy as np

from tomobench.desk.errors import UserError
from tomobench.desk.volumes.opened import Opened, rounded

_log = logging.getLogger(__name__)
_IMOD, _SIGNED = 1146047817, 1  # IMOD's stamp in a header, and its flag for signed bytes
_STAMP_AT = 40  # in mrcfile's extra2, which begins at byte 112; the flags follow
_PACKED_MAGIC = (b"\x1f\x8b", b"BZ")  # gzip, bzip2


@contextlib.contextmanager
def opened(path: Path, level: int):
    """Yield an MRC file, mapped into memory unless packed. Raises UserError for a bad one."""
    if level:
        raise UserError(f"{path}: only an OME-Zarr has resolution levels; leave --level out")
    with _file(path) as mrc:
        order = _axis_order(path, mrc.header)
        # An image has two axes, and a stack of volumes four: the caller's to refuse.
        data = _signed_or_not(mrc)
        data = data.transpose(order) if data.ndim == 3 else data
        details = {
            "mode": int(mrc.header.mode),
            "labels": [label for label in mrc.get_labels() if label],
        }
        spacing = _spacing(mrc.voxel_size)
        yield Opened("MRC", data.shape, np.dtype(data.dtype), spacing, details, data.__getitem__)


@contextlib.contextmanager
def _file(path: Path):
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            mrc = _open(path)
    except (ValueError, EOFError, zlib.error) as error:
        raise UserError(
            f"{path}: not a whole, valid MRC file ({error}); copy or export it again"
        ) from error
    for warning in caught:
        _log.warning("%s: %s", path, warning.message)
    with mrc:
        yield mrc


def _open(path: Path):
    with open(path, "rb") as file:
        packed = file.read(2) in _PACKED_MAGIC
    return mrcfile.open(path, mode="r") if packed else mrcfile.mmap(path, mode="r")


def _signed_or_not(mrc) -> np.ndarray:
    """The voxels, of mode 0 as the file means them: IMOD's, label volumes above all, hold unsigned
    bytes unless a flag says otherwise (IMOD's mrc_format.txt); MRC2014 knows signed ones only.
    """
    order = mrc.header.mode.dtype.byteorder
    extra = mrc.header.extra2.tobytes()
    stamp, flags = np.frombuffer(extra, f"{order}i4", count=2, offset=_STAMP_AT)
    unsigned = mrc.header.mode == 0 and stamp == _IMOD and not flags & _SIGNED
    return mrc.data.view(np.uint8) if unsigned else mrc.data


def _axis_order(path: Path, header) -> tuple[int, ...]:
    """Which array axes are z, y and x: the header says what columns, rows and sections are."""
    stored = [int(header.maps), int(header.mapr), int(header.mapc)]
    if stored == [0, 0, 0]:  # never filled in
        return (0, 1, 2)
    if sorted(stored) != [1, 2, 3]:
        raise UserError(
            f"{path}: its header's axes (mapc, mapr, maps) are {stored[::-1]}, not 1, 2 and 3"
        )
    return tuple(stored.index(axis) for axis in (3, 2, 1))


def _spacing(size) -> tuple[float, ...] | None:
    edges = rounded((float(size.z), float(size.y), float(size.x)))
    return edges if all(np.isfinite(edges)) and min(edges) > 0 else None
