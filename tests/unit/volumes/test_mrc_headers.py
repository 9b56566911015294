"""MRC headers as programs leave them, and as no program would."""

import contextlib
import gzip
import tempfile
from pathlib import Path

import mrcfile
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mrcfile.dtypes import HEADER_DTYPE

from tests.unit.volumes.files import patch, ramp, read, same_voxels, write_mrc
from tomobench.desk.errors import UserError

VOXELS = ramp(6, 7, 9)
WORDS = [name for name in HEADER_DTYPE.names if HEADER_DTYPE[name].kind in "iu"]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("word", "stamp"),
    [
        (b"MAP ", b"\x44\0\0\0"),  # SerialEM
        (b"MAP ", b"\x44\x20\x20\x20"),
        (b"MAP\0", b"\x44\x44\0\0"),  # MotionCor2
        (b"\0\0\0\0", b"\0\0\0\0"),  # before 2000, as in EMPIAR
        (b"    ", b"    "),
        (b"MAP ", b"\x11\x11\0\0"),
        (b"MAP ", b"\x44\x44\0\0"),
    ],
)
def test_any_map_word_and_machine_stamp(tmp_path, order, word, stamp):
    path = write_mrc(tmp_path / "v.mrc", VOXELS.astype(f"{order}f4"))
    usual = b"MAP\0", b"MAP "
    right = {"<": b"\x44\x44\0\0", ">": b"\x11\x11\0\0"}[order]
    found = read(patch(path, at208=word, at212=stamp))
    assert same_voxels(found, VOXELS) and found.voxel_spacing == (10.012,) * 3
    assert bool(found.notes) == (word not in usual or stamp != right)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("stamp", [b"\0\0\0\0", b"\x11\x11\0\0", b"\x44\x44\0\0"])
@pytest.mark.parametrize("axes", [(1, 2, 3), (0, 0, 0)])
def test_bytes_whose_mode_and_edges_make_sense_in_both_byte_orders(tmp_path, order, stamp, axes):
    """Mode 0 is 0 in both, and so turned 256 is 65,536."""
    header = np.zeros((), HEADER_DTYPE.newbyteorder(order))
    header["nx"], header["ny"], header["nz"] = 256, 512, 256
    header["mapc"], header["mapr"], header["maps"] = axes
    header["map"], header["dmin"], header["dmax"] = b"MAP ", 0, 255
    last = (np.arange(256 * 512) % 251).astype("u1").reshape(1, 512, 256)
    with (tmp_path / "v.mrc").open("wb") as file:
        file.write(header.tobytes()[:212] + stamp + header.tobytes()[216:])
        file.seek(255 * 256 * 512, 1)
        file.write(last.tobytes())
    assert same_voxels(read(tmp_path / "v.mrc", "255:256,:,:"), last)


@pytest.mark.parametrize("name", ["v.mrcs", "v.preali", "v.flip", "v.MRC", "v", "v.txt", ".mrc"])
def test_an_mrc_of_any_name(tmp_path, name):
    assert same_voxels(read(write_mrc(tmp_path / name, VOXELS)), VOXELS)


@pytest.mark.parametrize(
    ("low", "high", "unsigned", "dtype", "doubt"),
    [
        (0, 255, None, "u1", False),
        (0, 127, None, "i1", False),
        (-128, 127, None, "i1", False),
        (0, 0, None, "i1", True),
        (0, -1, None, "i1", True),
        (-1, 255, None, "i1", True),
        (-3.2, 5.1, None, "i1", True),
        (0, 255, False, "i1", False),
        (-128, 127, True, "u1", False),
        (0, 0, True, "u1", False),
    ],
)
def test_bytes_are_signed_or_not_by_the_range_they_have(
    tmp_path, low, high, unsigned, dtype, doubt
):
    voxels = np.arange(120, 180, dtype="u1").reshape(3, 4, 5)
    path = write_mrc(tmp_path / "v.mrc", voxels.view("i1"), dmin=low, dmax=high)
    found = read(path, unsigned=unsigned)
    assert same_voxels(found, voxels.view(dtype))
    assert any("--unsigned" in note for note in found.notes) == doubt


@pytest.mark.parametrize(
    ("low", "high", "dtype"), [(-128, 127, "i1"), (-3.2, 5.1, "u1"), (0, 9, "u1")]
)
def test_imods_bytes_are_unsigned_but_where_their_range_is_not(tmp_path, low, high, dtype):
    """As where a program of Python's has written signed bytes under a header of IMOD's."""
    voxels = np.arange(120, 180, dtype="u1").reshape(3, 4, 5)
    path = write_mrc(tmp_path / "v.mrc", voxels.view("i1"), dmin=low, dmax=high)
    patch(path, at152=b"IMOD\0\0\0\0")
    assert same_voxels(read(path), voxels.view(dtype))


def test_a_sign_is_for_bytes_of_mrc_alone(tmp_path, refused):
    assert "leave it out" in refused(read, write_mrc(tmp_path / "v.mrc", VOXELS), unsigned=True)
    np.save(tmp_path / "v.npy", VOXELS)
    assert "leave it out" in refused(read, tmp_path / "v.npy", unsigned=True)


@pytest.mark.parametrize("columns", [1, 8, 9])
def test_four_bits_a_voxel(tmp_path, columns):
    """IMOD's mode 101: the lower half of a byte first, a row from a byte on."""
    voxels = (np.arange(3 * 4 * columns) % 16).astype("u1").reshape(3, 4, columns)
    even = np.pad(voxels, ((0, 0), (0, 0), (0, columns % 2)))
    packed = even[..., ::2] | even[..., 1::2] << 4
    path = write_mrc(tmp_path / "v.mrc", packed.view("i1"), nx=columns, mode=101)
    assert same_voxels(read(path), voxels)
    assert same_voxels(read(path, "1:3,2:4,0:1"), voxels[1:3, 2:4, :1])


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (1, 3, 2)])
def test_axes_in_any_order_by_region(tmp_path, order):
    """order: what columns, rows and sections are; 1 is x."""
    stored = VOXELS.transpose([3 - axis for axis in order[::-1]])
    header = dict(zip(("mapc", "mapr", "maps"), order, strict=True))
    path = write_mrc(tmp_path / "v.map", np.ascontiguousarray(stored), **header)
    assert same_voxels(read(path), VOXELS)
    assert same_voxels(read(path, "1:4,0:6,3:8"), VOXELS[1:4, 0:6, 3:8])


@pytest.mark.parametrize("bad", [0, -10.0, float("nan"), float("inf")])
def test_a_cell_that_is_no_length_is_unknown(tmp_path, bad):
    path = write_mrc(tmp_path / "v.mrc", VOXELS)
    with mrcfile.mmap(path, mode="r+") as mrc:
        mrc.header.cella.z = bad
    found = read(path)
    assert same_voxels(found, VOXELS) and found.voxel_spacing is None


def test_intervals_of_zero_give_no_spacing(tmp_path):
    path = write_mrc(tmp_path / "v.mrc", VOXELS, mx=0, my=0, mz=0)
    assert read(path).voxel_spacing is None


def test_labels_of_any_bytes_are_printable(tmp_path):
    path = write_mrc(tmp_path / "v.mrc", VOXELS, nlabl=100)
    patch(path, at224=b"\xc5ngstr\xf6m \x1b[31m\nred\0")
    (label, *_) = read(path).details["labels"]
    assert label.startswith("Ångström") and label.isprintable()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("nx", -9, "shape"),
        ("nx", 2**31 - 1, "shape"),
        ("nz", 0, "shape"),
        ("nz", 7, "by its header"),
        ("nsymbt", -512, "extended header"),
        ("nsymbt", 2**31 - 1, "by its header"),
        ("nsymbt", 1024, "by its header"),
        ("mode", -1, "mode -1"),
        ("mode", 16, "RGB"),
        ("mode", 3, "complex"),
        ("mapc", 7, "axes"),
    ],
)
def test_headers_that_make_no_sense(tmp_path, refused, field, value, said):
    path = write_mrc(tmp_path / "v.mrc", VOXELS)
    with mrcfile.mmap(path, mode="r+") as mrc:
        mrc.header[field] = value
    assert said in refused(read, path)


@settings(max_examples=200)
@given(
    st.dictionaries(st.sampled_from(WORDS), st.integers(-(2**31), 2**31 - 1), max_size=4),
    st.dictionaries(st.integers(0, 1023), st.integers(0, 255), max_size=6),
    st.integers(0, 2600),
    st.booleans(),
)
@example({"nsymbt": 2**31 - 1}, {}, 2600, True)
@example({"nx": 2**31 - 1, "ny": 2**31 - 1, "nz": 2**31 - 1}, {}, 2600, False)
def test_no_header_ends_in_a_traceback(words, noise, length, packed):
    """Words out of range, bytes of noise, and a file cut anywhere: a volume or one line."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_mrc(Path(folder) / "v.mrc", VOXELS)
        data = bytearray(path.read_bytes())
        header = np.frombuffer(data, HEADER_DTYPE, 1)
        for name, value in words.items():
            header[name] = value % 2**31 if HEADER_DTYPE[name].kind == "u" else value
        del header
        for at, value in noise.items():
            data[at] = value
        content = bytes(data[:length])
        path.write_bytes(gzip.compress(content) if packed else content)
        said = ""
        try:
            read(path, nan_to=0.0)
        except UserError as error:
            said = str(error)
        assert "\n" not in said


@settings(max_examples=200)
@given(st.binary(max_size=1100), st.sampled_from(["", "MAP", "npy", "tiff", "hdf", "zip", "gz"]))
def test_no_bytes_end_in_a_traceback(noise, magic):
    starts = {
        "npy": b"\x93NUMPY\x01\0",
        "tiff": b"II*\0",
        "hdf": b"\x89HDF\r\n\x1a\n",
        "zip": b"PK\3\4",
        "gz": b"\x1f\x8b\x08",
    }
    content = starts.get(magic, b"") + noise
    if magic == "MAP":
        content = content[:208].ljust(208) + b"MAP " + content[208:]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v"
        path.write_bytes(content)
        with contextlib.suppress(UserError):
            read(path, nan_to=0.0)
