"""Stores of every layout, written by the tips and the first release of line 3, read by tensorstore."""

import csv
import json

import numpy as np
import pytest
import tensorstore

from tomobench.bench import access, grids
from tomobench.bench.floor import PlainReader
from tomobench.bench.store import Store

SHAPE = (40, 48, 56)  # of the small volume
GRIDS = [grids.BY_CHUNK, grids.BY_SHARD, grids.BY_LEVEL, grids.BY_CODEC]
LAYOUTS = {layout.key: layout for grid in GRIDS for layout in grid.layouts(SHAPE)}
ENDS = ["2.18.7", "3.0.8", "3.4.2"]
REFERENCE_FILES = {  # the report's file counts, at 128³
    "16×16×16": 513, "32×32×32": 65, "64×64×64": 9, "128×128×128": 2,
    "16×64×64": 33, "16×128×128": 9, "64×16×64": 33,
}  # fmt: skip
REFERENCE_RATIOS = {"16×16×16": 1.14, "32×32×32": 1.14, "64×64×64": 1.17, "128×128×128": 1.17}


@pytest.fixture(scope="module")
def written(make_project, tmp_path_factory):
    """A project in which the tips, and the first release of line 3, wrote all layouts."""
    project = make_project(tmp_path_factory.mktemp("written") / "project")
    project.asv("run", project.wanted(*ENDS), "--quick", "--bench", "footprint.*track_files")
    return project


def stores(project, release):
    """The folders of a release's stores of the project's volume, by layout key; not what a killed run began."""
    lock = json.loads((project.folder / "releases.lock.json").read_text())
    (wheel,) = (entry["sha256"] for entry in lock["releases"] if entry["version"] == release)
    folder = project.cache / "stores" / wheel[:16]
    volume = project.environment["TOMOBENCH_VOLUME"]
    return {path.name: path for path in folder.glob(f"{volume}-*/zarr*")}


@pytest.mark.parametrize("release", ENDS)
def test_an_independent_reader_finds_the_voxels(written, small_volume, release):
    voxels = np.load(small_volume)
    found = stores(written, release)
    formats = {2} if release.startswith("2") else {2, 3}
    known = {key for key, layout in LAYOUTS.items() if layout.zarr_format in formats}
    assert known <= set(found)
    for key in known:
        path = found[key]
        if release.startswith("2") and LAYOUTS[key].codec.name == "zstd":
            # numcodecs 0.15 writes zstd's "checksum" into .zarray, and tensorstore refuses to open that.
            (whole,) = access.whole(SHAPE, LAYOUTS[key])
            plain = PlainReader(Store(path, LAYOUTS[key], voxels)).read(whole)
            assert np.array_equal(plain, voxels), key
            continue
        driver = {2: "zarr", 3: "zarr3"}[LAYOUTS[key].zarr_format]
        kvstore = {"driver": "file", "path": str(path / "array.zarr")}
        array = tensorstore.open({"driver": driver, "kvstore": kvstore}).result()
        assert np.array_equal(array.read().result(), voxels), key
        assert array.chunk_layout.read_chunk.shape == LAYOUTS[key].chunks, key


@pytest.mark.parametrize("release", ENDS)
def test_stores_lie_in_the_cache_with_their_check(written, release):
    for path in stores(written, release).values():
        check = json.loads((path / "check.json").read_text())
        assert check["finding"] is None and check["seconds"] > 0


def test_the_reference_file_counts_and_ratios_come_out(project):
    phantom = {"TOMOBENCH_VOLUME": "phantom-128"}
    project.asv("run", "2.18.7", "--quick", "--bench", "footprint.Chunks", **phantom)
    rows = list(
        csv.DictReader(project.here("table", "2.18.7", "--format", "csv").stdout.splitlines())
    )
    assert {row["chunks"]: float(row["files"]) for row in rows} == REFERENCE_FILES
    ratios = {
        row["chunks"]: float(row["ratio"]) for row in rows if row["chunks"] in REFERENCE_RATIOS
    }
    assert ratios == pytest.approx(REFERENCE_RATIOS, abs=0.01)
