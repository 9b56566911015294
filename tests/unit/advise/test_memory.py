"""Memory of readers and writers: by hand, and against the peaks that the suites counted."""

import numpy as np
import pytest

from tomobench.bench.layout import Layout
from tomobench.desk.advise.evidence import expected
from tomobench.desk.advise.evidence.expected import ALL, ONE, Cuts
from tomobench.desk.advise.evidence.fetches import Fetcher
from tomobench.desk.advise.plan import memory
from tomobench.desk.advise.plan.memory import HeldVoxels

SHAPE, MIB = (256, 256, 256), 2**20
#: One chunk object of 1 MiB; the same in shards of 8 MiB. Voxels of 4 bytes, stored in 2.
PLAIN, SHARDED = Layout((64, 64, 64)), Layout((64, 64, 64), (128, 128, 128), zarr_format=3)


def of_reading(layout, selected, version, at_once):
    cuts = Cuts.of([layout])
    done = expected.of(selected, SHAPE, cuts)
    asked = [one.asked for one in done.along]
    fetched = done.fetches(np.array([2.0]), at_once, merges=True).bytes
    reader = Fetcher(version, at_once)
    held = HeldVoxels(cuts, SHAPE, 4)
    return float(memory.reading(done.work, asked, held, 2.0, fetched, reader)[0]) / MIB


@pytest.mark.parametrize(
    ("layout", "version", "at_once", "chunks"),
    [
        (PLAIN, "3.4.2", 1, 1.5),  # one chunk, stored and decoded
        (PLAIN, "3.4.2", 10, 15),
        (PLAIN, "2.18.7", 10, 32 + 1),  # all that is stored, and a chunk
        (SHARDED, "3.4.2", 1, 4 + 8 + 1),  # a shard, its part of the answer, a chunk
        (SHARDED, "3.4.2", 100, 32 + 64 + 8),  # all eight shards
    ],
)
def test_reading_a_whole_volume_holds_its_answer_and_what_is_under_way(
    layout, version, at_once, chunks
):
    found = of_reading(layout, (ALL, ALL, ALL), version, at_once)
    assert found == pytest.approx(64 + chunks, abs=0.01)


def test_a_slice_of_a_shard_holds_what_was_fetched_of_it():
    # Of four shards, each of four chunks that are wanted: one shard's, its part of the slice, a chunk.
    found = of_reading(SHARDED, (ONE, ALL, ALL), "3.4.2", 1)
    assert found == pytest.approx(0.25 + 4 * 0.5 + 0.0625 + 1, abs=0.01)


def test_writing_holds_a_unit_and_what_it_is_coded_into():
    held = HeldVoxels(Cuts.of([PLAIN, SHARDED]), SHAPE, 4)
    new, old = (memory.writing(held, 2.0, Fetcher(one)) / MIB for one in ("3.4.2", "2.18.7"))
    assert new.tolist() == [2, 8 + 2 * 4] and old[0] == 2.5


def test_what_is_modelled_is_what_the_suites_counted(committed):
    """Peaks of traced memory, one chunk at a time, on two volumes."""
    for line, release in committed.tips().items():
        errors = memory.errors(committed.of(release), committed.history.name_of(release))
        assert errors.cells > {"2.18": 40, "3": 150}[line]
        assert errors.median < 0.03 and errors.ninth < 0.15 and errors.largest < 2.1
    assert memory.errors({}, "3.4.2") is None
