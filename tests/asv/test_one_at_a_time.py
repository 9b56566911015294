"""Two commands at once in one clone: both results are there, and neither command waits without a word."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tomobench.bench import store, turns
from tomobench.desk import locks

CELL = r"footprint.Chunks.{}\(16×16×16, 2\)"
COUNTS = ("track_files", "track_stored_bytes")
RACE = ("race", "3.4.1", "3.4.2", "--benchmark", r"read.Chunks.time_whole\(64×64×64, 2\)")


def start(project, command, **variables):
    return subprocess.Popen(
        [Path(sys.executable).parent / command[0], *map(str, command[1:])],
        cwd=project.folder,
        env={**project.environment, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def at_once(project, *commands, **variables):
    """Run commands of the project side by side; what they printed. All must end well."""
    started = [start(project, command, **variables) for command in commands]
    printed = [one.communicate(timeout=600)[0] for one in started]
    assert [one.returncode for one in started] == [0] * len(started), "\n".join(printed)
    return printed


def kept(project):
    return set(results(project))


def results(project):
    (file,) = (project.folder / "results" / "local-test").glob("3.4.2-tomobench-*.json")
    return json.loads(file.read_text())["results"]


def test_two_runs_at_once_both_keep_their_results(project):
    commands = [("asv", "run", "3.4.2^!", "--bench", CELL.format(name)) for name in COUNTS]
    printed = at_once(project, *commands)
    assert kept(project) == {f"footprint.Chunks.{name}" for name in COUNTS}
    assert sum("waiting for another command that writes results" in one for one in printed) == 1


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (("run", "3.4.2^!", "--bench", CELL.format("track_files")), "results"),
        (("continuous", "3.4.1", "3.4.2", "--bench", CELL.format("track_files")), "results"),
        (("find", "3.3.0..3.4.2", CELL.format("track_files")), "results"),
        (("rm", "-y", "commit_hash=3.4.2"), "results"),
        (("publish",), "html"),
    ],
)
def test_a_command_of_asv_ends_with_a_line_where_it_is_not_to_wait(project, words, written):
    with locks.writing(project.folder / written):
        done = project.asv(*words, ok=False, TOMOBENCH_NO_WAIT="1")
    assert done.returncode == 1
    assert f"another command that writes {written} is under way" in done.stdout


def test_two_equal_races_at_once_are_one_race_that_goes_on(project):
    commands = [("tomobench", *RACE, "--renewals", count) for count in (1, 2)]
    at_once(project, *commands)
    (race,) = (project.folder / "results" / "local-test" / "races").glob("*/")
    assert sorted(path.name for path in race.glob("renewal-*")) == ["renewal-001", "renewal-002"]


def test_machines_that_describe_themselves_at_once_are_all_there(project, tmp_path):
    code = "import os, sys; os.environ['TOMOBENCH_MACHINE'] = sys.argv[1]; "
    code += "from tomobench.desk.results import machine; sys.stdin.read(); machine.answer_for_the_user()"
    names = [f"local-{number}" for number in range(6)]
    at_once(project, *(("python", "-c", code, name) for name in names), HOME=str(tmp_path))
    assert set(names) <= json.loads((tmp_path / ".asv-machine.json").read_text()).keys()


def test_two_clones_with_one_cache_write_each_store_once(make_project, tmp_path):
    """Each finds the stores whole, whoever wrote them."""
    clones = [make_project(tmp_path / name) for name in ("one", "other")]
    clones[0].leave_the_shared_cache()
    cache = clones[0].environment["TOMOBENCH_CACHE"]
    clones[1].environment["TOMOBENCH_CACHE"] = cache
    both = r"(footprint\.Chunks\.track_files|read\.Chunks\.time_whole)\(\d+×"
    command = ("asv", "run", "3.4.2^!", "--quick", "--bench", both)
    started = [start(one, command) for one in clones]
    printed = [one.communicate(timeout=600)[0] for one in started]
    assert [one.returncode for one in started] == [0, 0], printed
    assert not any(store.ASIDE in one for one in printed)
    assert not (Path(cache) / store.DAMAGED).exists()
    files = [results(one)["footprint.Chunks.track_files"][0] for one in clones]
    assert files[0] == files[1] and len([one for one in files[0] if one]) > 5
    for damaged in Path(cache).glob("stores/*/*/*/array.zarr"):
        assert (damaged.parent / store.CHECK).exists()


@pytest.mark.dear
def test_a_store_that_another_writes_is_not_measured_where_nobody_waits(project):
    project.leave_the_shared_cache()
    command = ("run", "3.4.2^!", "--bench", CELL.format("track_files"))
    project.asv(*command)
    (folder,) = project.cache.glob("stores/*/*/zarr2-*")
    (folder / store.CHECK).unlink()
    with turns.turn(folder):
        done = project.asv(*command, ok=False, TOMOBENCH_NO_WAIT="1")
    assert done.returncode == 2 and "not measured" in done.stdout
    assert f"{folder.name} is under way" in done.stdout
    assert kept(project) == {"footprint.Chunks.track_files"}
