"""Files of other formats: TIFF, HDF5, EM; and what only looks like one."""

import bz2
import contextlib
import gzip
import json
import lzma
import os
import socket

import h5py
import numpy as np
import pytest
import tifffile

from tests.unit.volumes.files import ramp, read, same_voxels, write_mrc, write_npy
from tomobench.desk.errors import UserError

VOXELS = ramp(6, 7, 9, dtype="i2")

# TIFF


@pytest.mark.parametrize(
    "options", [{}, {"compression": "zlib"}, {"bigtiff": True}, {"byteorder": ">"}]
)
@pytest.mark.parametrize("kind", [{}, {"imagej": True}, {"ome": True}, {"metadata": None}])
@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "f4"])
def test_a_tiff_stack(tmp_path, options, kind, dtype):
    if "imagej" in kind and ("bigtiff" in options or dtype == "i2"):
        pytest.skip("ImageJ knows neither")
    voxels = VOXELS.astype(dtype)
    path = tmp_path / "v.tif"
    axes = {} if "metadata" in kind else {"metadata": {"axes": "ZYX"}}
    tifffile.imwrite(path, voxels, photometric="minisblack", **options, **kind, **axes)
    assert same_voxels(read(path), voxels)
    assert same_voxels(read(path, "1:5,2:3,0:8"), voxels[1:5, 2:3, :8])


def test_a_tiff_of_tiles(tmp_path):
    voxels = ramp(3, 40, 50, dtype="u2")
    path = tmp_path / "v.tif"
    tifffile.imwrite(path, voxels, tile=(16, 16), photometric="minisblack")
    assert same_voxels(read(path), voxels)


def test_pages_without_a_name_are_taken_as_z(tmp_path):
    path = tmp_path / "v.tif"
    tifffile.imwrite(path, VOXELS, metadata=None, photometric="minisblack")
    assert "taken as z" in read(path).notes[0]


def test_the_spacing_of_ome_tiff(tmp_path):
    path = tmp_path / "v.ome.tif"
    sizes = {f"PhysicalSize{axis}": edge for axis, edge in zip("ZYX", (3, 2, 1), strict=True)}
    units = {f"PhysicalSize{axis}Unit": "nm" for axis in "ZYX"}
    tifffile.imwrite(path, VOXELS, metadata={"axes": "ZYX", **sizes, **units}, ome=True)
    found = read(path)
    assert found.format == "OME-TIFF" and found.voxel_spacing == (30, 20, 10)
    tifffile.imwrite(path, VOXELS, metadata={"axes": "ZYX", "PhysicalSizeX": 1}, ome=True)
    assert read(path).voxel_spacing is None


def test_the_spacing_of_imagej(tmp_path):
    path = tmp_path / "v.tif"
    metadata = {"axes": "ZYX", "spacing": 3.0, "unit": "nm"}
    tifffile.imwrite(
        path, VOXELS.astype("u2"), imagej=True, metadata=metadata, resolution=(1.0, 0.5)
    )
    assert read(path).voxel_spacing == (30, 20, 10)


def test_the_units_of_imagej(tmp_path):
    # Letters beyond ASCII are written as \\uXXXX; an axis may have a unit of its own.
    for n, (unit, more, spacing) in enumerate(
        [
            ("\\u00B5m", {}, (3e4, 2e4, 1e4)),
            ("\\u00C5", {}, (3, 2, 1)),
            ("\\u00C5", {"zunit": "nm"}, (30, 2, 1)),
            ("nm", {"yunit": "angstrom"}, (30, 2, 10)),
            ("nm", {"zunit": "sections"}, None),
            ("inch", {}, None),  # how large it is printed
        ]
    ):
        path = tmp_path / f"{n}.tif"
        metadata = {"axes": "ZYX", "spacing": 3.0, "unit": unit, **more}
        tifffile.imwrite(path, VOXELS, imagej=True, resolution=(1, 0.5), metadata=metadata)
        assert read(path).voxel_spacing == spacing


def test_tiffs_that_are_no_single_volume(tmp_path, refused):
    path = tmp_path / "v.tif"
    tifffile.imwrite(path, np.zeros((7, 9), "u1"))
    assert "2-D image" in refused(read, path)
    both = np.stack([VOXELS, VOXELS + 1], axis=1)
    tifffile.imwrite(path, both, metadata={"axes": "ZCYX"}, ome=True)
    assert "--channel" in refused(read, path)
    assert same_voxels(read(path, channel=1), VOXELS + 1)
    path.write_bytes(path.read_bytes()[:200])
    assert "TIFF" in refused(read, path)


def of_two_kinds(path):
    """Every other page is packed."""
    with tifffile.TiffWriter(path) as file:
        for z, page in enumerate(VOXELS):
            packed = "zlib" if z % 2 else None
            file.write(page, photometric="minisblack", metadata=None, compression=packed)


def of_two_images(path):
    with tifffile.TiffWriter(path, ome=True) as file:
        for voxels in (VOXELS, VOXELS[:, :3, :3]):
            file.write(voxels, photometric="minisblack", metadata={"axes": "ZYX"})


def described_as(text):
    """Pages of a stack with the description of another."""

    def write(path):
        with tifffile.TiffWriter(path) as file:
            for z, page in enumerate(VOXELS):
                said = None if z else text
                file.write(
                    page,
                    photometric="minisblack",
                    metadata=None,
                    contiguous=False,
                    description=said,
                )

    return write


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (of_two_kinds, "2 images"),
        (of_two_images, "2 images"),
        (described_as('{"shape": [10, 7, 9]}'), "6 pages, but its description says 10"),
        (described_as('{"shape": [3, 7, 9]}'), "invalid shaped series"),
        (described_as("ImageJ=1.53\nimages=3\nslices=3\n"), "6 pages, but its description says 3"),
    ],
)
def test_a_tiff_of_which_pages_would_be_left_out_is_refused(tmp_path, refused, write, said):
    write(tmp_path / "v.tif")
    assert said in refused(read, tmp_path / "v.tif")


def test_a_stack_in_one_page_is_whole(tmp_path):
    path = tmp_path / "v.tif"
    tifffile.imwrite(path, VOXELS, photometric="minisblack", truncate=True)
    assert same_voxels(read(path), VOXELS)


@pytest.mark.parametrize(
    "options", [{}, {"compression": "zlib"}, {"ome": True}, {"metadata": None}]
)
def test_a_tiff_that_is_cut_is_never_read_as_fewer_pages(tmp_path, options):
    path = tmp_path / "v.tif"
    tifffile.imwrite(path, VOXELS + 1, photometric="minisblack", **options)
    whole = path.read_bytes()
    for length in range(8, len(whole), 97):
        path.write_bytes(whole[:length])
        with contextlib.suppress(UserError):
            assert same_voxels(read(path), VOXELS + 1), length


# HDF5 and EM


@pytest.mark.parametrize("options", [{}, {"chunks": (2, 3, 4), "compression": "gzip"}])
def test_the_only_array_of_an_hdf5_file(tmp_path, options):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("a/data", data=VOXELS, **options)
        file["names"] = ["x", "y"]
    found = read(tmp_path / "v.h5")
    assert same_voxels(found, VOXELS) and found.details["dataset"] == "/a/data"
    assert same_voxels(read(tmp_path / "v.h5", "1:5,2:3,0:8"), VOXELS[1:5, 2:3, :8])


def test_the_spacing_of_eman2(tmp_path):
    with h5py.File(tmp_path / "v.hdf", "w") as file:
        image = file.create_group("MDF/images/0")
        image["image"] = VOXELS
        for axis, edge in zip("zyx", (3.0, 2.0, 1.0), strict=True):
            image.attrs[f"EMAN.apix_{axis}"] = edge
    assert read(tmp_path / "v.hdf").voxel_spacing == (3, 2, 1)


def test_the_axes_of_ilastik(tmp_path):
    tags = {"axes": [{"key": key} for key in "xyzc"]}
    with h5py.File(tmp_path / "v.h5", "w") as file:
        data = file.create_dataset("exported_data", data=VOXELS.T[..., None])
        data.attrs["axistags"] = json.dumps(tags)
        data.attrs["element_size_um"] = [0.003, 0.002, 0.001]
    found = read(tmp_path / "v.h5")
    assert same_voxels(found, VOXELS) and found.voxel_spacing == (30, 20, 10)


def labelled(data):
    for axis, name in enumerate("xyz"):
        data.dims[axis].label = name


def as_xarray_does(data):
    data.attrs["_ARRAY_DIMENSIONS"] = ["x", "y", "z"]


@pytest.mark.parametrize("name", [labelled, as_xarray_does])
def test_the_axes_of_hdf5(tmp_path, name):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        name(file.create_dataset("data", data=VOXELS.T))
    assert same_voxels(read(tmp_path / "v.h5"), VOXELS)


def test_names_that_say_nothing_of_z_y_x_are_reported(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("data", data=VOXELS).dims[0].label = "depth"
    found = read(tmp_path / "v.h5")
    assert same_voxels(found, VOXELS) and any("taken as z, y, x" in one for one in found.notes)


@pytest.mark.parametrize("stated", [[0.002, 0.001], 0.001, "0.001", [0.003, 0.0, 0.001]])
def test_what_is_not_three_lengths_is_no_spacing(tmp_path, stated):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("data", data=VOXELS).attrs["element_size_um"] = stated
    assert read(tmp_path / "v.h5").voxel_spacing is None


def test_several_arrays_of_an_hdf5_file_are_named(tmp_path, refused):
    path = tmp_path / "v.h5"
    with h5py.File(path, "w") as file:
        file["raw"], file["group/labels"] = VOXELS, VOXELS + 1
    assert "--dataset: group/labels, raw" in refused(read, path)
    assert same_voxels(read(path, dataset="group/labels"), VOXELS + 1)
    assert "no array 'row'" in refused(read, path, dataset="row")
    path.write_bytes(path.read_bytes()[:300])
    assert "HDF5" in refused(read, path)
    assert "leave it out" in refused(read, write_npy(tmp_path / "v.npy", VOXELS), dataset="raw")


@pytest.mark.parametrize(("machine", "order"), [(6, "<"), (5, ">")])
@pytest.mark.parametrize(("code", "dtype"), [(1, "u1"), (2, "i2"), (4, "i4"), (5, "f4"), (9, "f8")])
def test_an_em_file(tmp_path, machine, order, code, dtype):
    voxels = VOXELS.astype(f"{order}{dtype}")
    head = bytes([machine, 0, 0, code]) + np.array([9, 7, 6], f"{order}i4").tobytes()
    (tmp_path / "v.em").write_bytes(head.ljust(512, b"\0") + voxels.tobytes())
    found = read(tmp_path / "v.em")
    assert same_voxels(found, voxels) and found.format == "EM"


# What only looks like a volume


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "git lfs pull"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "a web page"),
        (b"\n <html lang='en'>", "a web page"),
        (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "XML"),
        (lzma.compress(b"anything"), "xz"),
        (b"\x28\xb5\x2f\xfd....", "zstd"),
        (b"", "not a whole"),
        (gzip.compress(b"anything at all", mtime=0), "not a whole"),
        (bz2.compress(b"<html>"), "a web page"),
    ],
)
def test_what_calls_itself_mrc(tmp_path, refused, content, said):
    path = tmp_path / "v.mrc"
    path.write_bytes(content)
    assert said in refused(read, path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_packed_file_of_any_kind_and_name(tmp_path, pack):
    tifffile.imwrite(tmp_path / "v.tif", VOXELS, photometric="minisblack")
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["data"] = VOXELS
    write_npy(tmp_path / "v.npy", VOXELS), write_mrc(tmp_path / "v.mrc", VOXELS)
    for path in [tmp_path / f"v.{ending}" for ending in ("npy", "mrc", "tif", "h5")]:
        packed = tmp_path / "packed.mrc"
        packed.write_bytes(pack(path.read_bytes()))
        assert same_voxels(read(packed), VOXELS)


def test_members_and_padding_of_gzip(tmp_path, refused):
    plain = write_mrc(tmp_path / "v.mrc", VOXELS).read_bytes()
    path = tmp_path / "v.mrc.gz"
    members = [gzip.compress(plain[at : at + 400]) for at in range(0, len(plain), 400)]
    path.write_bytes(b"".join(members))
    assert same_voxels(read(path), VOXELS)
    path.write_bytes(b"".join(members) + bytes(100))
    assert same_voxels(read(path), VOXELS)
    path.write_bytes(b"".join(members) + b"garbage")
    assert "can't be unpacked whole" in refused(read, path)


def test_pipes_and_sockets_are_refused_at_once(tmp_path, refused):
    os.mkfifo(tmp_path / "v.mrc")
    assert "a pipe" in refused(read, tmp_path / "v.mrc")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.mrc"))
        assert "socket" in refused(read, tmp_path / "s.mrc")
    assert "device" in refused(read, "/dev/zero")


@pytest.mark.parametrize("shape", [(1, 6, 7, 9), (1, 1, 6, 7, 9), (6, 7, 9, 1)])
@pytest.mark.parametrize("order", "CF")
def test_axes_of_length_1_are_dropped(tmp_path, shape, order):
    path = write_npy(tmp_path / "v.npy", np.array(VOXELS.reshape(shape), order=order))
    assert same_voxels(read(path), VOXELS)
    assert same_voxels(read(path, "1:5,2:3,0:8"), VOXELS[1:5, 2:3, :8])


def test_a_mask_becomes_labels(tmp_path):
    found = read(write_npy(tmp_path / "v.npy", VOXELS > 99))
    assert same_voxels(found, (VOXELS > 99).astype("u1")) and "mask" in found.notes[0]


def test_voxels_that_are_no_numbers_are_replaced(tmp_path, refused):
    voxels = VOXELS.astype("f2")
    voxels[1, 2, 3], voxels[4, 5, 6] = np.nan, np.inf
    path = write_npy(tmp_path / "v.npy", voxels)
    assert "2 of 378" in refused(read, path)
    found = read(path, nan_to=-5.0)
    expected = np.where(np.isfinite(voxels), voxels, np.float16(-5))
    assert same_voxels(found, expected) and "2 of 378" in found.notes[0]
    for value in (1e9, float("nan")):
        assert "no number that float16" in refused(read, path, nan_to=value)
