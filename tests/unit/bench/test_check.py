"""The check of a store finds any difference, to the bit."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tomobench.bench.layout import Layout
from tomobench.bench.store import FailedCheck, compared, difference, unless_known, wrong_voxels

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


@pytest.mark.parametrize(
    "shape", [(1, 2, 3, 4), (2, 2, 3, 4), (1, 3, 4), (2, 3, 1), (0, 3, 4), (1,), ()]
)
def test_of_another_shape_every_voxel_is_wrong(shape):
    voxels = np.zeros((2, 3, 4), np.float32)
    assert wrong_voxels(np.zeros(shape, np.float32), voxels) == voxels.size


@pytest.mark.parametrize("dtype", ["<i4", ">f4", "<f8", "<u2"])
def test_of_another_type_every_voxel_is_wrong(dtype):
    assert wrong_voxels(np.zeros((2, 3, 4), dtype), np.zeros((2, 3, 4), np.float32)) == 24


def test_voxels_where_none_were_asked_for_are_wrong():
    assert wrong_voxels(np.zeros(3, np.float32), np.zeros(0, np.float32)) == 1
    assert wrong_voxels(np.zeros(0, np.float32), np.zeros(0, np.float32)) == 0


def test_one_voxel_is_compared_as_an_array_is():
    assert (
        wrong_voxels(np.float32(2), np.float32(2)) == 0 < wrong_voxels(np.float32(2), np.float32(3))
    )


def test_an_array_is_given_once_it_was_compared(folder):
    voxels = np.ones((2, 3, 4), np.float32)
    assert compared(release(voxels), folder, voxels) is voxels
    with pytest.raises(FailedCheck, match="24 of 24 voxels differ when read back"):
        compared(release(0 * voxels), folder, voxels)


def test_files_that_were_right_are_not_read_again_and_others_are(folder):
    known, answers = [], iter(["1 of 24 voxels differ", None, "never asked"])

    def look():
        return unless_known(known, folder, lambda: next(answers))

    # What is wrong is looked at again, what is right is not.
    assert [look(), look(), look()] == ["1 of 24 voxels differ", None, None]
    (folder / "3").write_bytes(b"\1")
    assert look() == "never asked" and len(known) == 1
