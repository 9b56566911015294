"""asv's servers of benchmarks that an end of the command left running.

Ctrl-C while asv 0.6.6 waits for a server's first word leaves it, and asv, waiting for what it prints, does not end.
"""

import contextlib
import functools
from collections.abc import Iterator
from weakref import WeakSet

from asv.runner import ForkServer

_started: WeakSet[ForkServer] = WeakSet()


def note() -> None:
    """Have asv's servers be known from their beginning. Called once."""
    if not hasattr(ForkServer.__init__, "notes_servers"):
        ForkServer.__init__ = _noted(ForkServer.__init__)


def _noted(begin):
    @functools.wraps(begin)
    def noted(self, *given, **named):
        _started.add(self)
        begin(self, *given, **named)

    noted.__dict__["notes_servers"] = True
    return noted


@contextlib.contextmanager
def ended() -> Iterator[None]:
    """After the block no server is left, however it ends."""
    try:
        yield
    finally:
        for one in list(_started):
            if (reader := getattr(one, "stdout_reader_thread", None)) and reader.is_alive():
                one.interrupted = True  # or what it printed would be shown
                one.close()
