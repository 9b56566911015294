"""Environment variables that hold for a while: for this process, and for all that it starts meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def given(name: str, value: str) -> Iterator[None]:
    """Within the block a variable has this value; after it, what it had before."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before
