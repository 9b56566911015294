"""Volumes larger than the memory there is: read in blocks, or refused before the first byte."""

import gzip
import subprocess
import sys

import h5py
import mrcfile
import numpy as np
import pytest
import tensorstore
import tifffile

from tests.made.on_disk import on_disk
from tests.unit.volumes.files import ramp, read, same_voxels, write_mrc, write_npy, write_zarr
from tomobench.bench import volume as volumes
from tomobench.desk.volumes import importers

SHAPE = (56, 512, 512)
"""56 MiB of float32, seven times the blocks in which it is imported here."""

PROGRAM = """
import resource, sys
from tomobench.desk.volumes import catalogue, importers, hdf5_files, tiff_files
importers.BLOCK = 1 << 23
before = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
limit = before + 5 * importers.BLOCK
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
print(catalogue.add_file(sys.argv[1]).sha256)
"""
"""Imports a file where the process may have no more than five blocks of address space more."""


def section(z: int) -> np.ndarray:
    """One of the volume's: every one differs."""
    return np.arange(z, z + 512 * 512, dtype="<f4").reshape(SHAPE[1:])


def big_npy(path):
    voxels = np.lib.format.open_memmap(path, "w+", "<f4", SHAPE)
    for z in range(SHAPE[0]):
        voxels[z] = section(z)


def big_mrc(path):
    with mrcfile.new_mmap(path, SHAPE, mrc_mode=2) as mrc:
        for z in range(SHAPE[0]):
            mrc.data[z] = section(z)


def big_gzip(path):
    big_mrc(path.with_suffix(".plain"))
    with open(path, "wb") as file:
        subprocess.run(["gzip", "-1", "-c", path.with_suffix(".plain")], stdout=file, check=True)


def big_zarr(path, format_=2, codecs=None):
    document = {"chunks": [64, 64, 64], "compressor": {"id": "zstd", "level": 1}}
    if format_ == 3:
        sharding = {"chunk_shape": [28, 64, 64], "codecs": [{"name": "bytes"}, {"name": "zstd"}]}
        document = {
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": SHAPE}},
            "codecs": [{"name": "sharding_indexed", "configuration": sharding}],
        }
    store = on_disk(path)
    spec = {"driver": "zarr3" if format_ == 3 else "zarr", "kvstore": store, "metadata": document}
    array = tensorstore.open(spec, create=True, dtype="float32", shape=SHAPE).result()
    array.write(np.stack([section(z) for z in range(SHAPE[0])])).result()


def big_shard(path):
    big_zarr(path, 3)


def big_tiff(path):
    pages = (section(z) for z in range(SHAPE[0]))
    tifffile.imwrite(
        path, pages, shape=SHAPE, dtype="f4", compression="zlib", compressionargs={"level": 1}
    )


def big_hdf5(path):
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", SHAPE, "<f4", chunks=(8, 128, 128), compression="lzf")
        for z in range(0, SHAPE[0], 8):
            data[z : z + 8] = np.stack([section(z + i) for i in range(8)])


@pytest.mark.parametrize(
    "write", [big_npy, big_mrc, big_gzip, big_zarr, big_shard, big_tiff, big_hdf5]
)
def test_any_format_is_imported_in_bounded_memory(tmp_path, cache_folder, write):
    path = tmp_path / "v"
    write(path)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = np.stack([section(z) for z in range(SHAPE[0])])
    assert done.stdout.strip() == volumes.checksum(expected)


def test_the_limit_would_stop_an_import_in_one_piece(tmp_path, cache_folder):
    big_npy(tmp_path / "v.npy")
    program = PROGRAM.replace("1 << 23", "1 << 30").replace("5 * importers.BLOCK", "5 * (1 << 23)")
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "v.npy"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0 and "too large for this machine's memory" in done.stderr


@pytest.mark.parametrize("kilobytes", [1, 4, 64])
@pytest.mark.parametrize("region", [None, "3:17,1:20,2:29"])
def test_blocks_of_any_size_give_the_same_volume(tmp_path, monkeypatch, kilobytes, region):
    voxels = ramp(19, 23, 31)
    monkeypatch.setattr(importers, "BLOCK", kilobytes << 10)
    wanted = voxels if region is None else voxels[3:17, 1:20, 2:29]
    paths = [
        write_npy(tmp_path / "c.npy", voxels),
        write_npy(tmp_path / "f.npy", np.asfortranarray(voxels)),
        write_mrc(tmp_path / "v.mrc", voxels),
        write_mrc(tmp_path / "v.map", np.ascontiguousarray(voxels.T), mapc=3, mapr=2, maps=1),
        write_zarr(tmp_path / "v.zarr", voxels, chunk=7),
        write_zarr(tmp_path / "w.zarr", voxels, 3, chunk=5),
    ]
    for path in paths:
        found = read(path, region)
        assert same_voxels(found, wanted), path
        assert found.blocks > 1 or kilobytes == 64


def test_blocks_reach_the_cache_in_place(tmp_path, monkeypatch, command, cache_folder):
    voxels = ramp(19, 23, 31)
    monkeypatch.setattr(importers, "BLOCK", 2000)
    path = write_zarr(tmp_path / "v.zarr", voxels, chunk=7)
    volume_id = command("import", "--print-id", path).strip()
    described, cached = volumes.load(volume_id)
    assert np.array_equal(cached, voxels)
    volumes.verify(described)


@pytest.mark.parametrize("kind", ["npy", "mrc", "mrc.gz", "zarr"])
def test_what_does_not_fit_on_the_disk_is_refused_before_the_first_byte(
    tmp_path, cache_folder, command, refused, monkeypatch, kind
):
    voxels = ramp(6, 7, 9)
    path = tmp_path / f"v.{kind}"
    write = {"npy": write_npy, "zarr": write_zarr}.get(kind, write_mrc)
    write(path, voxels)
    if kind == "mrc.gz":
        path.write_bytes(gzip.compress(path.read_bytes()))

    def nearly_full(_):
        return type("Usage", (), {"free": 1000})

    monkeypatch.setattr("tomobench.desk.volumes.disk.shutil.disk_usage", nearly_full)
    line = refused(command, "import", path)
    assert "GiB free" in line and "--region" in line and "--level" in line
    left = [found for found in cache_folder.rglob("*") if found.is_file()]
    assert left == []
