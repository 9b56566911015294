"""Opening MRC files: MRC2014 by mrcfile's definition, and what IMOD and others make of it."""

import math
import re
from typing import BinaryIO

import numpy as np
from mrcfile.dtypes import HEADER_DTYPE

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import axes, units
from tomobench.desk.volumes.contiguous import Rows, size_of
from tomobench.desk.volumes.opened import Excerpt, Opened, require_no_channel

HEADER = HEADER_DTYPE.itemsize
"""Bytes of a header."""

_TYPES = {1: "i2", 2: "f4", 6: "u2", 12: "f2", 101: "u1"}
_NO_NUMBERS = {3: "complex int16", 4: "complex64", 16: "RGB bytes"}
_BYTES, _FOUR_BITS = 0, 101  # modes with rules of their own
_WIDTHS = {0: 1, 1: 2, 2: 4, 3: 4, 4: 8, 6: 2, 12: 2, 16: 3, 101: 0.5}
"""Bytes a voxel, by mode."""
_ORDERS = {b"\x44": "<", b"\x11": ">"}  # first byte of the machine stamp
_STAMPS = (b"\x44\x44\0\0", b"\x44\x41\0\0", b"\x11\x11\0\0")  # as MRC2014 has them
_LONGEST_EDGE = 1 << 24  # what a header in the wrong byte order would exceed
_IMOD, _SIGNED = 1146047817, 1  # IMOD's stamp in a header, and its flag for signed bytes
_STAMP_AT = 40  # in mrcfile's extra2, which begins at byte 112; the flags follow
_VOLUME_STACKS = range(401, 631)  # space groups of MRC2014


def is_mrc(head: bytes) -> bool:
    """Whether a file that begins so has an MRC header."""
    return len(head) >= HEADER and bool(_headers(head))


def bytes_expected(head: bytes) -> int:
    """The length of the file that begins with this MRC header."""
    header = _header(head)
    rows = int(header["nz"]) * int(header["ny"])
    return HEADER + max(0, int(header["nsymbt"])) + rows * _row_bytes(header)


def opened(source: str, file: BinaryIO, part: Excerpt) -> Opened:
    """A file for which :func:`is_mrc` holds, as a volume. Raises UserError if it is not whole, or has no such channel."""
    require_no_channel(source, part.channel)
    file.seek(0)
    head = file.read(HEADER)
    header = _header(head)
    _check(source, header, size_of(file))
    notes = _oddities(source, header, head, size_of(file))
    dtype = _dtype(source, header, part.unsigned, notes)
    shape = (int(header["nz"]), int(header["ny"]), int(header["nx"]))
    offset = HEADER + int(header["nsymbt"])
    decode = _nibbles if header["mode"] == _FOUR_BITS else None
    rows = Rows(source, file, offset, shape, dtype, _row_bytes(header), decode)
    arranged = axes.Arrangement(_axis_order(source, header), {})
    return Opened(
        "MRC",
        arranged.of(shape),
        dtype,
        _spacing(header),
        {"mode": int(header["mode"]), "labels": _labels(header)},
        lambda wanted: arranged.arranged(rows.read(arranged.stored(wanted))),
        arranged.of((1, 1, shape[2])),
        notes=notes,
    )


def _header(head: bytes) -> np.void:
    """The header of a file for which :func:`is_mrc` holds."""
    return _headers(head)[0]


def _headers(head: bytes) -> list[np.void]:
    """The header in each byte order in which it makes sense, the stamp's first.

    Old programs leave stamp and MAP word empty, and SerialEM wrote half a stamp.
    """
    stated = _ORDERS.get(head[212:213], "<")
    orders = (stated, "<" if stated == ">" else ">")
    found = [np.frombuffer(head, HEADER_DTYPE.newbyteorder(one), count=1)[0] for one in orders]
    return [header for header in found if _plausible(header)]


def _plausible(header: np.void) -> bool:
    edges = [int(header[name]) for name in ("nx", "ny", "nz")]
    axes_named = sorted(int(header[name]) for name in ("mapc", "mapr", "maps"))
    named = header["map"][:3] == b"MAP" or axes_named == [1, 2, 3]
    return named and int(header["mode"]) in _WIDTHS and all(0 < e < _LONGEST_EDGE for e in edges)


def complaint(source: str, head: bytes) -> UserError:
    """What is wrong with a file that begins so, and by its name should be an MRC file."""
    return _bad(source, _what_is_wrong(head))


def _what_is_wrong(head: bytes) -> str:
    if len(head) < HEADER:
        return f"{len(head)} bytes are less than a header"
    order = _ORDERS.get(head[212:213], "<")
    header = np.frombuffer(head, HEADER_DTYPE.newbyteorder(order), count=1)[0]
    mode = int(header["mode"])
    edges = tuple(int(header[name]) for name in ("nz", "ny", "nx"))
    if head[208:211] != b"MAP":
        return "it has no MAP word, and its header makes no sense"
    if mode not in _WIDTHS:
        return f"mode {mode} is not known"
    return f"a shape of {edges} makes no sense"


def _bad(source: str, why: str) -> UserError:
    return UserError(f"{source}: not a whole, valid MRC file ({why}); copy or export it again")


def _check(source: str, header: np.void, size: int) -> None:
    """Raise UserError unless the header describes one volume of numbers that the file holds."""
    mode, extended = int(header["mode"]), int(header["nsymbt"])
    if mode in _NO_NUMBERS:
        raise UserError(
            f"{source}: voxels of type {_NO_NUMBERS[mode]} (mode {mode}); whole and real numbers "
            "can be imported, so convert it first"
        )
    if extended < 0:
        raise _bad(source, f"an extended header of {extended} bytes")
    needed = HEADER + extended + int(header["nz"]) * int(header["ny"]) * _row_bytes(header)
    if size < needed:
        raise _bad(source, f"{size} bytes; by its header it has {needed}")
    sections = int(header["mz"])
    if int(header["ispg"]) in _VOLUME_STACKS and 0 < sections < int(header["nz"]):
        raise UserError(
            f"{source}: a stack of {int(header['nz']) / sections:g} volumes; only a single volume "
            "can be imported, so extract one first"
        )


def _oddities(source: str, header: np.void, head: bytes, size: int) -> list[str]:
    """What is unusual about a file that is read all the same."""
    order = "little" if header.dtype["mode"].str.startswith("<") else "big"
    words, stamp = [], head[212:216]
    if head[208:211] != b"MAP":
        words.append(f"the MAP word is {head[208:212]!r}")
    if stamp not in _STAMPS or _ORDERS[stamp[:1]] != header.dtype["mode"].str[0]:
        words.append(f"the machine stamp is 0x{stamp.hex()}")
    notes = []
    if words:
        notes.append(
            f"{source}: {' and '.join(words)}; read as {order}-endian all the same, since its shape "
            "and mode make sense so"
        )
    if surplus := size - bytes_expected(head):
        notes.append(f"{source}: MRC file is {surplus} bytes larger than expected")
    return notes


def _dtype(source: str, header: np.void, unsigned: bool | None, notes: list[str]) -> np.dtype:
    order = header.dtype["mode"].str[0]
    if int(header["mode"]) != _BYTES:
        if unsigned is not None:
            raise UserError(
                f"{source}: --signed and --unsigned are for mode 0, and this is mode {header['mode']}; "
                "leave it out"
            )
        return np.dtype(f"{order}{_TYPES[int(header['mode'])]}")
    if unsigned is None:
        unsigned = _says_unsigned(source, header, notes)
    return np.dtype("u1" if unsigned else "i1")


def _says_unsigned(source: str, header: np.void, notes: list[str]) -> bool:
    """Whether bytes are unsigned, by the header.

    A range that only one kind can hold decides. IMOD's bytes, label volumes above all, are unsigned
    unless a flag says otherwise (IMOD's mrc_format.txt). MRC2014 knows signed ones only.
    """
    low, high = float(header["dmin"]), float(header["dmax"])
    if low >= 0 and high > 127:
        return True
    if -128 <= low < 0 and high <= 127 and low.is_integer() and high.is_integer():
        return False
    order = header.dtype["mode"].str[0]
    extra = header["extra2"].tobytes().ljust(_STAMP_AT + 8, b"\0")
    stamp, flags = np.frombuffer(extra, f"{order}i4", count=2, offset=_STAMP_AT)
    if stamp == _IMOD:
        return not flags & _SIGNED
    if low < 0 or not low < high:  # of other voxels, or never filled in
        notes.append(
            f"{source}: nothing in the header says whether its bytes are signed; taken as signed, "
            "as MRC2014 has them (--unsigned reads them as 0 to 255)"
        )
    return False


def _row_bytes(header: np.void) -> int:
    return math.ceil(int(header["nx"]) * _WIDTHS[int(header["mode"])])


def _nibbles(rows: np.ndarray, columns: int) -> np.ndarray:
    """Two voxels a byte, the lower half first (IMOD's mrc_format.txt); rows begin on a byte."""
    return np.stack([rows & 15, rows >> 4], axis=-1).reshape(len(rows), -1)[:, :columns]


def _axis_order(source: str, header: np.void) -> tuple[int, ...]:
    """Which array axes are z, y and x: the header says what columns, rows and sections are."""
    stored = [int(header[name]) for name in ("maps", "mapr", "mapc")]
    if stored == [0, 0, 0]:  # never filled in
        return (0, 1, 2)
    if sorted(stored) != [1, 2, 3]:
        raise UserError(
            f"{source}: its header's axes (mapc, mapr, maps) are {stored[::-1]}, not 1, 2 and 3"
        )
    return tuple(stored.index(axis) for axis in (3, 2, 1))


def _spacing(header: np.void) -> tuple[float, float, float] | None:
    """Cell lengths over intervals, as mrcfile's voxel_size has it."""
    cells = [float(header["cella"][axis]) for axis in "zyx"]
    counts = [int(header[name]) for name in ("mz", "my", "mx")]
    return units.spacing(
        [cell / n if n > 0 else None for cell, n in zip(cells, counts, strict=True)]
    )


def _labels(header: np.void) -> list[str]:
    texts = (label.decode("latin-1") for label in header["label"])
    shown = (re.sub(r"[^\x20-\x7e\xa0-\xff]+", " ", text).strip() for text in texts)
    return [text for text in shown if text]
