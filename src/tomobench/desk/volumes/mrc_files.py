"""Opening MRC files, by what their headers say (mrc_header.py)."""

import re
from typing import BinaryIO

import numpy as np
from mrcfile.dtypes import HEADER_DTYPE

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import axes, mrc_header, stated, units
from tomobench.desk.volumes.contiguous import Rows, size_of
from tomobench.desk.volumes.opened import AskedAmiss, Excerpt, Opened, require_no_channel

HEADER = HEADER_DTYPE.itemsize
"""Bytes of a header."""

_BYTES, _FOUR_BITS = 0, 101  # modes with rules of their own


def is_mrc(head: bytes) -> bool:
    """Whether a file that begins so has an MRC header."""
    return bool(mrc_header.headers_of(head))


def bytes_expected(head: bytes) -> int:
    """The length of the file that begins with this MRC header."""
    return mrc_header.bytes_of_mrc(_header(head))


def opened(source: str, file: BinaryIO, part: Excerpt) -> Opened:
    """A file for which :func:`is_mrc` holds, as a volume. Raises UserError if it is not whole, or has no such channel."""
    require_no_channel(source, part.channel)
    file.seek(0)
    head = file.read(HEADER)
    header = _header(head)
    if why := mrc_header.amiss_in_mrc(header, size_of(file)):
        raise UserError(f"{source}: {why}")
    odd = mrc_header.odd_in_mrc(header, head, size_of(file))
    notes = [f"{source}: {line}" for line in odd]
    dtype = _dtype(source, header, part.unsigned, notes)
    shape = (int(header["nz"]), int(header["ny"]), int(header["nx"]))
    offset = HEADER + int(header["nsymbt"])
    decode = _nibbles if header["mode"] == _FOUR_BITS else None
    rows = Rows(source, file, offset, shape, dtype, mrc_header.bytes_of_row(header), decode)
    arranged = axes.Arrangement(_axis_order(source, header), {})
    return Opened(
        "MRC",
        arranged.of(shape),
        dtype,
        units.spacing(stated.edges_of_mrc(header)),
        {"mode": int(header["mode"]), "labels": _labels(header)},
        lambda wanted: arranged.arranged(rows.read(arranged.stored(wanted))),
        arranged.of((1, 1, shape[2])),
        notes=notes,
    )


def _header(head: bytes) -> np.void:
    """The header of a file for which :func:`is_mrc` holds."""
    return mrc_header.headers_of(head)[0]


def complaint(source: str, head: bytes) -> UserError:
    """What is wrong with a file that begins so, and by its name should be an MRC file."""
    why = _what_is_wrong(head)
    return UserError(f"{source}: not a whole, valid MRC file ({why}); copy or export it again")


def _what_is_wrong(head: bytes) -> str:
    if len(head) < HEADER:
        return f"{len(head)} bytes are less than a header"
    order = ">" if head[212:213] == b"\x11" else "<"
    header = np.frombuffer(head, HEADER_DTYPE.newbyteorder(order), count=1)[0]
    mode = int(header["mode"])
    edges = tuple(int(header[name]) for name in ("nz", "ny", "nx"))
    if head[208:211] != b"MAP":
        return "it has no MAP word, and its header makes no sense"
    if mode not in mrc_header.modes():
        return f"mode {mode} is not known"
    return f"a shape of {edges} makes no sense"


def _dtype(source: str, header: np.void, unsigned: bool | None, notes: list[str]) -> np.dtype:
    order = header.dtype["mode"].str[0]
    if int(header["mode"]) != _BYTES:
        if unsigned is not None:
            raise AskedAmiss(
                f"{source}: --signed and --unsigned are for mode 0, and this is mode {header['mode']}; "
                "leave it out"
            )
        return np.dtype(f"{order}{mrc_header.modes()[int(header['mode'])][1]}")
    if unsigned is None:
        unsigned = _says_unsigned(source, header, notes)
    return np.dtype("u1" if unsigned else "i1")


def _says_unsigned(source: str, header: np.void, notes: list[str]) -> bool:
    """Whether bytes are unsigned, by the header; with a line where nothing says."""
    found = mrc_header.unsigned(header)
    if found is None:
        notes.append(
            f"{source}: nothing in the header says whether its bytes are signed; taken as signed, "
            "as MRC2014 has them (--unsigned reads them as 0 to 255)"
        )
    return bool(found)


def _nibbles(rows: np.ndarray, columns: int) -> np.ndarray:
    """Two voxels a byte, the lower half first (IMOD's mrc_format.txt); rows begin on a byte."""
    return np.stack([rows & 15, rows >> 4], axis=-1).reshape(len(rows), -1)[:, :columns]


def _axis_order(source: str, header: np.void) -> tuple[int, ...]:
    try:
        return tuple(mrc_header.order_of_mrc(header))
    except ValueError as error:
        raise UserError(f"{source}: {error}") from error


def _labels(header: np.void) -> list[str]:
    texts = (label.decode("latin-1") for label in header["label"])
    shown = (re.sub(r"[^\x20-\x7e\xa0-\xff]+", " ", text).strip() for text in texts)
    return [text for text in shown if text]
