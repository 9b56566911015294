"""What is safe and what is not, on the last release of line 2.18 and the first and last of line 3: writers, calls, types, old
data, the system."""

import json
import math

import pytest

from tests.made.measured import Measured
from tomobench.bench import calls, collisions, kills, old_data

SHAPE = (40, 48, 56)
OLD, NEW = ("2.18.7",), ("3.0.8", "3.4.2")
#: The newest of each line in any case; the first of line 3, which is known to lose voxels, where time matters less.
EACH = ["2.18.7", pytest.param("3.0.8", marks=pytest.mark.dear), "3.4.2"]
#: The suites, and of the system's the cells that are looked at.
SUITES = (
    r"^(writers|calls|olddata)\.|^correctness\.Types\.|"
    r"^system\.Layouts\.\w+\((read whole|read one voxel|write whole), 32×32×32( format 3)?\)"
)


@pytest.fixture(scope="module")
def measured(make_project, tmp_path_factory):
    """{release: {benchmark: {cell: value}}}; None has failed, NaN is n/a."""
    project = make_project(tmp_path_factory.mktemp("safety") / "project")

    def measure(release):
        command = ["run", release, "--quick", "--bench", SUITES]
        # 3.0.8 raises where it is to write big-endian in format 3, and asv says so.
        assert project.asv(*command, ok=False, tracebacks=True).returncode in (0, 2)
        return _cells(project, release)

    return Measured(measure)


def _cells(project, release):
    (path,) = (project.folder / "results" / "local-test").glob(f"{release}-tomobench-*.json")
    found = json.loads(path.read_text())["results"]
    described = json.loads((project.folder / "results/benchmarks.json").read_text())
    return {
        name: dict(zip(_product(described[name]["params"]), _numbers(row[0])))
        for name, row in found.items()
    }


def _product(params):
    if not params:
        return [()]
    return [(value.strip("'"), *rest) for value in params[0] for rest in _product(params[1:])]


def _numbers(values):
    return [math.nan if value != value else value for value in values]


@pytest.mark.parametrize("release", EACH)
def test_two_writers_lose_voxels_where_they_share_an_object_and_nowhere_else(measured, release):
    cells = measured[release]["writers.Collisions.track_outcome"]
    assert len(cells) == len(collisions.WAYS) * 3
    for (way, layout), value in cells.items():
        share, locked = collisions.WAYS[way].share, collisions.WAYS[way].synchronized
        impossible = (
            (release in OLD and "format 2" not in layout)
            or (release in NEW and locked)
            or (share == collisions.SHARD and " in " not in layout)
        )
        wanted = math.nan if impossible else int(share != collisions.NOTHING and not locked)
        assert value == pytest.approx(wanted, nan_ok=True), (way, layout)


@pytest.mark.parametrize("release", EACH)
def test_a_killed_writer_leaves_old_or_new_but_in_3_0_8(measured, release):
    cells = measured[release]["writers.Kills.track_neither"]
    there = {cell: value for cell, value in cells.items() if not math.isnan(value)}
    assert len(there) == len(kills.WAYS) * (1 if release in OLD else 3)
    assert all((value > 0) == (release == "3.0.8") for value in there.values())


@pytest.mark.parametrize("release", EACH)
def test_calls_that_worked_in_2_18_and_raise_since(measured, release):
    found = measured[release]["calls.Calls.track_outcome"]
    if release in OLD:
        values = [value for value in found.values() if not math.isnan(value)]
        assert len(values) > 60 and set(values) == {calls.WORKED}
    else:
        assert calls.WRONG not in found.values()
        for name in ("save_array with chunks", "save_group and load", "copy"):
            assert found[name,] == calls.RAISED
        integers = found["create_array with chunks NumPy integers",]
        assert integers == (calls.RAISED if release == "3.0.8" else calls.WORKED)


@pytest.mark.parametrize("release", ["2.18.7", "3.4.2"])
def test_every_element_type_and_byte_order_comes_back(measured, release):
    cells = measured[release]["correctness.Types.track_wrong_voxels"]
    values = [value for value in cells.values() if not math.isnan(value)]
    # Ten types and two readers; in 3.4.2 by four ways in three layouts, in 2.18 by three in one.
    assert len(values) == 20 * (12 if release == "3.4.2" else 3) and set(values) == {0}


@pytest.mark.dear
def test_3_0_8_does_not_write_big_endian_in_format_3(measured):
    cells = measured["3.0.8"]["correctness.Types.track_wrong_voxels"]
    raised = {cell for cell, value in cells.items() if value is None and "by assignment" in cell}
    assert {dtype for _, dtype, _, _ in raised} == {">i2", ">u2", ">f2", ">f4"}
    assert all("format 2" not in layout for *_, layout in raised)


@pytest.mark.parametrize("release", EACH)
def test_old_data_is_read_bit_for_bit(measured, release):
    cells = measured[release]["olddata.OldData.track_wrong_voxels"]
    assert len(cells) == len(old_data.WRITERS) * len(old_data.GROUPS)
    there = {cell: value for cell, value in cells.items() if value is None or value == value}
    # Two groups are of format 2: line 2.18 reads, and wrote, those alone.
    groups = 2 if release in OLD else 6
    assert len(there) == (len(old_data.WRITERS) - 1) * groups + 2
    assert set(there.values()) == {0}


@pytest.mark.parametrize("release", EACH)
def test_what_is_asked_of_the_system_is_arithmetic(measured, release):
    suite = {
        metric: measured[release][f"system.Layouts.track_{metric}"]
        for metric in ("opens", "system_reads", "objects", "in_flight", "rounds", "renames")
    }
    for layout in ["32×32×32"] + ["32×32×32 format 3"] * (release in NEW):
        whole, one = ("read whole", layout), ("read one voxel", layout)
        objects = suite["objects"][whole]
        assert objects == 2**3 == suite["opens"][whole] and suite["opens"][one] == 1
        # A file is read once, and once more to know that it is at its end.
        assert suite["system_reads"][whole] == 2 * objects
        assert (suite["in_flight"][whole], suite["rounds"][whole]) == (objects, 1)
        # An object is renamed into its place where a kill leaves it whole.
        renamed = suite["renames"]["write whole", layout] >= objects
        assert renamed == (release != "3.0.8")
