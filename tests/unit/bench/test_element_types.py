"""Element types on small arrays: a chunk of zeros that is left out must not leave what was there before."""

import numpy as np
import pytest

from tomobench.bench import adapters, element_types, tried
from tomobench.bench.layout import Layout

LAYOUT = Layout(tried.CHUNKS)


class MadeRelease:
    """Keeps one array, and writes no chunk of zeros where it may leave it out. ``removes``: it takes away what was there;
    ``gives``: what a chunk that is not there reads as."""

    def __init__(self, removes=True, gives=0):
        self._removes, self._gives = removes, gives
        self._chunks, self._all_written = {}, True

    def disk(self, path):
        return path

    def create(self, target, shape, dtype, layout, write_empty_chunks=True):
        self._shape, self._dtype = shape, dtype
        self._all_written = write_empty_chunks
        return self

    def create_from(self, target, voxels, layout):
        raise NotImplementedError("not here")

    def open_array(self, target, mode):
        self._all_written = False
        return self

    def __setitem__(self, part, voxels):
        for place, one in self._parts():
            if self._all_written or any(voxels[one].tobytes()):
                self._chunks[place] = voxels[one].copy()
            elif self._removes:
                self._chunks.pop(place, None)

    def __getitem__(self, part):
        found = np.full(self._shape, self._gives, self._dtype)
        for place, one in self._parts():
            if place in self._chunks:
                found[one] = self._chunks[place]
        return found

    def _parts(self):
        for place in np.ndindex(*(-(-size // edge) for size, edge in zip(self._shape, (16,) * 3))):
            yield place, tuple(slice(16 * n, 16 * (n + 1)) for n in place)


@pytest.fixture
def wrong(told, monkeypatch):
    """A function: how many voxels zarr itself reads wrong that such a release has written in a way."""

    def find(release, way):
        monkeypatch.setattr(adapters, "load", lambda: release)
        return element_types.wrong(LAYOUT, way, "<f4", "zarr")

    def refuse(store):
        raise NotImplementedError("not here")

    monkeypatch.setattr(element_types, "in_a_child", lambda look, seconds, *given: look(*given))
    monkeypatch.setattr(element_types, "TensorstoreReader", refuse)
    return find


@pytest.mark.parametrize("way", ["by assignment", "without empty chunks", "erased"])
def test_a_chunk_that_is_left_out_reads_as_zeros(wrong, way):
    assert wrong(MadeRelease(), way) == 0


def test_old_voxels_below_a_chunk_of_zeros_are_wrong(wrong):
    assert wrong(MadeRelease(removes=False), "erased") == np.prod(tried.CHUNKS)


@pytest.mark.parametrize("way", ["without empty chunks", "erased"])
def test_a_chunk_that_is_left_out_and_reads_as_something_else_is_wrong(wrong, way):
    assert wrong(MadeRelease(gives=1), way) == np.prod(tried.CHUNKS)
