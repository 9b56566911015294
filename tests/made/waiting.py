"""Waiting for what a test needs, and for no time."""

import time
from collections.abc import Callable


def until[T](condition: Callable[[], T], seconds: float = 60) -> T:
    """What a condition gives once that is something; AssertionError where it does not come at all. The seconds
    are for a machine that is very busy, and a test passes as soon as it can."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.05)
    return found
