"""Processes take turns where they write the same thing: a lock that is free again when its holder ends, however."""

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tomobench.bench.blame import NotMeasured

#: Where this environment variable is 1, the second process ends in place of waiting.
NO_WAIT = "TOMOBENCH_NO_WAIT"
#: Begins the line of a process that waits.
WAITING = "tomobench: waiting for"
#: Seconds that a benchmark waits. Half of what asv gives it: its time must not run out for what another does.
PATIENCE = 60
_PAUSE = 0.02


@contextlib.contextmanager
def turn(path: Path) -> Iterator[None]:
    """Within the block no other process is in such a block for this file or folder of the cache.

    The lock is a file beside it, there for as long as it is held. A process may not have it twice.
    A second process waits, after one line on stderr. Raises NotMeasured where it has to wait for longer than
    PATIENCE, or at all under TOMOBENCH_NO_WAIT=1; and OSError where there can be no such file.
    """
    lock = lock_of(path)
    lock.parent.mkdir(parents=True, exist_ok=True)
    handle = _acquired(lock, f"another process that writes {'/'.join(path.parts[-2:])}")
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)  # while it is held: who waits for it sees that it is gone
        os.close(handle)


def lock_of(path: Path) -> Path:
    """The file that locks a path: beside what it leads to, the same one by whatever links it is reached."""
    real = Path(os.path.realpath(path))
    return real.with_name(f".{real.name.removeprefix('.')}.lock")


def no_wait() -> bool:
    """Whether a process ends where it would wait."""
    return os.environ.get(NO_WAIT) == "1"


def under_way(what: str) -> str:
    """Why a process ended that was not to wait."""
    return f"{what} is under way: wait for it, or unset {NO_WAIT}"


def waiting(what: str) -> str:
    """The line of a process that waits."""
    return f"{WAITING} {what} to end ({NO_WAIT}=1 ends instead)"


def _acquired(lock: Path, what: str) -> int:
    """The locked file's handle."""
    end = None
    while (handle := _tried(lock)) is None:
        if no_wait():
            raise NotMeasured(under_way(what))
        if end is None:
            print(waiting(what), file=sys.stderr, flush=True)
            end = time.monotonic() + PATIENCE
        elif time.monotonic() > end:
            raise NotMeasured(f"{what} takes more than {PATIENCE} s")
        time.sleep(_PAUSE)
    return handle


def _tried(lock: Path) -> int | None:
    """The handle, or None where another has the lock, or has just removed the file with it."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), os.stat(lock)):
            return handle
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None
