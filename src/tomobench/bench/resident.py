"""The memory of this process, as the system sees it: what it holds now, and the most since it was last asked (Linux)."""

import ctypes
import gc
import re
from pathlib import Path

_PROCESS = Path("/proc/self")
_KIB = 1024


def start() -> int:
    """Bytes that the process holds now; the most is counted from here on. 0 where there is no such account of it.

    What is free is given back first: malloc, told to keep memory, would have it ready from the work before.
    """
    gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):  # glibc's
        libc.malloc_trim(0)
    try:
        (_PROCESS / "clear_refs").write_text("5")  # proc(5): the peak becomes what is held now
    except OSError:
        return 0
    return _bytes("VmRSS")


def peak() -> int:
    """The most bytes that the process held since :func:`start`; 0 where there is no such account."""
    return _bytes("VmHWM")


def above(idle: int, most: int) -> int:
    """How far the most that was held is above what :func:`start` told; 0 where one of both was not told: else all that a
    process holds would pass for what its work takes."""
    return max(0, most - idle) if idle else 0


def _bytes(name: str) -> int:
    try:
        found = re.search(rf"{name}:\s+([0-9]+) kB", (_PROCESS / "status").read_text())
    except OSError:
        return 0
    return int(found[1]) * _KIB if found else 0
