"""A disk's refusals, as lines for people."""

import contextlib
import errno

from tomobench.bench import cache
from tomobench.desk.errors import UserError

# EFBIG: a quota on the size of one file. A network disk may report a quota in place of a full disk.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_full(error: Exception) -> bool:
    """Whether this error says that there is no room left."""
    return isinstance(error, OSError) and error.errno in _FULL


@contextlib.contextmanager
def writing(nbytes: int | None):
    """Turn an OSError of the block into a UserError; it writes to the cache, nbytes if known."""
    try:
        yield
    except OSError as error:
        where = cache.root()
        if is_full(error):
            amount = "more" if nbytes is None else f"{nbytes / 2**20:.1f} MiB"
            raise UserError(
                f"no room in {where} for {amount} ({error.strerror}): "
                "make room, or set TOMOBENCH_CACHE to a folder on another disk"
            ) from error
        raise UserError(
            f"can't write to the cache {where} ({error.strerror}): "
            "set TOMOBENCH_CACHE to a folder of yours"
        ) from error
