"""Volumes are made once, kept whole, and repaired when damaged."""

import logging
import os
import resource
import subprocess
import sys

import numpy as np
import pytest

from tomobench.bench import volume as volumes
from tomobench.desk.volumes import catalogue, phantom
from tomobench.desk.volumes.opened import Excerpt

PHANTOM = "phantom-6x7x8"


@pytest.fixture
def file(tmp_path):
    """A .npy file of a small volume."""
    path = tmp_path / "TS 1.npy"
    np.save(path, np.arange(60, dtype="i2").reshape(3, 4, 5))
    return path


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.INFO, logger="tomobench")
    return caplog


def stamp(volume_id: str) -> dict:
    """When the files of a volume were last written."""
    return {file.name: file.stat().st_mtime_ns for file in volumes.folder(volume_id).iterdir()}


def flip_a_bit(volume_id: str) -> None:
    path = volumes.folder(volume_id) / "voxels.npy"
    data = bytearray(path.read_bytes())
    data[-3] ^= 4
    path.write_bytes(data)


def cut_off(volume_id: str) -> None:
    path = volumes.folder(volume_id) / "voxels.npy"
    path.write_bytes(path.read_bytes()[:90])


def spoil_description(volume_id: str) -> None:
    (volumes.folder(volume_id) / "volume.json").write_text("{")


def leftovers(cache_folder) -> list[str]:
    """What an interrupted or failed write left behind."""
    return [str(path) for path in cache_folder.rglob(".*")]


# Phantoms


def test_a_phantom_is_made_once():
    made = catalogue.ensure(PHANTOM)
    before = stamp(PHANTOM)
    assert catalogue.ensure(PHANTOM) == made
    assert stamp(PHANTOM) == before
    volume, voxels = volumes.load(PHANTOM)
    assert volume == made and np.array_equal(voxels, phantom.make((6, 7, 8)))
    assert (made.shape, made.dtype, made.kind) == ((6, 7, 8), "float32", "raw")
    assert made.voxel_spacing == (10.012,) * 3


@pytest.mark.parametrize(("kind", "dtype"), phantom.KINDS.items())
def test_a_phantom_says_its_kind(kind, dtype):
    made = catalogue.ensure(PHANTOM if kind == "raw" else f"{PHANTOM}-{kind}")
    assert (made.kind, made.dtype) == (kind, dtype)
    assert np.array_equal(volumes.load(made.id)[1], phantom.make((6, 7, 8), kind))


@pytest.mark.parametrize("damage", [flip_a_bit, cut_off, spoil_description])
def test_a_damaged_phantom_is_made_anew(damage, log, cache_folder):
    made = catalogue.ensure(PHANTOM)
    damage(PHANTOM)
    assert catalogue.ensure(PHANTOM).sha256 == made.sha256
    volumes.verify(made)
    assert "damaged" in log.text or "checksum" in log.text
    assert leftovers(cache_folder) == []


def test_a_phantom_of_an_older_model_is_made_anew(monkeypatch, log):
    catalogue.ensure(PHANTOM)
    monkeypatch.setattr(phantom, "MODEL", phantom.MODEL + 1)
    assert catalogue.ensure(PHANTOM).provenance["model"] == phantom.MODEL
    assert "model" in log.text


def test_unknown_ids(refused):
    assert "tomobench volume import" in refused(catalogue.ensure, "TS_1-01234567")
    assert "can't be a volume's id" in refused(catalogue.ensure, "../../etc")


# Imports


def test_an_import_is_kept_with_its_source(file):
    added = catalogue.add_file(file, kind="labels", part=Excerpt(region="1:3,:,0:2"))
    volume, voxels = volumes.load(added.id)
    assert volume == added == catalogue.ensure(added.id)
    assert np.array_equal(voxels, np.load(file)[1:3, :, :2])
    assert added.kind == "labels" and added.name == "TS 1"
    assert "TS 1.npy" in added.source and "1:3,:,0:2" in added.source
    assert str(file.parent) not in added.source  # sources are published, home folders should not be
    assert added.provenance["import"]["path"] == str(file)


def test_importing_again_writes_nothing(file):
    added = catalogue.add_file(file)
    before = stamp(added.id)
    assert catalogue.add_file(file) == added
    assert stamp(added.id) == before


def test_importing_again_repairs(file):
    added = catalogue.add_file(file)
    flip_a_bit(added.id)
    assert catalogue.add_file(file).id == added.id
    volumes.verify(added)


def test_a_new_kind_renews_the_description_alone(file):
    added = catalogue.add_file(file)
    before = stamp(added.id)["voxels.npy"]
    assert catalogue.add_file(file, kind="raw").id == added.id
    assert volumes.describe(added.id).kind == "raw"
    assert stamp(added.id)["voxels.npy"] == before


def test_different_voxels_never_share_an_id(tmp_path, file):
    ids = {catalogue.add_file(file).id}
    voxels = np.load(file)
    for other in (voxels + 1, voxels.reshape(5, 4, 3), voxels.view("u2"), voxels[:2]):
        np.save(tmp_path / "TS 1.npy", other)
        ids.add(catalogue.add_file(tmp_path / "TS 1.npy").id)
    assert len(ids) == 5 == len(catalogue.listing())


@pytest.mark.parametrize(
    ("name", "start"),
    [
        (None, "TS-1-"),
        ("Mitochondrium №1 (ä)", "Mitochondrium-1-"),
        ("../../x", "x-"),
        ("☃", "volume-"),
        ("phantom-128", "phantom-128-"),
        ("x" * 200, "x" * 40 + "-"),
    ],
)
def test_names_become_ids(file, name, start):
    added = catalogue.add_file(file, name=name)
    assert added.id.startswith(start) and len(added.id) == len(start) + 8
    assert added.name == (name or "TS 1")
    assert catalogue.ensure(added.id) == added


@pytest.mark.parametrize("damage", [flip_a_bit, cut_off])
def test_a_damaged_import_is_imported_again(file, damage, log):
    added = catalogue.add_file(file, part=Excerpt(region="0:2,:,:"))
    damage(added.id)
    assert catalogue.ensure(added.id) == added
    volumes.verify(added)
    assert "imported again" in log.text


def test_a_damaged_import_whose_file_is_gone(file, refused):
    added = catalogue.add_file(file)
    flip_a_bit(added.id)
    file.unlink()
    assert "no such file" in refused(catalogue.ensure, added.id)


def test_a_damaged_import_whose_file_has_changed(file, refused):
    added = catalogue.add_file(file)
    flip_a_bit(added.id)
    np.save(file, np.load(file) + 1)
    assert "has changed" in refused(catalogue.ensure, added.id)


def test_an_import_with_a_damaged_description(file, refused):
    added = catalogue.add_file(file)
    spoil_description(added.id)
    assert "import" in refused(catalogue.ensure, added.id)
    assert catalogue.listing() == [(added.id, None)]
    assert catalogue.add_file(file).id == added.id
    assert catalogue.ensure(added.id).sha256 == added.sha256


# Disks


def limited(limit: int, *words) -> subprocess.CompletedProcess:
    """Run ``tomobench volume ...`` where no file may grow beyond ``limit`` bytes."""
    program = "from tomobench.desk.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "volume", *map(str, words)],
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_disk_without_room(tmp_path, cache_folder):
    path = tmp_path / "v.npy"
    np.save(path, np.zeros((20, 30, 40), "f4"))
    for words in (("make", "phantom-32"), ("import", path)):
        done = limited(40_000, *words)
        assert done.returncode == 1 and done.stdout == ""
        assert done.stderr.startswith("tomobench: no room in") and done.stderr.count("\n") == 1
        assert list((cache_folder / "volumes").iterdir()) == []


def test_a_full_disk_leaves_the_volume_that_was_there(file, refused, monkeypatch):
    added = catalogue.add_file(file)

    def full(_):
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr("tomobench.bench.cache.os.fsync", full)
        assert "TOMOBENCH_CACHE" in refused(catalogue.add_file, file, kind="raw")
    assert catalogue.ensure(added.id) == added


def test_a_cache_that_cannot_be_written(file, refused, monkeypatch, tmp_path):
    (tmp_path / "occupied").write_text("a file where the cache should be")
    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path / "occupied"))
    assert "can't write to the cache" in refused(catalogue.add_file, file)
    assert "can't write to the cache" in refused(catalogue.ensure, PHANTOM)


def test_an_interrupted_import_leaves_nothing(file, cache_folder, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(volumes, "_as_json", interrupted)
    with pytest.raises(KeyboardInterrupt):
        catalogue.add_file(file)
    assert catalogue.listing() == [] and list((cache_folder / "volumes").iterdir()) == []


def test_a_volume_beyond_memory(file, monkeypatch, refused):
    def too_much(*_, **__):
        raise MemoryError

    monkeypatch.setattr(phantom, "make", too_much)
    assert "memory" in refused(catalogue.ensure, PHANTOM)
    monkeypatch.setattr("tomobench.desk.volumes.importers.np.array", too_much)
    assert "--region" in refused(catalogue.add_file, file)
