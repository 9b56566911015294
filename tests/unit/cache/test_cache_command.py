"""``tomobench cache``: what is held, whether it is whole, and leftovers away."""

import csv
import json
import os
import shutil
import time

import numpy as np
import pytest

from tests.made.damage import DAMAGED
from tomobench.bench import release, store, whole

WHEEL = "3.4.2"


@pytest.fixture
def held(cache_folder, project, monkeypatch, command, tmp_path):
    """A cache with a volume and a store of it, in the project with the committed releases."""
    monkeypatch.setenv("TOMOBENCH_CACHE", str(cache_folder))
    np.save(tmp_path / "tomo.npy", np.zeros((4, 5, 6), np.float32))
    volume_id = command("import", "--print-id", tmp_path / "tomo.npy").strip()
    releases = json.loads((project / "releases.lock.json").read_text())["releases"]
    (wheel,) = (one["sha256"] for one in releases if one["version"] == WHEEL)
    folder = (
        cache_folder / "stores" / wheel[: release.DIGITS] / f"{volume_id}-0123" / "zarr2-64x64x64"
    )
    (folder / store.ARRAY).mkdir(parents=True)
    (folder / store.ARRAY / "0.0.0").write_bytes(b"voxels")
    files = whole.contents(folder / store.ARRAY)
    check = {"finding": None, "seconds": 1, "files": files}
    (folder / store.CHECK).write_text(json.dumps(check))
    return volume_id, folder


def listed(run):
    return list(csv.DictReader(run("cache", "list", "--format", "csv").printed.splitlines()))


def leave(path, hours):
    """Something that was touched last so many hours ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(1000))
    then = time.time() - 3600 * hours
    for one in (path, path.parent):
        os.utime(one, (then, then))
    return path


def test_what_is_held_is_listed_by_volume_and_release(run, held):
    volume_id, folder = held
    found = {(row["what"], row["volume"], row["release"]): row for row in listed(run)}
    assert set(found) == {("volume", volume_id, ""), ("store", volume_id, WHEEL)}
    row = found["store", volume_id, WHEEL]
    nbytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert row["number"] == "1" and float(row["MiB"]) == pytest.approx(nbytes / 2**20)


def test_a_store_in_another_configuration_of_zarr_is_of_the_same_release(run, held):
    _, folder = held
    configured = folder.parents[1]
    shutil.copytree(configured, configured.with_name(f"{configured.name}-{'0' * 16}"))
    (row,) = (row for row in listed(run) if row["what"] == "store")
    assert (row["release"], row["number"]) == (WHEEL, "2")


def test_an_empty_cache_is_listed_and_whole(run, cache_folder, project, monkeypatch):
    monkeypatch.setenv("TOMOBENCH_CACHE", str(cache_folder))
    assert run("cache", "list").code == 0 and run("cache", "check").code == 0
    assert "0 leftovers" in run("cache", "clean").printed


def test_the_check_passes_what_is_whole_and_names_what_is_not(run, held):
    _, folder = held
    done = run("cache", "check")
    assert done.code == 0 and "all 2 volumes and stores are whole" in done.printed
    (folder / store.ARRAY / "0.0.0").write_bytes(b"voxelS")
    done = run("cache", "check")
    assert done.code == 1 and done.error == "1 of 2 volumes and stores are damaged"
    assert f"store {folder.name} of zarr {WHEEL}: of 1 files 1 changed" in done.printed


def test_a_check_that_is_damaged_says_nothing_of_its_store(run, held):
    _, folder = held
    for damage in [*DAMAGED.values(), b'{"finding": null, "seconds": 1, "files": []}']:
        (folder / store.CHECK).write_bytes(damage)
        done = run("cache", "check")
        assert done.code == 1 and f"{folder.name} of zarr {WHEEL}: {store.UNKNOWN}" in done.printed


def test_a_damaged_volume_is_named(run, held, cache_folder):
    volume_id, _ = held
    path = cache_folder / "volumes" / volume_id / "voxels.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    done = run("cache", "check")
    assert done.code == 1 and f"{volume_id}: volume" in done.printed


def test_a_store_of_a_release_that_is_gone_is_named_by_its_wheel(run, held):
    _, folder = held
    wheel = folder.parents[1]
    wheel.rename(wheel.with_name("f" * 16))
    (row,) = (row for row in listed(run) if row["what"] == "store")
    assert row["release"] == f"unknown ({'f' * 16})"


LEFT = [
    "scratch/tmpabc/array.zarr",
    "damaged/wheel-volume-layout/check.json",
    "downloads/0123456789/.0.0.0.part",
    "volumes/.tomo-1234.x1y2/voxels.npy",
    "stores/0123/volume-1/.zarr2-64x64x64.x1y2/check.json",
    "stores/0123/volume-1/zarr2-64x64x64/.exact-1.json.x1y2",
]


@pytest.mark.parametrize("name", LEFT)
def test_leftovers_go_when_nobody_has_touched_them_for_an_hour(run, held, cache_folder, name):
    volume_id, folder = held
    fresh, old = leave(cache_folder / name.replace("x1y2", "z3").replace("abc", "d"), 0.5), None
    assert "0 leftovers" in run("cache", "clean").printed and fresh.exists()
    old = leave(cache_folder / name, 2)
    assert "1 leftovers, 0.0 MiB would be freed" in run("cache", "clean", "--dry-run").printed
    assert old.exists()
    assert "1 leftovers, 0.0 MiB freed" in run("cache", "clean").printed
    assert not old.exists()
    assert folder.exists() and (cache_folder / "volumes" / volume_id).exists()


def test_a_cache_that_is_a_file_is_one_line(run, project, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path / "file"))
    for words in (["list"], ["check"], ["clean"]):
        done = run("cache", *words)
        assert done.code in (0, 1) and "Traceback" not in done.printed
