"""``make prove`` as a user runs it: the quick one and going on, marked ``dear``, and what it refuses."""

import csv

import psutil
import pytest

from studies.proof.project import loaded
from tests.made.waiting import until

STEPS = ("truth", "quiet", "counts", "price", "report")


@pytest.fixture(scope="module")
def proved(make_project, tmp_path_factory):
    """A project in which the quick proof was run, and what each step printed."""
    project = make_project(tmp_path_factory.mktemp("proof") / "project")
    return project, {
        step: project.run("python", "-m", "studies.proof", step, "--quick").stdout for step in STEPS
    }


def table(project, name):
    path = project.folder / "results/local-test/proof-quick" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.dear
def test_true_sizes_are_those_of_what_is_touched(proved):
    project, said = proved
    rows = table(project, "truth")
    assert {(row["kind"], row["benchmark"]) for row in rows} == {
        (kind, "read.Shards.time_whole(16×16×16, whole)") for kind in ("decode", "shard")
    }
    assert all(float(row["low"]) <= float(row["ratio"]) <= float(row["high"]) for row in rows)
    assert "true size of decode, 1 of 1" in said["truth"]


@pytest.mark.dear
def test_races_are_kept_with_their_condition(proved):
    project, _ = proved
    races = project.folder / "results/local-test/proof-quick/races"
    assert {path.name for path in races.iterdir()} == {"quiet-1"}
    assert not list((project.folder / "results/local-test/proof-quick").rglob("*.json"))
    wheels = {row["label"] for row in table(project, "wheels")}
    assert wheels == {"", "same1", "decode50", "shard50", "request", "larger"}


@pytest.mark.dear
def test_the_wheels_are_on_no_history_of_the_user(proved):
    project, _ = proved
    assert "+same1" not in project.run("tomobench", "releases", "list").stdout
    assert not list((project.folder / "results").glob("local-test/*-tomobench-*.json"))


@pytest.mark.dear
def test_counts_that_must_change_are_found_and_no_others(proved):
    project, _ = proved
    found = {row["wheel"]: row for row in table(project, "table-counted")}
    assert set(found) == {"same1", "request", "larger"}
    for row in found.values():
        assert row["found"] == row["counts that must change"] and row["flagged there"] == "0"
        assert int(row["counts outside"]) > 0
    assert int(found["same1"]["counts that must change"]) == 0
    assert int(found["request"]["counts that must change"]) > 0
    assert int(found["larger"]["counts that must change"]) > 0


@pytest.mark.dear
def test_the_report_has_every_method(proved):
    project, said = proved
    methods = {row["method"] for row in table(project, "verdicts")}
    assert {
        "tomobench, race",
        "asv compare",
        "asv find",
        "Otava",
        "bootstrap of medians",
    } <= methods
    assert "zarr against itself" in said["report"] and "Counts, exactly" in said["report"]


@pytest.mark.dear
def test_the_price_has_every_way_of_measuring(proved):
    project, said = proved
    rows = table(project, "price")
    ways = {"race", "asv run --interleave-rounds", "pytest-benchmark"}
    assert {(row["round"], row["method"]) for row in rows} == {
        (n, way) for n in "12" for way in ways
    }
    assert all(0.1 < float(row["ratio"]) < 10 for row in rows)
    for way in ways:
        timed, took = (
            sum(float(row[one]) for row in rows if row["method"] == way)
            for one in ("timed", "seconds")
        )
        assert 0 < timed < took
    priced = table(project, "table-price")
    assert {row["method"] for row in priced} == ways and all(row["cells"] == "2" for row in priced)
    assert "What it costs to tell 10 % from none" in said["report"]


@pytest.mark.dear
def test_what_is_finished_is_not_done_again(proved):
    project, _ = proved
    again = project.run("python", "-m", "studies.proof", "truth", "quiet", "--quick").stdout
    assert "true size of" not in again and "renewal 1" not in again


def test_a_core_is_loaded_while_a_race_runs_and_no_longer():
    this = psutil.Process()
    before = this.children()
    with loaded("quiet"):
        assert this.children() == before
    with loaded("loaded"):
        (one,) = set(this.children()) - set(before)
        assert until(lambda: one.cpu_times().user)
    assert not one.is_running()


def test_nothing_to_report(project):
    done = project.run("python", "-m", "studies.proof", "report", "--quick", ok=False)
    assert done.returncode == 1 and "no race to judge yet" in done.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["everything"], "no step of the proof"),
        (["--cells", "("], "no regular expression"),
        (["quiet", "--wheels", "decode11"], "no wheel is called"),
        (["truth", "--quick", "--cells", "no_such_cell"], "no_such_cell"),
    ],
)
def test_bad_input(project, words, says):
    done = project.run("python", "-m", "studies.proof", *words, ok=False)
    assert done.returncode == 1 and says in done.stdout
