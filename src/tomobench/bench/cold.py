"""The page cache of chosen files, cold or as freshly written, by means that an ordinary user has."""

import contextlib
import ctypes
import mmap
import os
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

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


def settle(files: Iterable[Path]) -> None:
    """Have these files in the page cache as a fresh write leaves them, as far as the system lets go of them.

    How fast a cached file is read hangs on the pages of memory that hold it, for as long as they do. Here a file of
    7 MB took 0.45 to 0.6 ms, whichever it was, once it had been written, and 0.8 to 1.7 ms, each file its own, once it
    had been read back from the disk. The bytes are written over themselves, so that an interruption harms nothing.
    """
    for file in files:
        content = file.read_bytes()
        with contextlib.suppress(NotImplementedError):
            cool([file])
        with open(file, "r+b") as opened:
            opened.write(content)


def settle_once(store) -> None:
    """:func:`settle` a store's files, unless this process or one of its family has."""
    last = store.folder / "settled-by"
    if not last.exists() or last.read_text() != FAMILY:
        settle(store.files())
        last.write_text(FAMILY)


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
