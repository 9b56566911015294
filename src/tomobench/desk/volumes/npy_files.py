"""Opening .npy arrays (NumPy's format, versions 1 to 3)."""

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


def opened(source: str, file: BinaryIO, part: Excerpt) -> Opened:
    """A .npy file as a volume. Raises UserError for one that is none, or not whole."""
    file.seek(0)
    try:
        version = np.lib.format.read_magic(file)[0]
        shape, fortran, dtype = _READERS.get(version, _READERS[2])(file)
    except (ValueError, KeyError, SyntaxError, EOFError) as error:
        raise UserError(f"{source}: not a readable .npy file ({error}); export it again") from error
    if dtype.hasobject:
        raise UserError(f"{source}: an array of Python objects, which are not unpacked")
    arranged = axes.arrangement(source, shape, channel=part.channel)
    rows = Rows(source, file, file.tell(), shape[::-1] if fortran else shape, dtype)
    needed = rows.offset + rows.nbytes
    if (size := size_of(file)) < needed:
        raise UserError(
            f"{source}: not a readable .npy file ({size} of {needed} bytes); export it again"
        )

    def read(wanted):
        stored = arranged.stored(wanted)
        block = rows.read(stored[::-1]).T if fortran else rows.read(stored)
        return arranged.arranged(block)

    row = [1] * len(shape)
    fastest = 0 if fortran else len(shape) - 1
    row[fastest] = shape[fastest]
    return Opened(".npy", arranged.of(shape), dtype, None, {}, read, arranged.of(row))
