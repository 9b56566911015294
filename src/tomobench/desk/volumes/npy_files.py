"""Opening .npy arrays (NumPy's format, versions 1 to 3)."""

import tokenize
from typing import BinaryIO

import numpy as np

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import axes
from tomobench.desk.volumes.contiguous import Rows, size_of
from tomobench.desk.volumes.opened import Excerpt, Opened

_READERS = {
    1: np.lib.format.read_array_header_1_0,
    2: np.lib.format.read_array_header_2_0,
}
_DAMAGED = (
    ValueError,
    LookupError,
    TypeError,
    SyntaxError,
    tokenize.TokenError,
    EOFError,
    RecursionError,
    MemoryError,
)
"""A header is text that Python's parser reads: what that raises for a damaged one."""


def opened(source: str, file: BinaryIO, part: Excerpt) -> Opened:
    """A .npy file as a volume. Raises UserError for one that is none, or not whole."""
    file.seek(0)
    try:
        version = np.lib.format.read_magic(file)[0]
        shape, fortran, dtype = _READERS.get(version, _READERS[2])(file)
        if min(shape, default=0) < 0:
            raise ValueError(f"a shape of {shape}")
    except _DAMAGED as error:
        raise _unreadable(source, str(next(iter(error.args), "nested too deeply"))) from error
    if dtype.hasobject:
        raise UserError(f"{source}: an array of Python objects, which are not unpacked")
    arranged = axes.arrangement(source, shape, channel=part.channel)
    rows = Rows(source, file, file.tell(), shape[::-1] if fortran else shape, dtype)
    needed = rows.offset + rows.nbytes
    if (size := size_of(file)) < needed:
        raise _unreadable(source, f"{size} of {needed} bytes")

    def read(wanted):
        stored = arranged.stored(wanted)
        block = rows.read(stored[::-1]).T if fortran else rows.read(stored)
        return arranged.arranged(block)

    row = [1] * len(shape)
    fastest = 0 if fortran else len(shape) - 1
    row[fastest] = shape[fastest]
    return Opened(".npy", arranged.of(shape), dtype, None, {}, read, arranged.of(row))


def _unreadable(source: str, why: str) -> UserError:
    said = " ".join(why.split())[:200]
    return UserError(f"{source}: not a readable .npy file ({said}); export it again")
