"""The one kind of error that a person is meant to read, and what becomes one."""

import contextlib
import os
import sys
from collections.abc import Iterator

from tomobench.bench.errnos import NETWORK, PLACES, SYSTEM


class UserError(Exception):
    """Something the user can put right. The message is one line: what was wrong, and what to do."""


OF_THE_MACHINE = SYSTEM | NETWORK | PLACES
"""Errors of the system that a bug of ours doesn't make. Others (EBADF, EINVAL …) keep their traceback."""


INTERRUPTED = "interrupted"
NO_MEMORY = "there is not enough memory: ask for less, or end other programs"

NOT_LOADED = ("failed to map segment", "annot allocate memory")
"""What the loader of libraries says where it is out of memory (glibc, elf/dl-load.c); Python makes it an ImportError."""


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Within the block, what the machine or a person did becomes a UserError: one line.

    No space, no rights, a missing place, no memory, data nested too deeply, Ctrl-C. A bug of ours
    comes through as it is, and so does a broken pipe: its reader wants no line.
    """
    try:
        yield
    except UserError:
        raise
    except KeyboardInterrupt:
        raise UserError(INTERRUPTED) from None
    except MemoryError:
        raise UserError(NO_MEMORY) from None
    except RecursionError:
        raise UserError("something that was read is nested too deeply: see what changed") from None
    except OSError as error:
        if isinstance(error, BrokenPipeError) or error.errno not in OF_THE_MACHINE:
            raise
        raise UserError(reason(error)) from None
    except Exception as error:
        if (said := _behind(error)) is None:
            raise
        raise UserError(said) from None


def _behind(error: Exception) -> str | None:
    """What is behind an exception of a library's own: Ctrl-C while it was imported, or no memory; None for a bug."""
    from tomobench.bench.blame import chain  # what it imports is not needed to print a help

    for one in chain(error):
        if isinstance(one, KeyboardInterrupt):
            return INTERRUPTED
        if _is_asv_s(one):
            return str(one).splitlines()[0]
        if isinstance(one, MemoryError) or (
            isinstance(one, ImportError) and any(words in str(one) for words in NOT_LOADED)
        ):
            return NO_MEMORY
    return None


def _is_asv_s(error: BaseException) -> bool:
    """Whether asv means it for the user: a damaged file, say."""
    util = sys.modules.get("asv.util")
    return util is not None and isinstance(error, util.UserError)


def reason(error: OSError) -> str:
    """What the system said, with the file where it names one."""
    said = error.strerror or str(error).splitlines()[0]
    return (
        f"{os.fsdecode(error.filename)}: {said}"
        if isinstance(error.filename, str | bytes)
        else said
    )
