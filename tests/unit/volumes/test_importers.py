"""Files as others write them, good and bad, read block by block."""

import bz2
import gzip
import json
import tempfile
from pathlib import Path

import mrcfile
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.unit.volumes.files import (
    read,
    same_voxels,
    write_mrc,
    write_npy,
    write_ome,
    write_zarr,
)

NPY_TYPES = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]
MRC_TYPES = {"i1": 0, "i2": 1, "f4": 2, "u2": 6, "f2": 12}  # NumPy's type: MRC's mode


def volumes_of(types: list[str], orders: str = "<>"):
    """Arrays of three axes, 1 to 5 voxels each, finite, in either byte order."""
    dtypes = st.builds(
        lambda order, kind: np.dtype(order + kind), st.sampled_from(orders), st.sampled_from(types)
    )
    shapes = hnp.array_shapes(min_dims=3, max_dims=3, max_side=5)
    return dtypes.flatmap(lambda dtype: hnp.arrays(dtype, shapes, elements=_finite(dtype)))


def _finite(dtype):
    if dtype.kind == "f":
        return {"allow_nan": False, "allow_infinity": False}
    return None


@pytest.fixture
def ramp():
    """A small float32 volume in which every voxel differs."""
    return np.arange(4 * 5 * 6, dtype=np.float32).reshape(4, 5, 6)


# .npy


@given(volumes_of(NPY_TYPES), st.booleans())
def test_npy_round_trip(voxels, fortran):
    with tempfile.TemporaryDirectory() as folder:
        path = write_npy(Path(folder) / "v.npy", np.asfortranarray(voxels) if fortran else voxels)
        found = read(path)
    assert same_voxels(found, voxels)
    assert found.voxel_spacing is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a readable .npy"),
        (b"not an array at all", "not a readable .npy"),
        (b"\x93NUMPY\x01\x00", "not a readable .npy"),
    ],
)
def test_what_is_no_npy(tmp_path, refused, content, said):
    path = tmp_path / "v.npy"
    path.write_bytes(content)
    assert said in refused(read, path)


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 5, 6 ",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 5, 6)}\0\0",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-4, 5, 6)}",
        b"{'descr': '<f4', 'fortran_order': True, 'shape': (4, -5, -6)}",
        b"{[]: 1}",
        b"{1: 2, 'shape': 3}",
        b"-" * 9000 + b"1",
        b" " * 11000,
    ],
)
def test_a_damaged_header_of_npy(tmp_path, refused, header):
    path = tmp_path / "v.npy"
    size = len(header).to_bytes(2, "little")
    path.write_bytes(b"\x93NUMPY\1\0" + size + header + bytes(480))
    assert "not a readable .npy" in refused(read, path)


def test_truncated_npy(tmp_path, ramp, refused):
    path = write_npy(tmp_path / "v.npy", ramp)
    path.write_bytes(path.read_bytes()[:-4])
    assert "not a readable .npy" in refused(read, path)


def test_npy_of_objects_is_not_unpickled(tmp_path, refused):
    path = write_npy(tmp_path / "v.npy", np.array([[[{}]]], dtype=object))
    assert str(path) in refused(read, path)


# MRC


@pytest.mark.filterwarnings("ignore:overflow")  # mrcfile, taking the deviation of huge values
@given(volumes_of(list(MRC_TYPES)))
def test_mrc_round_trip(voxels):
    with tempfile.TemporaryDirectory() as folder:
        path = write_mrc(Path(folder) / "v.mrc", voxels, exttyp=b"FEI1")
        with mrcfile.open(path, mode="r+") as mrc:
            mrc.set_extended_header(np.arange(100, dtype="u1"))
        found = read(path)
    assert same_voxels(found, voxels)
    assert found.details["mode"] == MRC_TYPES[voxels.dtype.str[1:]]


def test_big_endian_mrc(tmp_path, ramp):
    path = write_mrc(tmp_path / "v.mrc", ramp.astype(">f4"))
    assert path.read_bytes()[212:214] == b"\x11\x11"  # the machine stamp: the file really is
    found = read(path)
    assert same_voxels(found, ramp)
    assert found.voxel_spacing == (10.012,) * 3


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("stamp", "flags", "dtype"),
    [(1146047817, 0, "u1"), (1146047817, 1, "i1"), (1146047817, 14, "u1"), (0, 0, "i1")],
)
def test_bytes_of_imod(tmp_path, order, stamp, flags, dtype):
    """IMOD's mode 0 is unsigned unless flagged: labels above 127 are no negative numbers."""
    voxels = np.arange(120, 180, dtype="u1").reshape(3, 4, 5)
    path = write_mrc(tmp_path / "v.mrc", voxels.view("i1"), dmin=0, dmax=100)  # says neither
    data = bytearray(path.read_bytes())
    if order == ">":
        # All numbers up to the extra bytes are four bytes wide, as are three near the end.
        for start in (*range(0, 96, 4), 108, *range(196, 208, 4), 216, 220):
            data[start : start + 4] = data[start : start + 4][::-1]
        data[212:216] = b"\x11\x11\x00\x00"
    data[152:160] = np.array([stamp, flags], f"{order}i4").tobytes()
    path.write_bytes(data)
    assert same_voxels(read(path), voxels.view(dtype))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
@pytest.mark.parametrize("suffix", [".mrc", ".map", ".rec"])
def test_packed_mrc(tmp_path, ramp, pack, suffix):
    plain = write_mrc(tmp_path / f"v{suffix}", ramp)
    packed = tmp_path / f"v{suffix}.{'gz' if pack is gzip.compress else 'bz2'}"
    packed.write_bytes(pack(plain.read_bytes()))
    for path in (plain, packed):
        assert same_voxels(read(path), ramp)


def test_mrc_spacing_is_z_y_x(tmp_path, ramp):
    path = write_mrc(tmp_path / "v.mrc", ramp, spacing=(2.5, 3.5, 13.48))
    assert read(path).voxel_spacing == (13.48, 3.5, 2.5)


def test_mrc_without_spacing(tmp_path, ramp):
    path = write_mrc(tmp_path / "v.mrc", ramp, spacing=0)
    assert read(path).voxel_spacing is None


def test_mrc_with_axes_in_another_order(tmp_path, ramp):
    """Columns along z, rows along y, sections along x, as CCP4 maps may be."""
    path = write_mrc(tmp_path / "v.map", ramp.T, mapc=3, mapr=2, maps=1)
    assert same_voxels(read(path), ramp)


def test_mrc_with_impossible_axes(tmp_path, ramp, refused):
    path = write_mrc(tmp_path / "v.mrc", ramp, mapc=1, mapr=1, maps=3)
    assert "axes" in refused(read, path)


@pytest.mark.parametrize("length", [0, 1, 500, 1024, 1100, -1])
def test_truncated_mrc(tmp_path, ramp, refused, length):
    path = write_mrc(tmp_path / "v.mrc", ramp)
    path.write_bytes(path.read_bytes()[:length])
    assert "not a whole, valid MRC file" in refused(read, path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
@pytest.mark.parametrize("kept", [20, 0.5, -4])
def test_truncated_packed_mrc(tmp_path, refused, pack, kept):
    noise = np.random.default_rng(1).normal(size=(9, 9, 9)).astype("f4")
    data = pack(write_mrc(tmp_path / "v.mrc", noise).read_bytes())
    path = tmp_path / "v.mrc.gz"
    path.write_bytes(data[: int(len(data) * kept) if kept == 0.5 else kept])
    assert str(path) in refused(read, path)


def test_another_kind_of_file_named_mrc(tmp_path, refused):
    path = tmp_path / "v.mrc"
    path.write_bytes(b"\x89PNG" + bytes(5000))
    assert "a PNG picture" in refused(read, path)
    path.write_bytes(b"anything" + bytes(5000))
    assert "no MAP word" in refused(read, path)


def test_mrc_of_an_unknown_mode(tmp_path, ramp, refused):
    path = write_mrc(tmp_path / "v.mrc", ramp, mode=77)
    assert "77" in refused(read, path)


def test_complex_mrc(tmp_path, refused):
    path = write_mrc(tmp_path / "v.mrc", np.ones((2, 3, 4), np.complex64))
    assert "complex64" in refused(read, path)


def test_an_image_is_a_volume_of_one_section_and_a_stack_of_volumes_is_none(tmp_path, refused):
    image = write_mrc(tmp_path / "image.mrc", np.ones((5, 6), "f4"))
    assert read(image).voxels.shape == (1, 5, 6)
    stack = write_mrc(tmp_path / "stack.mrc", np.ones((2, 3, 4, 5), "f4"))
    assert "a stack of 2 volumes" in refused(read, stack)
    one = write_mrc(tmp_path / "one.mrc", np.ones((1, 3, 4, 5), "f4"))
    assert read(one).voxels.shape == (3, 4, 5)


def test_an_mrc_that_is_too_long_is_read_with_a_note(tmp_path, ramp):
    path = write_mrc(tmp_path / "v.mrc", ramp)
    path.write_bytes(path.read_bytes() + b"surplus")
    found = read(path)
    assert same_voxels(found, ramp)
    assert "7 bytes larger" in found.notes[0]


# Zarr and OME-Zarr


@pytest.mark.parametrize("format_", [2, 3])
@pytest.mark.parametrize("kind", ["u1", "i2", "u2", "f4", "f8"])
def test_zarr_array(tmp_path, format_, kind):
    voxels = np.arange(4 * 5 * 6).reshape(4, 5, 6).astype(kind)
    found = read(write_zarr(tmp_path / "v.zarr", voxels, format_))
    assert same_voxels(found, voxels)
    assert found.voxel_spacing is None


def test_big_endian_zarr(tmp_path, ramp):
    path = write_zarr(tmp_path / "v.zarr", ramp.astype(">f4"), dtype=">f4")
    assert '">f4"' in (path / ".zarray").read_text()
    assert same_voxels(read(path), ramp)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_levels(tmp_path, ramp, version):
    path = write_ome(tmp_path / "v.ome.zarr", [ramp, ramp[::2, ::2, ::2]], version)
    highest, next_ = read(path), read(path, level=1)
    assert same_voxels(highest, ramp) and highest.voxel_spacing == (10.012,) * 3
    assert same_voxels(next_, ramp[::2, ::2, ::2]) and next_.voxel_spacing == (20.024,) * 3


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_with_time_and_channel(tmp_path, ramp, version):
    axes = [{"name": name} for name in "tc"]
    axes += [{"name": name, "type": "space", "unit": "nanometer"} for name in "zyx"]
    path = write_ome(
        tmp_path / "v.zarr",
        [ramp[None, None]],
        version,
        axes,
        [[1, 1, 0.5, 0.25, 0.125]],
        [1, 1, 2, 2, 2],
    )
    found = read(path)
    assert same_voxels(found, ramp)
    assert found.voxel_spacing == (10.0, 5.0, 2.5)


def test_ome_zarr_with_axes_x_y_z(tmp_path, ramp):
    axes = [{"name": name, "unit": "angstrom"} for name in "xyz"]
    path = write_ome(tmp_path / "v.zarr", [ramp.T], "0.4", axes, [[1.0, 2.0, 3.0]])
    found = read(path)
    assert same_voxels(found, ramp) and found.voxel_spacing == (3.0, 2.0, 1.0)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2", "f4"])
def test_ome_zarr_of_labels_and_whole_numbers(tmp_path, version, kind):
    voxels = (np.arange(120).reshape(4, 5, 6) // 40 * 63).astype(kind)
    assert same_voxels(read(write_ome(tmp_path / "v.zarr", [voxels], version)), voxels)


def test_ome_zarr_without_unit_has_no_spacing(tmp_path, ramp):
    path = write_ome(tmp_path / "v.zarr", [ramp], "0.4", ["z", "y", "x"])
    assert read(path).voxel_spacing is None


def test_several_channels_are_refused(tmp_path, ramp, refused):
    axes = [{"name": name} for name in "czyx"]
    path = write_ome(tmp_path / "v.zarr", [np.stack([ramp, ramp])], "0.4", axes, [[1] * 4])
    assert "2 steps along 'c'" in refused(read, path)


def test_missing_level(tmp_path, ramp, refused):
    path = write_ome(tmp_path / "v.zarr", [ramp], "0.5")
    assert "no level 3" in refused(read, path, level=3)


def test_level_of_what_has_none(tmp_path, ramp, refused):
    for path in (
        write_zarr(tmp_path / "v.zarr", ramp),
        write_mrc(tmp_path / "v.mrc", ramp),
        write_npy(tmp_path / "v.npy", ramp),
    ):
        assert "level" in refused(read, path, level=1)


def test_image_in_zarr(tmp_path, refused):
    path = write_zarr(tmp_path / "v.zarr", np.ones((5, 6), "f4"))
    assert "2-D image" in refused(read, path)
    axes = [{"name": name} for name in "yx"]
    path = write_ome(tmp_path / "o.zarr", [np.ones((5, 6), "f4")], "0.5", axes, [[1, 1]])
    assert "2-D image" in refused(read, path)


def test_a_chunk_that_is_missing_holds_the_fill_value(tmp_path, ramp):
    path = write_zarr(tmp_path / "v.zarr", ramp, dtype="<f4", fill_value=7.0)
    (path / "0.0.0").unlink()
    ramp[:3, :3, :3] = 7
    assert same_voxels(read(path), ramp)


@pytest.mark.parametrize("format_", [2, 3])
def test_a_damaged_chunk(tmp_path, ramp, refused, format_):
    path = write_zarr(tmp_path / "v.zarr", ramp, format_)
    chunk = path / ("0.0.0" if format_ == 2 else "c/0/0/0")
    chunk.write_bytes(chunk.read_bytes()[:-5])
    assert "chunk" in refused(read, path)


@pytest.mark.parametrize("metadata", ["", "{", "[]", "{}", '{"zarr_format": 2, "shape": [1]}'])
@pytest.mark.parametrize("name", [".zarray", "zarr.json", ".zattrs"])
def test_damaged_zarr_metadata(tmp_path, refused, metadata, name):
    if name == ".zattrs":
        (tmp_path / ".zgroup").write_text('{"zarr_format": 2}')
    (tmp_path / name).write_text(metadata)
    refused(read, tmp_path)


@pytest.mark.parametrize(
    "multiscales",
    [
        7,
        [7],
        [{}],
        [{"datasets": []}],
        [{"datasets": [{"path": "gone"}], "axes": ["z", "y", "x"]}],
        [{"datasets": [{"path": 7}], "axes": ["z", "y", "x"]}],
        [{"datasets": [{"path": "0"}], "axes": ["z", "y"]}],
        [{"datasets": [{"path": "0"}], "axes": 7}],
        [{"datasets": [{"path": "0"}], "axes": [{"unit": "angstrom"}] * 3}],
        [{"datasets": [{"path": "0"}], "axes": ["z", "z", "x"]}],
        [{"datasets": [{"path": "0", "coordinateTransformations": 7}], "axes": ["z", "y", "x"]}],
    ],
)
def test_ome_metadata_that_makes_no_sense(tmp_path, ramp, refused, multiscales):
    path = write_ome(tmp_path / "v.zarr", [ramp], "0.4")
    (path / ".zattrs").write_text(json.dumps({"multiscales": multiscales}))
    assert str(path) in refused(read, path)


def test_zarr_group_without_an_image(tmp_path, ramp, refused):
    (tmp_path / ".zgroup").write_text('{"zarr_format": 2}')
    write_zarr(tmp_path / "tomogram", ramp)
    assert "tomogram" in refused(read, tmp_path)


def test_folder_that_is_no_zarr(tmp_path, refused):
    assert "without Zarr metadata" in refused(read, tmp_path)


# What is common to all


@pytest.mark.parametrize("kind", ["npy", "mrc", "zarr"])
def test_region(tmp_path, ramp, kind):
    write = {"npy": write_npy, "mrc": write_mrc, "zarr": write_zarr}[kind]
    path = write(tmp_path / f"v.{kind}", ramp)
    assert same_voxels(read(path, "1:3,:,2:6"), ramp[1:3, :, 2:6])
    assert same_voxels(read(path, " 1: , :2,0:6 "), ramp[1:, :2])


@pytest.mark.parametrize(
    "region",
    ["", "1:2", "1:2,3:4", "0:4,0:5,0:7", "2:2,:,:", "3:1,:,:", "-1:2,:,:", "a:b,:,:", "1,2,3"],
)
def test_bad_regions(tmp_path, ramp, refused, region):
    path = write_npy(tmp_path / "v.npy", ramp)
    assert "region" in refused(read, path, region)


@pytest.mark.filterwarnings("ignore:Data array contains")  # mrcfile, writing the test's file
@pytest.mark.parametrize("write", [write_npy, write_mrc, write_zarr])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_is_counted_and_placed(tmp_path, ramp, refused, write, value):
    ramp[2, 3, 4] = ramp[3, 0, 0] = value
    suffix = {write_npy: "npy", write_mrc: "mrc", write_zarr: "zarr"}[write]
    with np.errstate(invalid="ignore"):
        path = write(tmp_path / f"v.{suffix}", ramp)
    line = refused(read, path)
    assert "2 of 120 voxels" in line and "(2, 3, 4)" in line
    assert "(2, 3, 4)" in refused(read, path, "1:3,2:5,:")
    assert read(path, "0:2,:,:").voxels.shape == (2, 5, 6)


@pytest.mark.parametrize(
    ("voxels", "said"),
    [
        (np.ones((3, 4)), "2-D image"),
        (np.ones(3), "1 axes"),
        (np.ones((2, 2, 3, 4)), "4 axes"),
        (np.ones((2, 0, 3)), "empty"),
        (np.ones((2, 2, 2), complex), "complex128"),
        (np.ones((2, 2, 2), "S3"), "S3"),
        (np.ones((2, 2, 2), "M8[s]"), "datetime64"),
        (np.ones((2, 2, 2), [("a", "f4")]), "'a'"),
    ],
)
def test_arrays_that_are_no_volumes(tmp_path, refused, voxels, said):
    assert said in refused(read, write_npy(tmp_path / "v.npy", voxels))


def test_missing_and_unknown_files(tmp_path, refused):
    assert "no such file" in refused(read, tmp_path / "v.mrc")
    path = tmp_path / "v.dat"
    path.write_bytes(b"anything")
    assert "MRC" in refused(read, path)
    folder = tmp_path / "v.npy"
    folder.mkdir()
    assert "Zarr" in refused(read, folder)


def test_a_file_one_may_not_read(tmp_path, ramp, refused, monkeypatch):
    path = write_mrc(tmp_path / "v.mrc", ramp)

    # Tests may run as root, whom no permission stops.
    def forbidden(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    assert "not allowed" in refused(read, path)
