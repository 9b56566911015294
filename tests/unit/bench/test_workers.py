"""Workers that read all chunks: what of several repeats is kept."""

from contextlib import nullcontext
from itertools import cycle

import numpy as np
import pytest

from tomobench.bench import crews, workers
from tomobench.bench.crews import Watched
from tomobench.bench.layout import Layout
from tomobench.bench.store import Store


@pytest.mark.parametrize("wrong", [(5, 0, 0), (0, 5, 0), (0, 0, 5)])
def test_voxels_that_one_repeat_reads_wrong_are_kept(tmp_path, monkeypatch, wrong):
    store = Store(tmp_path, Layout((4, 4, 4)), np.zeros((8, 8, 8), np.float32))
    found, memory = cycle(wrong), cycle((30, 10, 20))

    def read(readers, store, name, watch):
        if watch == crews.VOXELS:
            return Watched(wrong=next(found))
        return Watched(above_idle=next(memory))

    monkeypatch.setattr(workers, "whole", lambda store: store)
    monkeypatch.setattr(workers, "crew", lambda voxels: nullcontext())
    monkeypatch.setattr(workers, "read", read)
    assert workers.figures(store, "2 threads") == {"wrong_voxels": 5, "process_memory": 20}
