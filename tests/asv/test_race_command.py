"""tomobench race on two real releases and a small volume, and what asv makes of its results."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import REPOSITORY
from tomobench.desk import locks
from tomobench.desk.measure.race import turns

#: One access that both have, one layout that 2.18 has not, one cell that is broken on purpose.
READ = r"read.Chunks.time_one_voxel\(64×64×64, 2\)"
BENCHMARKS = r"(time_one_voxel\(64×64×64, [23]\)|^made\.)"
BROKEN = """
def time_broken():
    raise ValueError("broken on purpose")


def time_nothing():
    pass
"""
QUICK = ("--renewals", "2", "--time-limit", "60s")


@pytest.fixture(scope="module")
def raced(make_project, tmp_path_factory):
    """A project in which two releases were raced, and what the command printed."""
    project = make_project(tmp_path_factory.mktemp("race") / "project")
    (project.folder / "benchmarks" / "made.py").write_text(BROKEN)
    words = ("tomobench", "race", "2.18.7", "3.4.2", "--benchmark", BENCHMARKS)
    return project, project.run(*words, *QUICK).stdout


def machine(project) -> Path:
    return project.folder / "results" / "local-test"


def test_the_race_says_what_came_out(raced):
    _, printed = raced
    assert "renewal 1: " in printed and "renewal 2: " in printed and "cells left" in printed
    (line,) = [line for line in printed.splitlines() if line.startswith("read.Chunks")]
    assert "3.4.2" in line and "2.18.7" in line and "[" in line
    assert "2.18.7, read.Chunks.time_one_voxel(64×64×64, 3): n/a" in printed
    assert "made.time_broken: failed (ValueError: broken on purpose)" in printed


def test_the_turns_are_kept(raced):
    project, _ = raced
    (race,) = turns.load_folder(project.folder / "results", "local-test")
    assert list(race.about.releases) == ["2.18.7", "3.4.2"] and len(race.renewals) == 2
    assert race.about.volume == project.environment["TOMOBENCH_VOLUME"]
    assert set(race.left_out_since(0)["made.time_broken"]) == {"2.18.7", "3.4.2"}
    cell = race.cells["read.Chunks.time_one_voxel(64×64×64, 2)"]
    assert cell.seconds.shape[0] == 2 and (cell.seconds > 0).all()
    assert race.cells["read.Chunks.time_one_voxel(64×64×64, 3)"].medians("2.18.7").size == 0
    with (race.folder / "outcome.csv").open(newline="") as file:
        found = {row["benchmark"]: row for row in csv.DictReader(file)}
    one = found["read.Chunks.time_one_voxel(64×64×64, 2)"]
    assert (one["release"], one["against"], one["renewals"]) == ("3.4.2", "2.18.7", "2")
    assert float(one["low"]) < float(one["ratio"]) < float(one["high"])
    assert float(one["price"]) > 0 and set(found) == {one["benchmark"], "made.time_nothing"}


def test_asv_shows_and_compares_it_beside_plain_runs(raced):
    project, _ = raced
    project.asv("run", "3.4.2", "--quick", "--bench", READ)
    shown = project.asv("show", "3.4.2", tracebacks=True).stdout
    assert "race-tomobench" in shown and "made.time_broken" in shown
    compared = project.asv("compare", "2.18.7", "3.4.2", tracebacks=True).stdout
    assert "time_one_voxel" in compared


def test_publish_keeps_races_and_runs_apart(raced):
    project, _ = raced
    project.asv("run", "3.4.2", "--quick", "--bench", READ)
    project.asv("publish")
    site = project.folder / "html"
    index = json.loads((site / "index.json").read_text())
    assert index["params"]["measured"] == ["plain", "race"]
    graphs = list(site.glob("graphs/**/read.Chunks.time_one_voxel.json"))
    kinds = {part for path in graphs for part in path.parts if part.startswith("measured")}
    assert kinds == {"measured-race", "measured-plain"}
    page = json.loads((site / "releases.json").read_text())
    (race,) = [one for one in page["series"] if one["race"]]
    assert race["keys"]["measured"] == "race" and race["environment"].startswith("race-")
    kept = [
        json.loads((site / f"releases/{n}.json").read_text()) for n in range(len(page["series"]))
    ]
    assert [one["raced"] is not None for one in kept] == [
        bool(one["race"]) for one in page["series"]
    ]


def test_the_same_command_goes_on_and_fresh_begins_again(raced, make_project):
    project, _ = raced
    words = ("tomobench", "race", "3.4.2", "2.18.7", "--benchmark", BENCHMARKS)
    again = project.run(*words, "--renewals", "3", "--time-limit", "60s").stdout
    assert "going on after 2 renewals" in again and "renewal 3: " in again
    assert "renewal 2: " not in again
    fresh = project.run(*words, *QUICK, "--fresh").stdout
    assert "going on" not in fresh and "renewal 1: " in fresh
    (race,) = turns.load_folder(project.folder / "results", "local-test")
    assert len(race.renewals) == 2


def test_results_of_another_machine_are_not_raced_beside(raced):
    project, _ = raced
    path = machine(project) / "machine.json"
    whole = path.read_text()
    path.write_text(whole.replace('"num_cpu": "', '"num_cpu": "9'))
    try:
        words = ("race", "3.4.2", "2.18.7", "--benchmark", BENCHMARKS)
        done = project.here(*words, *QUICK, ok=False)
        assert done.returncode == 1 and "are of another machine (num_cpu 9" in done.stdout
    finally:
        path.write_text(whole)


def test_a_race_that_was_killed_keeps_its_renewals_and_goes_on(raced):
    project, _ = raced
    words = ["tomobench", "race", "2.18.7", "3.4.2", "--benchmark", "made.time_nothing"]

    def race_of():
        races = turns.load_folder(project.folder / "results", "local-test")
        return [one for one in races if one.about.benchmarks == ["made.time_nothing"]]

    process = subprocess.Popen(
        [
            Path(sys.executable).parent / words[0],
            *words[1:],
            "--renewals",
            "50",
            "--precision",
            "0.001%",
        ],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (race_of() and race_of()[0].renewals) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = len(race_of()[0].renewals)
    assert kept
    again = project.run(*words, "--renewals", str(kept + 1)).stdout
    assert f"going on after {kept} renewals" in again


def test_control_c_says_how_to_go_on(raced):
    project, _ = raced
    words = ["tomobench", "race", "2.18.7", "3.4.2", "--benchmark", "made.time_nothing", "--fresh"]
    process = subprocess.Popen(
        [
            Path(sys.executable).parent / words[0],
            *words[1:],
            "--renewals",
            "50",
            "--precision",
            "0.001%",
        ],
        cwd=project.folder,
        env={**project.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("renewal 1"):
            process.send_signal(signal.SIGINT)
            break
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert (
        error.strip()
        .splitlines()[-1]
        .startswith("tomobench: interrupted: finished renewals are kept")
    )
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["3.4.2"], "two releases or more"),
        (["3.4.2", "3.4.2"], "two releases or more"),
        (["3.4.2", "9.9.9"], "no zarr release is called '9.9.9'"),
        (["3.4.2..3.3.0"], "the range 3.4.2..3.3.0 is empty"),
        (["3.4.1", "3.4.2", "--benchmark", "track_files"], "no timed benchmark"),
        (["3.4.1", "3.4.2", "--benchmark", "("], "no regular expression"),
        (["3.4.1", "3.4.2", "--cells", "no-such-file"], "no-such-file can't be read"),
        (["3.4.1", "3.4.2", "--cells", "empty.txt"], "lists no cells"),
        (
            ["3.4.1", "3.4.2", "--cells", "misspelt.txt"],
            "no cell 'read.Chunks.time_hole(64×64×64, 2)'",
        ),
        (["3.4.1", "3.4.2", "--cells", "empty.txt", "--benchmark", "whole"], "lists no cells"),
        (["3.4.1", "3.4.2", "--precision", "2"], "no precision"),
        (["3.4.1", "3.4.2", "--time-limit", "soon"], "no length of time"),
        (["3.4.1", "3.4.2", "--volume", "no-such-volume"], "no-such-volume"),
        (["3.4.1", "3.4.2", "--machine", "no/body"], "a machine's name can't be 'no/body'"),
        (
            ["2.18.7", "3.4.2", "--benchmark", r"time_one_voxel\(64×64×64, 3\)", *QUICK],
            "no cell was timed",
        ),
    ],
)
def test_bad_input_is_one_clear_line(raced, words, said):
    project, _ = raced
    (project.folder / "empty.txt").write_text("# nothing\n")
    (project.folder / "misspelt.txt").write_text(
        "read.Chunks.time_whole(64×64×64, 2)\nread.Chunks.time_hole(64×64×64, 2)\n"
    )
    done = project.here("race", *words, ok=False)
    assert done.returncode == 1
    *before, line = [one for one in done.stdout.splitlines() if one.startswith("tomobench: ")]
    assert said in line
    # The environments are those of all tests: another may be installing in them.
    assert all(locks.NO_WAIT in one for one in before)


def test_the_key_cells_are_cells_that_there_are(raced):
    """Every cell of the repository's list; the race ends after the first."""
    project, _ = raced
    listed = REPOSITORY / "key-cells.txt"
    words = ("3.4.1", "3.4.2", "--cells", listed, "--renewals", "2", "--time-limit", "1s")
    # The first cell may be one that the small volume has not: then nothing was timed, and it says so.
    printed = project.run("tomobench", "race", *words, ok=False).stdout
    count = sum(line.startswith("read.") for line in listed.read_text().splitlines())
    assert f"2 releases, {count} cells on" in printed
