"""Tracing of memory, with room in Python's table of interned strings: the table must not grow meanwhile.

zarr's stores intern the parts of paths (pathlib does). Where the table grew during an access, by 1.9 MB in a process that
has imported zarr, the access seemed to hold that much more.
"""

import functools
import itertools
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

#: Strings that are interned at a time, and the most in all.
BATCH, MOST = 2**8, 2**17
#: The table has grown where a batch takes more bytes: its strings take a tenth of that.
GROWTH = 2**17


@contextmanager
def tracing(frames: int = 1) -> Iterator[None]:
    """Within the block tracemalloc traces, and keeps so many frames of each allocation."""
    make_room()
    with _started(frames):
        yield


@functools.cache
def make_room() -> None:
    """Intern strings until the table grows, once in a process.

    CPython gives a dict that is full three times the room of what is in it. So thousands of strings fit in before it
    grows again.
    """
    kept: list[str] = []
    with _started(frames=1):
        for numbers in itertools.batched(range(MOST), BATCH):
            before, _ = tracemalloc.get_traced_memory()
            kept += [sys.intern(f"tomobench makes room {number}") for number in numbers]
            if tracemalloc.get_traced_memory()[0] - before > GROWTH:
                return


@contextmanager
def _started(frames: int) -> Iterator[None]:
    tracemalloc.start(frames)
    try:
        yield
    finally:
        tracemalloc.stop()
