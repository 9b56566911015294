"""The check of a store finds any difference, to the bit."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tomobench.bench.layout import Layout
from tomobench.bench.store import difference

LAYOUT = Layout((2, 2, 2))
VOXELS = hnp.arrays(np.float32, (2, 3, 4), elements=st.floats(width=32))
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def folder(tmp_path):
    """A store with as many files as such an array has: four chunks and .zarray."""
    for n in range(5):
        (tmp_path / str(n)).touch()
    return tmp_path


def release(voxels, **changed):
    """Stands for the adapter of a release that gives back ``voxels``, and says ``changed`` of its layout."""
    said = {"shape": (2, 3, 4), "dtype": "<f4", "chunks": LAYOUT.chunks, "shards": None}
    said |= {"codec": LAYOUT.codec, "zarr_format": 2, **changed}
    return SimpleNamespace(
        disk=lambda path: path,
        open_array=lambda store, mode: voxels,
        describe=lambda array: said,
        metadata_objects=lambda zarr_format: 1,
    )


@same_folder
@given(voxels=VOXELS)
def test_equal_bits_are_no_difference(folder, voxels):
    assert difference(release(voxels.copy()), folder, voxels, LAYOUT) is None


@same_folder
@given(voxels=VOXELS, voxel=st.integers(0, 23), bit=st.integers(0, 31))
def test_one_flipped_bit_is_one(folder, voxels, voxel, bit):
    wrong = voxels.copy()
    wrong.view(np.uint32).reshape(-1)[voxel] ^= np.uint32(1) << np.uint32(bit)
    found = difference(release(wrong), folder, voxels, LAYOUT)
    assert found == "1 of 24 voxels differ after a round trip"


def test_another_layout_is_a_difference(folder):
    voxels = np.zeros((2, 3, 4), np.float32)
    found = difference(release(voxels, chunks=(2, 3, 4)), folder, voxels, LAYOUT)
    assert found == "the array says it has chunks (2, 3, 4), not (2, 2, 2)"


def test_another_dtype_is_a_difference(folder):
    voxels = np.zeros((2, 3, 4), np.float32)
    assert "float64" in difference(release(voxels.astype(np.float64)), folder, voxels, LAYOUT)


def test_an_object_too_many_is_a_difference(folder):
    voxels = np.zeros((2, 3, 4), np.float32)
    (folder / "another").touch()
    found = difference(release(voxels), folder, voxels, LAYOUT)
    assert found == "the store has 6 files, not 5"
