"""Locks between processes: the second waits for the first, and says so."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import click
from filelock import FileLock, Timeout

from tomobench.bench import turns
from tomobench.bench.turns import NO_WAIT
from tomobench.desk.errors import UserError

__all__ = ["NO_WAIT", "held", "writing"]


@contextlib.contextmanager
def held(path: Path, what: str, wait: bool | None = None) -> Iterator[None]:
    """Hold the lock of this file within the block. It is free again when the process ends, however.

    ``what`` names who has it meanwhile, as in "another tomobench history". A second process waits,
    after one line on stderr. A process that has it may have it again. ``wait``: whether it waits at all;
    None: unless TOMOBENCH_NO_WAIT=1.
    Raises UserError where another has it and this one does not wait, or the file can't be made.
    """
    lock = FileLock(path, is_singleton=True, thread_local=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _acquire(lock, what, wait)
    except OSError as error:
        raise UserError(
            f"the lock {path} can't be taken ({error.strerror or error}): "
            "its folder has to be one that you can write to"
        ) from None
    try:
        yield
    finally:
        lock.release()


def writing(
    path: Path, what: str | None = None, wait: bool | None = None
) -> contextlib.AbstractContextManager[None]:
    """Within the block no other process writes this file or folder: :func:`held`, of a file beside it."""
    return held(turns.lock_of(path), what or f"another command that writes {path.name}", wait)


def _acquire(lock: FileLock, what: str, wait: bool | None) -> None:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        if wait is False or (wait is None and turns.no_wait()):
            raise UserError(turns.under_way(what)) from None
        click.echo(f"{turns.WAITING} {what} to end" if wait else turns.waiting(what), err=True)
        lock.acquire()
