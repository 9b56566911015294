"""The memory of a process: what was there before is no part of what came."""

import os
from pathlib import Path

import numpy as np
import pytest

from tomobench.bench import resident
from tomobench.bench.crews import Watched


@pytest.mark.parametrize(
    ("idle", "most", "above"), [(5, 8, 3), (5, 5, 0), (5, 4, 0), (0, 8, 0), (5, 0, 0)]
)
def test_what_is_above_is_told_where_both_are(idle, most, above):
    assert resident.above(idle, most) == above


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="no such account here")
def test_memory_that_a_call_takes_is_seen():
    idle = resident.start()
    held = np.ones(2**23, np.uint8)
    assert held.size <= resident.above(idle, resident.peak()) < 3 * held.size


def test_a_system_that_does_not_begin_to_count_tells_nothing(monkeypatch):
    write = Path.write_text

    def denied(path, *words, **more):
        if path.name == "clear_refs":
            raise PermissionError(13, "denied")
        return write(path, *words, **more)

    monkeypatch.setattr(Path, "write_text", denied)
    assert resident.above(resident.start(), resident.peak()) == 0 == Watched().above_idle
