"""Voxels that lie in a file as they are, row after row: MRC, EM, .npy and some TIFF."""

import os
from collections.abc import Callable
from typing import BinaryIO

import numpy as np

from tomobench.desk.errors import UserError

Decode = Callable[[np.ndarray, int], np.ndarray]


class Rows:
    """An array of ``shape`` (slowest axis first) at ``offset`` bytes of an open file.

    source: what messages call it. row_bytes and decode are for packed rows: bytes a row takes, and
    what makes (rows, columns) numbers of (rows, row_bytes) bytes.
    """

    def __init__(
        self,
        source: str,
        file: BinaryIO,
        offset: int,
        shape: tuple[int, ...],
        dtype: np.dtype,
        row_bytes: int | None = None,
        decode: Decode | None = None,
    ):
        self._source = source
        self.file, self.offset, self.shape, self.dtype = file, offset, shape, dtype
        self._row_bytes = row_bytes or shape[-1] * dtype.itemsize
        self._decode = decode or (lambda rows, columns: rows.view(dtype))

    @property
    def nbytes(self) -> int:
        """Bytes that the rows take in the file."""
        return int(np.prod(self.shape[:-1], dtype=object)) * self._row_bytes

    def read(self, wanted: tuple[slice, ...]) -> np.ndarray:
        """A region, one slice an axis. Raises UserError if the file ends before it."""
        rows = [range(part.start, part.stop) for part in wanted[:-1]]
        block = np.empty([*map(len, rows), self.shape[-1]], self.dtype)
        lines = block.reshape(-1, len(rows[-1]), self.shape[-1])
        for line, index in zip(lines, np.ndindex(*map(len, rows[:-1])), strict=True):
            at = 0
            for first, part, edge in zip(index, rows[:-1], self.shape, strict=False):
                at = at * edge + part[first]
            line[...] = self._lines(at * self.shape[-2] + rows[-1].start, len(rows[-1]))
        return block[..., wanted[-1]]

    def _lines(self, first: int, count: int) -> np.ndarray:
        self.file.seek(self.offset + first * self._row_bytes)
        data = self.file.read(count * self._row_bytes)
        if len(data) != count * self._row_bytes:
            raise UserError(f"{self._source}: ends before its last voxel; copy or export it again")
        rows = np.frombuffer(data, np.uint8).reshape(count, self._row_bytes)
        return self._decode(rows, self.shape[-1])


def size_of(file: BinaryIO) -> int:
    """Bytes of an open file."""
    return os.fstat(file.fileno()).st_size
