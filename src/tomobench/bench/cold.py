"""The page cache of chosen files, cold or as freshly written, by means that an ordinary user has."""

import contextlib
import ctypes
import json
import mmap
import os
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tomobench.bench.cache import kept_json
from tomobench.bench.whole import Contents, content_of, entries, stats

#: Names the process that imported this, and those that it forks.
FAMILY = f"{os.getpid()}-{time.time_ns()}"


def cool(files: Iterable[Path]) -> None:
    """Have the system forget what it holds of these files in memory (``posix_fadvise``).

    What lies below (a disk's own cache, a virtual machine's host) is out of reach. Raises
    NotImplementedError where the system has no such call.
    """
    if not hasattr(os, "posix_fadvise"):
        raise NotImplementedError(
            "this system has no posix_fadvise: the page cache can't be emptied"
        )
    for file in files:
        with open(file, "rb") as opened:
            os.fsync(opened.fileno())  # pages not yet written would stay
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def settle(files: Iterable[Path]) -> dict[Path, list[int]]:
    """Have these files in the page cache as a fresh write leaves them, as far as the system lets go of them.

    How fast a cached file is read depends on the pages of memory that hold it, for as long as they do. Here a file of
    7 MB took 0.45 to 0.6 ms, whichever it was, once it had been written, and 0.8 to 1.7 ms, each file its own, once it
    had been read back from the disk. The bytes are written over themselves, so that an interruption harms nothing.
    Returns, for each file, what :data:`tomobench.bench.whole.Contents` has of these bytes.
    """
    found = {}
    for file in files:
        content = file.read_bytes()
        found[file] = content_of(content)
        with contextlib.suppress(NotImplementedError):
            cool([file])
        with open(file, "r+b") as opened:
            opened.write(content)
    return found


def settle_once(folder: Path, record: Path, expected: Contents) -> Contents:
    """:func:`settle` the files below a folder, unless this process or one of its family has. What they are.

    ``record``: a file that says who settled them, and how they were left. Files that nobody has touched since
    need not be read again: they are ``expected``.
    """
    if kept_json(record, list) == [FAMILY, stats(folder)]:
        return expected
    found = settle(Path(entry.path) for _, entry in entries(folder))
    named = {path.relative_to(folder).as_posix(): content for path, content in found.items()}
    if named == expected:
        record.write_text(json.dumps([FAMILY, stats(folder)]))  # a torn one is none
    return named


def resident(file: Path) -> float:
    """The share of a file's pages that are in memory, 0 to 1 (``mincore``). Raises OSError.

    Raises NotImplementedError where the system has no such call.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "mincore"):
        raise NotImplementedError("this system has no mincore: what is in memory can't be seen")
    length = file.stat().st_size
    if not length:
        return 0.0
    pages = np.zeros(-(-length // mmap.PAGESIZE), np.uint8)
    with (
        open(file, "rb") as opened,
        mmap.mmap(opened.fileno(), length, prot=mmap.PROT_READ) as mapped,
    ):
        # Only the address is taken from the view; it must be gone before the map is closed.
        view = np.frombuffer(mapped, np.uint8)
        address = view.ctypes.data
        del view
        pointer = pages.ctypes.data_as(ctypes.c_void_p)
        if libc.mincore(ctypes.c_void_p(address), ctypes.c_size_t(length), pointer):
            raise OSError(ctypes.get_errno(), f"mincore: {os.strerror(ctypes.get_errno())}")
    return float((pages & 1).mean())


def require_cold(files: Iterable[Path]) -> None:
    """Raise NotImplementedError when the files are still in memory after :func:`cool`, as on tmpfs."""
    cool(files := list(files))
    warm = sum(resident(file) > 0 for file in files)
    if warm:
        raise NotImplementedError(f"{warm} of {len(files)} files stay in the page cache here")
