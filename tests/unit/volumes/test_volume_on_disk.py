"""The bench half: what a cached volume is, and that damage to it is noticed."""

import json

import numpy as np
import pytest

from tomobench.bench import volume as volumes


@pytest.fixture
def saved():
    """A small volume in the cache, and its voxels."""
    voxels = np.arange(24, dtype="<i2").reshape(2, 3, 4)
    volume = volumes.Volume(
        id="little-one",
        name="little one",
        kind="labels",
        source="a test",
        shape=(2, 3, 4),
        dtype="int16",
        voxel_spacing=(4.0, 2.5, 2.5),
        sha256=volumes.checksum(voxels),
        provenance={"by": "hand"},
        made_at="2024-01-01T00:00:00+00:00",
        made_with="a test",
    )
    volumes.save(volume, voxels)
    return volume, voxels


def test_comes_back_equal_and_read_only(saved):
    volume, voxels = volumes.load("little-one")
    assert volume == saved[0]
    assert np.array_equal(voxels, saved[1]) and voxels.dtype == np.int16
    assert not voxels.flags.writeable and type(voxels) is np.ndarray
    assert volume.nbytes == 48
    assert all(type(edge) is int for edge in volume.shape)
    volumes.verify(volume)


def test_numpy_alone_can_read_the_voxels(saved):
    assert np.array_equal(np.load(volumes.folder("little-one") / "voxels.npy"), saved[1])


def test_only_volumes_are_listed(saved, cache_folder):
    (cache_folder / "volumes" / ".little-one.scratch").mkdir()
    assert volumes.known() == ["little-one"]


def test_an_empty_cache_lists_nothing():
    assert volumes.known() == []


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
def test_checksum_is_of_the_little_endian_c_order_bytes(order, layout):
    voxels = np.arange(60, dtype="<u4").reshape(3, 4, 5)
    stored = layout(voxels.astype(f"{order}u4"))
    assert volumes.checksum(stored) == volumes.checksum(voxels)


@pytest.mark.parametrize(
    "volume_id", ["", ".", "..", "../elsewhere", "a/b", "-x", "ö", "x" * 61, "a\n"]
)
def test_impossible_ids_never_reach_the_disk(volume_id):
    with pytest.raises(volumes.UnknownVolume):
        volumes.load(volume_id)


def test_unknown_volume():
    with pytest.raises(volumes.UnknownVolume, match="volume list"):
        volumes.load("phantom-128")


def _cut_short(folder):
    path = folder / "voxels.npy"
    path.write_bytes(path.read_bytes()[:-1])


def _lengthened(folder):
    with open(folder / "voxels.npy", "ab") as file:
        file.write(b"x")


def _of_another_shape(folder):
    np.save(folder / "voxels.npy", np.zeros((2, 4, 3), "<i2"))


def _of_another_type(folder):
    np.save(folder / "voxels.npy", np.zeros((2, 3, 4), "<u2"))


def _in_fortran_order(folder):
    np.save(folder / "voxels.npy", np.zeros((2, 3, 4), "<i2", order="F"))


def _emptied(folder):
    (folder / "voxels.npy").write_bytes(b"")


def _without_voxels(folder):
    (folder / "voxels.npy").unlink()


def _without_description(folder):
    (folder / "volume.json").unlink()


def _with_half_a_description(folder):
    path = folder / "volume.json"
    path.write_bytes(path.read_bytes()[:40])


def _with_a_list_for_description(folder):
    (folder / "volume.json").write_text("[]")


def _with_anothers_description(folder):
    fields = json.loads((folder / "volume.json").read_text())
    (folder / "volume.json").write_text(json.dumps(fields | {"id": "another"}))


def _with_a_field_too_many(folder):
    fields = json.loads((folder / "volume.json").read_text())
    (folder / "volume.json").write_text(json.dumps(fields | {"colour": "grey"}))


@pytest.mark.parametrize(
    "damage",
    [
        _cut_short,
        _lengthened,
        _of_another_shape,
        _of_another_type,
        _in_fortran_order,
        _emptied,
        _without_voxels,
        _without_description,
        _with_half_a_description,
        _with_a_list_for_description,
        _with_anothers_description,
        _with_a_field_too_many,
    ],
)
def test_damage_is_noticed_on_loading(saved, damage):
    damage(volumes.folder("little-one"))
    with pytest.raises(volumes.DamagedVolume) as caught:
        volumes.load("little-one")
    assert "\n" not in str(caught.value)


def test_a_flipped_bit_is_noticed_by_verify(saved):
    path = volumes.folder("little-one") / "voxels.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    volumes.load("little-one")
    with pytest.raises(volumes.DamagedVolume, match="checksum"):
        volumes.verify(saved[0])
