"""A disk's refusals, as lines for people."""

import contextlib
import shutil

from tomobench.bench import cache
from tomobench.bench.errnos import NO_SPACE
from tomobench.desk.errors import UserError


class DiskRefuses(UserError):
    """The cache's disk has no room, or may not be written to: what was to be put there is not to blame."""


def is_full(error: Exception) -> bool:
    """Whether this error says that there is no room left."""
    return isinstance(error, OSError) and error.errno in NO_SPACE


def require(nbytes: int, source: str) -> None:
    """Raise DiskRefuses if the cache's disk has no room for this many bytes of ``source``."""
    where = cache.root()
    existing = next(path for path in (where, *where.parents) if path.exists())
    with writing(nbytes):
        free = shutil.disk_usage(existing).free
    if nbytes > free:
        raise DiskRefuses(
            f"{source}: takes {nbytes / 2**30:,.1f} GiB in the cache, and {where} has "
            f"{free / 2**30:.1f} GiB free; choose a --region or --level, or set TOMOBENCH_CACHE to "
            "a folder on another disk"
        )


@contextlib.contextmanager
def writing(nbytes: int | None):
    """Turn an OSError of the block into a DiskRefuses; it writes to the cache, nbytes if known."""
    try:
        yield
    except OSError as error:
        where = cache.root()
        if is_full(error):
            amount = "more" if nbytes is None else f"{nbytes / 2**20:.1f} MiB"
            raise DiskRefuses(
                f"no room in {where} for {amount} ({error.strerror}): "
                "make room, or set TOMOBENCH_CACHE to a folder on another disk"
            ) from error
        raise DiskRefuses(
            f"can't write to the cache {where} ({error.strerror}): "
            "set TOMOBENCH_CACHE to a folder of yours"
        ) from error
