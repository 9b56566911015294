"""What holds memory while most of it is held, line by line. No clock.

tracemalloc knows how much there was at most, and not when. So a call is followed event by event, and the next one is
stopped to look where that one had most.
"""

import sys
import tracemalloc
import types
from collections.abc import Callable
from dataclasses import dataclass

from tomobench.bench.starts import file_of, of_the_standard_library
from tomobench.bench.traced import tracing

#: Frames of a Python stack that are kept of each allocation: enough to get out of NumPy.
FRAMES = 8
#: The share of the most memory from which on a call is looked at, and the least step from a look to the next.
NEAR, STEP = 0.9, 0.01
#: Calls after which it is given up to meet the most memory again.
CALLS = 5
#: Packages whose lines are told; below them, in NumPy say, nothing was decided.
TELLING = ("zarr", "numcodecs", "fsspec", "s3fs")

Line = tuple[str, int]
"""A file and a line of it."""


@dataclass(frozen=True)
class HeldAtPeak:
    """``most``: bytes at most; ``at``: the line that was reached then; ``lines``: bytes held then, by line."""

    most: int
    at: Line
    lines: dict[Line, int]


class _Followed:
    """Looks at the memory after each step; takes a snapshot where it is about as much as ``expected``."""

    def __init__(self, expected: int | None):
        self.expected, self.most, self.at = expected, 0, ("", 0)
        self.seen = 0
        self.lines: dict[Line, int] | None = None

    def look(self) -> None:
        now, most = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        if most <= self.most:
            return
        self.most, self.at = most, _telling_frame(sys._getframe(2))
        if self.expected and most >= max(NEAR * self.expected, (1 + STEP) * self.seen):
            self.seen, self.lines = most, _by_line(tracemalloc.take_snapshot())
            # What a call in C took and gave back is that line's too.
            self.lines[self.at] = self.lines.get(self.at, 0) + most - now


def held(act: Callable[[Callable], object]) -> HeldAtPeak:
    """What is held while ``act(watched)`` runs what it has made ready by ``watched(function)``.

    It is called at least twice: until the most memory is met again.
    """
    expected = None
    for _ in range(CALLS):
        followed = _Followed(expected)
        act(lambda function, followed=followed: _follow(followed, function))
        if followed.lines is not None:
            break
        expected = followed.most
    return HeldAtPeak(followed.most, followed.at, followed.lines or {})


def _follow(followed: _Followed, function: Callable):
    """Call a function, followed. Returns what the function does."""
    monitoring, tool = sys.monitoring, sys.monitoring.PROFILER_ID
    events = monitoring.events

    def step(code, *others):
        if of_the_standard_library(code):
            return monitoring.DISABLE
        followed.look()

    def after_call(code, *others):  # comes along with CALL, and can't be switched off by itself
        if not of_the_standard_library(code):
            followed.look()

    monitoring.use_tool_id(tool, "tomobench")
    try:
        for event in (events.LINE, events.PY_RETURN, events.CALL):
            monitoring.register_callback(tool, event, step)
        monitoring.register_callback(tool, events.C_RETURN, after_call)
        with tracing(FRAMES):
            monitoring.set_events(tool, events.LINE | events.PY_RETURN | events.CALL)
            try:
                return function()
            finally:
                monitoring.set_events(tool, 0)
    finally:
        monitoring.free_tool_id(tool)


def _telling_frame(frame: types.FrameType | None) -> Line:
    """The innermost line of a package that tells; else the innermost."""
    first = frame
    while frame is not None:
        file = frame.f_code.co_filename
        if _tells(file):
            return file, frame.f_lineno or 0
        frame = frame.f_back
    return (first.f_code.co_filename, first.f_lineno or 0) if first else ("", 0)


def _tells(file: str) -> bool:
    return file_of(file).split("/")[0] in TELLING


def _by_line(snapshot: tracemalloc.Snapshot) -> dict[Line, int]:
    found: dict[Line, int] = {}
    for trace in snapshot.traces:
        place = _telling(trace.traceback)
        found[place] = found.get(place, 0) + trace.size
    return found


def _telling(traceback: tracemalloc.Traceback) -> Line:
    """As of a frame, of what tracemalloc kept."""
    frames = [(frame.filename, frame.lineno) for frame in reversed(traceback)]
    return next((one for one in frames if _tells(one[0])), frames[0])
