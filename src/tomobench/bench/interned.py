"""Python's table of interned strings, with room in it: it must not grow while memory is traced.

zarr's stores intern the parts of paths (pathlib does). Where the table grew during an access, by 1.9 MB in a process that
has imported zarr, the access seemed to hold that much more.
"""

import functools
import itertools
import sys
import tracemalloc

#: Strings that are interned at a time, and the most in all.
BATCH, MOST = 2**8, 2**17
#: The table has grown where a batch takes more bytes: its strings take a tenth of that.
GROWTH = 2**17


@functools.cache
def make_room() -> None:
    """Intern strings until the table grows, once in a process.

    CPython gives a dict that is full three times the room of what is in it. So thousands of strings fit in before it
    grows again.
    """
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    try:
        _fill()
    finally:
        if not tracing:
            tracemalloc.stop()


def _fill() -> None:
    kept: list[str] = []
    for numbers in itertools.batched(range(MOST), BATCH):
        before, _ = tracemalloc.get_traced_memory()
        kept += [sys.intern(f"tomobench makes room {number}") for number in numbers]
        if tracemalloc.get_traced_memory()[0] - before > GROWTH:
            return
