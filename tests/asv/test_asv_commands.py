"""asv's own commands, one by one, over releases in place of commits."""

import json
import re
import shutil

import pytest

from tests.made.copied import copy_of

ONE = r"footprint.Chunks.track_files\(16×16×16, 2\)"
ONE_TIME = r"read.Chunks.time_slice_xy\(16×16×16, 2\)"
#: One release of each line: 2.18's newest, and three neighbours in line 3.
TIPS = {"2.18.7", "3.4.2"}
FEW = ["2.18.7", "3.4.0", "3.4.1", "3.4.2"]


@pytest.fixture(scope="module")
def history(make_project, tmp_path_factory):
    """A project in which a few neighbouring releases are measured. Tests must not change it."""
    project = make_project(tmp_path_factory.mktemp("history") / "project")
    project.asv("run", project.wanted(*FEW), "--quick", "--bench", ONE, "--bench", ONE_TIME)
    return project


def files(project, release):
    """The number of files that was measured for a release."""
    return results_of(project, release)["footprint.Chunks.track_files"][0][0]


def test_run_measures_the_newest_release_of_each_line(project):
    project.asv("run", "--quick", "--bench", ONE)
    assert project.measured() == TIPS
    # 3×3×4 chunks and .zarray; zarr 3 adds .zattrs.
    assert files(project, "2.18.7") == 37
    assert files(project, "3.4.2") == 38


def test_run_answers_asvs_question_about_the_machine(history):
    machine = json.loads((history.folder / "results/local-test/machine.json").read_text())
    assert machine["machine"] == "local-test"
    assert machine["os"] == "Linux"  # and no kernel version: it would break the series


@pytest.mark.parametrize(
    ("words", "measured"),
    [
        (["main^!"], {"3.4.2"}),
        (["2.18.6..3.0.8"], {"2.18.7", "3.0.8"}),
        (["3.2.1..3.4.2", "--steps", "2"], {"3.4.0", "3.4.2"}),
        # A release at least 150 days after the one taken before it, from the oldest on.
        (["2.18.0..2.18.7", "--date-period", "150d"], {"2.18.1", "2.18.4"}),
    ],
)
def test_run_takes_a_release_or_a_range(project, words, measured):
    """What a range holds is tested in tests/unit/releases/test_repository.py: here, that asv asks for it."""
    project.asv("run", *words, "--quick", "--bench", ONE)
    assert project.measured() == measured


@pytest.mark.dear
def test_run_all_measures_every_release_as_one_series(project):
    project.asv("run", "ALL", "--quick", "--bench", ONE)
    expected = {f"2.18.{n}" for n in range(8)}
    expected |= {"3.0.8", "3.0.9", "3.0.10", *(f"3.1.{n}" for n in range(7))}
    expected |= {"3.2.0", "3.2.1", "3.3.0", "3.4.0", "3.4.1", "3.4.2"}
    assert project.measured() == expected
    counts = {release: files(project, release) for release in expected}
    assert {release for release, count in counts.items() if count == 37} == {
        release for release in expected if release.startswith("2.")
    }
    project.asv("publish", "--no-pull")
    graph = next(
        (project.folder / "html/graphs").rglob("branch-main/**/footprint.Chunks.track_files.json")
    )
    assert len(json.loads(graph.read_text())) == 24
    # Every release is measured: nothing is new, and nothing is left to do.
    skip = "--skip-existing-commits"
    again = project.asv("run", "ALL", skip, "--quick", "--bench", ONE, ok=False)
    assert "footprint" not in again.stdout
    new = project.asv("run", "NEW", "--quick", "--bench", ONE, ok=False)
    assert new.returncode == 1 and "No commit hashes selected" in new.stdout


def test_run_new_and_existing(history, project):
    existing = history.asv("run", "EXISTING", "--quick", "--bench", ONE, "--dry-run")
    assert all(f"commit {release}" in existing.stdout for release in FEW)
    # NEW is what follows the newest that was measured, on each branch.
    (project.folder / "some.txt").write_text("2.18.6\n3.4.0\n")
    project.asv("run", "HASHFILE:some.txt", "--quick", "--bench", ONE)
    project.asv("run", "NEW", "--quick", "--bench", ONE)
    assert project.measured() == {"2.18.6", "2.18.7", "3.4.0", "3.4.1", "3.4.2"}


def test_run_interleaves_rounds_over_releases(project):
    done = project.asv(
        "run", "3.4.0..3.4.2", "--interleave-rounds", "--bench", ONE_TIME, "-a", "repeat=2"
    )
    assert "(round 1/2)" in done.stdout and "(round 2/2)" in done.stdout
    assert project.measured() == {"3.4.1", "3.4.2"}


def test_installed_in_parallel_each_release_is_measured_with_its_own_zarr(project):
    project.asv("run", project.wanted("3.4.2", "2.18.7"), "--parallel", "--quick", "--bench", ONE)
    assert [files(project, one) for one in ("2.18.7", "3.4.2")] == [37, 38]


IN_ANOTHER_PROCESS = """
from asv.commands.run import Run

measured = Run.run.__func__
Run.run = classmethod(lambda cls, *words, **options: measured(cls, *words, **{**options, "parallel": 2}))
"""


def test_a_release_that_was_installed_elsewhere_is_not_measured_with_anothers_zarr(project):
    (project.folder / "installing.py").write_text(IN_ANOTHER_PROCESS)
    path = project.folder / "asv.conf.json"
    path.write_text(path.read_text().replace('"plugins": [', '"plugins": [".installing", '))
    wanted = project.wanted("3.4.2", "2.18.7")
    done = project.asv("run", wanted, "--quick", "--bench", ONE, ok=False)
    assert done.returncode == 1
    assert "2.18.7 is not measured: 3.4.2 was made ready in its place" in done.stdout
    assert project.measured() == {"3.4.2"}


def test_tags_are_saved_under_the_release(project):
    project.asv("run", "TAGS", "--steps", "2", "--quick", "--bench", ONE)
    assert project.measured() == {"3.1.0", "3.4.2"}  # the twelfth and the first of 24


def test_compare_across_the_lines(history):
    compared = history.asv("compare", "2.18.7", "3.4.2").stdout
    assert re.search(r"37\s*\|\s*38\s*\|\s*1\.03\s*\|\s*footprint.Chunks.track_files", compared)


def test_with_two_machines_compare_and_show_follow_the_rule(history):
    folder = history.folder / "results"
    shutil.copytree(folder / "local-test", folder / "reference")
    try:
        for path in (folder / "reference").glob("*.json"):
            path.write_text(path.read_text().replace("local-test", "reference"))
        for words in (["compare", "2.18.7", "3.4.2"], ["show", "3.4.2"]):
            named = history.asv(*words, "--machine", "reference").stdout
            said, _, chosen = history.asv(*words, TOMOBENCH_MACHINE="").stdout.partition("\n")
            assert chosen == named != ""
            assert "results of reference" in said and "local-test too (--machine)" in said
    finally:
        shutil.rmtree(folder / "reference")


def test_continuous_installs_and_compares(project):
    done = project.asv(
        "continuous", "3.4.1", "3.4.2", "--quick", "--bench", ONE, "--factor", "1.01", ok=False
    )
    assert "BENCHMARKS NOT SIGNIFICANTLY CHANGED" in done.stdout
    assert project.measured() == {"3.4.1", "3.4.2"}


def test_find_goes_over_releases(project):
    found = project.asv("find", "2.18.6..3.0.9", ONE)
    assert "Greatest regression found: 3.0.8" in found.stdout
    assert {"2.18.7", "3.0.8", "3.0.9"} <= project.measured()


def test_show_rm_and_publish(history, tmp_path):
    project = copy_of(history, tmp_path / "project")
    assert "track_files" in project.asv("show", "3.4.2").stdout
    project.asv("rm", "-y", "commit_hash=3.4.1")
    assert project.measured() == {*FEW} - {"3.4.1"}
    project.asv("publish")
    index = json.loads((project.folder / "html/index.json").read_text())
    assert len(index["tags"]) == 24
    assert [volume for volume in index["params"]["env-volume"] if volume.startswith("small-")]


@pytest.mark.parametrize(
    ("patterns", "says"),
    [
        (["commit_hash=3.4.20"], "3.4.20"),
        (["commit_hash=3"], "no zarr release is called '3'"),
        (["commit_hash="], "names no results"),
        (["3.4.2"], "names no results"),
        (["colour=red"], "no result has a colour"),
        (["python=2.7"], "0 benchmarks in 0 files"),
        (["volume=other"], "0 benchmarks in 0 files"),
        (["commit_hash=3.4.2", "machine=other"], "0 benchmarks in 0 files"),
    ],
)
def test_rm_removes_nothing_but_what_is_named(history, patterns, says):
    done = history.asv("rm", "-y", *patterns, ok=False)
    assert says in done.stdout
    assert history.measured() == {*FEW}


def test_rm_takes_a_benchmark_of_one_release(history, tmp_path):
    project = copy_of(history, tmp_path / "project")
    project.asv("rm", "-y", "commit_hash=v3.4.1", "benchmark=read.*", "python=3.*")
    assert results_of(project, "3.4.1").keys() == {"footprint.Chunks.track_files"}
    assert len(results_of(project, "3.4.2")) == 2
    assert project.measured() == {*FEW}


def results_of(project, release):
    (path,) = (project.folder / "results" / "local-test").glob(f"{release}-tomobench-*.json")
    return json.loads(path.read_text())["results"]


#: What asv never writes: half a file, no object, a benchmark without figures, another format.
DAMAGED = ["{", "null", "[]", '{"version": 2}', '{"version": 99}', "of another shape"]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_result_is_named_and_in_no_others_way(history, tmp_path, content):
    project = copy_of(history, tmp_path / "project")
    (path,) = (project.folder / "results" / "local-test").glob("3.4.1-tomobench-*.json")
    if content == DAMAGED[-1]:
        whole = json.loads(path.read_text())
        content = json.dumps({**whole, "results": dict.fromkeys(whole["results"])})
    path.write_text(content)
    said = project.asv("show").stdout
    assert path.name in said and "remove it and measure again" in said
    project.asv("compare", "3.4.0", "3.4.2")
    done = project.asv("run", "3.4.1", "--quick", "--bench", ONE, ok=False)
    assert done.returncode == 1 and path.name in done.stdout
    assert path.read_text() == content


def test_what_lies_beside_the_machines_is_no_result_and_no_warning(history, tmp_path):
    project = copy_of(history, tmp_path / "project")
    (project.folder / "results" / "explained.json").write_text("{}")
    nothing = ("rm", "-y", "commit_hash=3.3.0")
    assert "Skipping" not in project.asv(*nothing).stdout
    (project.folder / "results" / "local-test" / "machine.json").unlink()
    assert "Skipping results" in project.asv(*nothing).stdout


def test_skip_existing_measures_cells_that_nobody_has_measured(history, tmp_path):
    project = copy_of(history, tmp_path / "project")
    other = r"footprint.Chunks.track_files\(32×32×32, 2\)"
    words = ("run", "3.4.1", "--skip-existing", "--quick", "--bench")
    before = results_of(project, "3.4.1")
    project.asv(*words, ONE)
    assert results_of(project, "3.4.1") == before
    project.asv(*words, other)
    values = results_of(project, "3.4.1")["footprint.Chunks.track_files"][0]
    assert values[0] == 38 and values[2] > 0


def test_what_was_installed_is_written_with_results_alone(history, tmp_path):
    project = copy_of(history, tmp_path / "project")
    folder = project.folder / "results" / "local-test"
    (record,) = folder.glob("3.4.1-tomobench-*.installed.txt")
    assert "zarr==3.4.1" in record.read_text()
    record.write_text("what was installed then")
    words = ("run", "3.4.1", "--quick", "--bench", ONE)
    project.asv(*words, "--dry-run")
    project.asv(*words, "--skip-existing")
    assert record.read_text() == "what was installed then"
    project.asv(*words)
    assert "zarr==3.4.1" in record.read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "9.9.9"], "9.9.9"),
        (["run", "3.4.2..9.9.9"], "9.9.9"),
        (["run", "3.4.2..3.4.0"], "empty"),
        (["run", "3.0.1..3.4.2"], "3.0.1 is on no branch"),
        (["continuous", "9.9.9", "3.4.2"], "9.9.9"),
        (["find", "3.4.2..9.9.9", ONE], "9.9.9"),
        (["show", "9.9.9"], "9.9.9"),
        (["run", "HASHFILE:nowhere"], "nowhere"),
    ],
)
def test_a_name_that_is_no_release_is_one_clear_line(history, words, says):
    before = history.measured()
    done = history.asv(*words, ok=False)
    assert done.returncode != 0
    assert says in done.stdout
    assert history.measured() == before


def test_a_damaged_lock_is_one_clear_line(project):
    (project.folder / "releases.lock.json").write_text("{")
    done = project.asv("run", "3.4.2", "--quick", ok=False)
    assert done.returncode != 0 and "releases.lock.json cannot be used" in done.stdout


def test_an_index_out_of_reach_loses_nothing(history, tmp_path):
    project = copy_of(history, tmp_path / "project")
    before = files(project, "3.4.2")
    out_of_reach = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_NO_CACHE_DIR": "1",
    }
    done = project.asv("run", "3.0.0", "--quick", "--bench", ONE, ok=False, **out_of_reach)
    assert done.returncode != 0 and "could not be installed" in done.stdout
    assert files(project, "3.4.2") == before


def test_a_line_whose_virtualenv_cannot_be_made_is_one_clear_line(project):
    (project.folder / ".asv/env").unlink()  # that of all projects
    full = "import sys\nsys.exit('starts\\nOSError: [Errno 28] No space left on device')\n"
    (project.folder / "virtualenv.py").write_text(full)
    done = project.run("tomobench", "race", "2.18.7", "3.4.2", "--benchmark", ONE_TIME, ok=False)
    *_, last = done.stdout.splitlines()
    assert done.returncode == 1 and "Errno 28" not in done.stdout.replace(last, "")
    assert last.endswith(
        "the environment of line 2.18 could not be made: OSError: [Errno 28] No space left on device"
    )
