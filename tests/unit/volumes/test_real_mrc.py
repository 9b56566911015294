"""The MRC reader on real files: those in mrcfile's source distribution.

Two maps of the EMDB and two cryo-EM micrographs, whose contributors permitted their distribution.
They are fetched from the package index once, and kept in pytest's cache.
"""

import bz2
import gzip
import subprocess
import sys
import tarfile

import numpy as np
import pytest

from tests.unit.volumes.files import read

PACKAGE = "mrcfile==1.5.4"
EMD_3197, EMD_3001 = "EMD-3197.map", "EMD-3001.map"
MICROGRAPHS = ("epu2.9_example.mrc", "fei-extended.mrc")


@pytest.fixture(scope="module")
def files(request):
    """The folder of the real files; skips where the package index is out of reach."""
    folder = request.config.cache.mkdir("mrcfile-sdist")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
    command += ["--no-build-isolation", "--no-binary", ":all:", PACKAGE]
    if not (folder / "test_data").exists():
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{PACKAGE} can't be downloaded: {done.stderr.strip().splitlines()[-1]}")
        (archive,) = folder.glob("*.tar.gz")
        unpack(archive, folder / "test_data")
        archive.unlink()
    return folder / "test_data"


def unpack(archive, folder):
    """The package's test data, flat, put in place when complete."""
    scratch = folder.with_suffix(".part")
    scratch.mkdir(exist_ok=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            if "/test_data/" in member.name and member.isfile():
                name = member.name.rpartition("/")[2]
                (scratch / name).write_bytes(tar.extractfile(member).read())
    scratch.rename(folder)


def header(path) -> np.ndarray:
    """The header's 256 words, read without mrcfile."""
    return np.fromfile(path, "<i4", 256)


def stored(path, dtype) -> np.ndarray:
    """The voxels as the header lays them out, read without mrcfile: sections, rows, columns."""
    columns, rows, sections = header(path)[:3]
    offset = 1024 + header(path)[23]
    return np.fromfile(path, dtype, offset=offset).reshape(sections, rows, columns)


@pytest.mark.parametrize(
    ("name", "shape", "spacing"),
    [(EMD_3197, (20, 20, 20), 11.4), (EMD_3001, (73, 25, 43), None)],
)
def test_maps(files, name, shape, spacing):
    found = read(files / name)
    assert found.voxels.dtype == np.float32 and found.details["mode"] == 2
    axes = [int(axis) for axis in header(files / name)[16:19]]  # of columns, rows, sections
    raw = stored(files / name, "<f4")
    order = [[axes[2], axes[1], axes[0]].index(axis) for axis in (3, 2, 1)]
    assert np.array_equal(found.voxels, raw.transpose(order))
    assert found.voxels.shape == shape
    if spacing:
        assert found.voxel_spacing == pytest.approx((spacing,) * 3)


def zipped_name(name: str) -> str:
    return f"{name.lower().replace('-', '_')}.gz"


@pytest.mark.parametrize("name", [EMD_3197, EMD_3001])
def test_packed_maps(files, name):
    plain = read(files / name).voxels
    packed = read(files / f"{name}.bz2").voxels
    zipped = read(files / zipped_name(name)).voxels
    assert np.array_equal(plain, packed) and np.array_equal(plain, zipped)


def test_the_packed_files_are_packed(files):
    assert bz2.decompress((files / f"{EMD_3197}.bz2").read_bytes())[208:211] == b"MAP"
    assert gzip.decompress((files / zipped_name(EMD_3197)).read_bytes())[208:211] == b"MAP"


@pytest.mark.parametrize("name", MICROGRAPHS)
def test_micrographs_with_extended_headers(files, name):
    """Images: volumes of one section."""
    path = files / name
    assert header(path)[23] > 0  # bytes of extended header
    found = read(path)
    assert found.voxels.dtype == np.uint16 and found.details["mode"] == 6
    assert np.array_equal(found.voxels, stored(path, "<u2"))
