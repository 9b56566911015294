"""The suites of what people do with a tomogram, on the oldest and newest release of each line, and a yanked one."""

import json
import math

import pytest

from tests.made.measured import Measured

ENDS = ["2.18.0", "2.18.7", "3.0.7", "3.0.8", "3.4.2"]
NEWEST = ["2.18.7", "3.4.2"]
#: The newest in any case, the others where time matters less.
EACH = [one if one in NEWEST else pytest.param(one, marks=pytest.mark.dear) for one in ENDS]
#: One metric of one cell has the whole store's figures found, in one pass: all other cells are read from them.
BENCHES = [
    r"^counts\.Selections\.track_requests\(.*, 64×64×64\)",
    r"^ways\.Ways\.track_voxels_lost\(chunk, (one writer|2 threads), .*32×32×32 in",
    r"^ways\.Ways\.track_requests\(plane, one writer, .*64×64×64\)",
    r"^opening\.Counts\.track_requests\(.*, 2\)",
    r"^opening\.Import\.track",
    r"^footprint\.(Chosen\.track_chunk|Practice\.track_files)",
]


@pytest.fixture(scope="module")
def measured(make_project, tmp_path_factory):
    """For each release what each benchmark gave, by its parameters."""
    project = make_project(tmp_path_factory.mktemp("practice") / "project")
    words = [word for bench in BENCHES for word in ("--bench", bench)]

    def measure(version):
        project.asv("run", version, "--quick", *words, tracebacks=True, ok=False)
        return results_of(project, version)

    return Measured(measure)


def results_of(project, version):
    lock = json.loads((project.folder / "releases.lock.json").read_text())
    (name,) = (one["hash"] for one in lock["releases"] if one["version"] == version)
    (path,) = (project.folder / "results/local-test").glob(f"{name}-*.json")
    found = json.loads(path.read_text())
    columns = found["result_columns"]
    rows = {name: dict(zip(columns, row, strict=False)) for name, row in found["results"].items()}
    return {name: _cells(row) for name, row in rows.items()}


def _cells(row):
    """{the parameters of a cell: its value}; NaN is n/a, None failed."""
    names = [()]
    for axis in row["params"]:
        names = [(*name, value) for name in names for value in axis]
    return dict(zip(names, row["result"], strict=True))


@pytest.mark.parametrize("version", EACH)
def test_every_kind_of_selection_gives_the_right_voxels(measured, version):
    found = measured[version]["counts.Selections.track_requests"]
    tried = {name: value for name, value in found.items() if _is_number(value)}
    assert {name[0] for name in tried} == {name[0] for name in found}
    assert all(tried[name] == 0 for name in tried if "empty" in name[0])


def test_every_plane_in_turn_reads_a_chunk_once_in_2_18_and_once_a_plane_in_3(measured):
    cell = ("read every plane in turn", "64×64×64")
    one, other = (measured[v]["counts.Selections.track_requests"][cell] for v in NEWEST)
    assert (one, other) == (1, 40)  # the small volume is one chunk of 64³, and 40 planes


@pytest.mark.parametrize("version", EACH[2:])
def test_writers_that_share_a_shard_lose_voxels_and_aligned_ones_do_not(measured, version):
    lost = measured[version]["ways.Ways.track_voxels_lost"]
    shards = {cell: value for cell, value in lost.items() if _is_number(value)}
    assert {value for cell, value in shards.items() if cell[1] == "one writer"} == {0}
    assert {value for cell, value in shards.items() if cell[2] == "shards"} == {0}
    assert 1 in {value for cell, value in shards.items() if cell[2] == "chunks"}


@pytest.mark.parametrize("version", EACH)
def test_planes_cost_as_many_requests_as_there_are_planes_and_chunks(measured, version):
    cell = ("plane", "one writer", "shards", "64×64×64")
    requests = measured[version]["ways.Ways.track_requests"][cell]
    assert (
        2 * 10 - 1 <= requests <= 2 * 10 + 8
    )  # a quarter: 10 planes of one chunk, read and written


@pytest.mark.parametrize("version", EACH)
def test_consolidated_metadata_make_fifty_as_cheap_as_one(measured, version):
    found = measured[version]["opening.Counts.track_requests"]
    one, fifty = (f"open {n}, consolidated" for n in ("one multiscale", "50 multiscales"))
    without = "open 50 multiscales, not consolidated"
    for zarr_format in ("2", "3"):
        if _is_number(found[one, zarr_format]):
            assert found[one, zarr_format] == found[fifty, zarr_format] < 10
            assert found[without, zarr_format] > 200


@pytest.mark.parametrize("version", EACH)
def test_layouts_that_do_not_fit_are_not_measured(measured, version):
    files = measured[version]["footprint.Practice.track_files"]
    assert all(math.isnan(value) for (name,), value in files.items() if name != "auto")
    assert measured[version]["footprint.Chosen.track_chunk_voxels"][()] > 0
    assert measured[version]["opening.Import.track_modules"][()] > 100


def _is_number(value):
    return value is not None and not math.isnan(value)
