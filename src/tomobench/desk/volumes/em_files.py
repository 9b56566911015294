"""Opening EM files, as the TOM toolbox, AV3 and PyTom write them."""

from typing import BinaryIO

import numpy as np

from tomobench.desk.volumes.contiguous import Rows
from tomobench.desk.volumes.opened import Excerpt, Opened, require_no_channel

HEADER = 512
"""Bytes of a header: four of codes, then columns, rows and sections."""

_ORDERS = {0: ">", 3: ">", 4: ">", 5: ">", 6: "<"}  # by machine: OS-9, SGI, Sun, Mac, PC
_TYPES = {1: "u1", 2: "i2", 4: "i4", 5: "f4", 9: "f8"}


def is_em(head: bytes, size: int) -> bool:
    """Whether a file that begins so and has this size is one: no word in it says so."""
    if len(head) < HEADER or head[0] not in _ORDERS or head[3] not in _TYPES:
        return False
    shape, dtype = _described(head)
    return min(shape) > 0 and HEADER + int(np.prod(shape, dtype=object)) * dtype.itemsize == size


def opened(source: str, file: BinaryIO, part: Excerpt) -> Opened:
    """An EM file as a volume. Raises AskedAmiss for channels, which it has none of."""
    require_no_channel(source, part.channel)
    file.seek(0)
    shape, dtype = _described(file.read(HEADER))
    rows = Rows(source, file, HEADER, shape, dtype)
    return Opened("EM", shape, dtype, None, {}, rows.read, (1, 1, shape[2]))


def _described(head: bytes) -> tuple[tuple[int, int, int], np.dtype]:
    order = _ORDERS[head[0]]
    columns, rows, sections = np.frombuffer(head, f"{order}i4", count=3, offset=4).tolist()
    return (sections, rows, columns), np.dtype(f"{order}{_TYPES[head[3]]}")
