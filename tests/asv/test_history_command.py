"""``tomobench history``: what is left is measured, a step at a time, whatever happens on the way."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.made.copied import copy_of
from tests.made.under_way import begin
from tomobench.desk.measure.history import measuring

FILES = "footprint.Chunks.track_files"
FOOTPRINT = r"^footprint\.Chunks\."
KILLED = ["3.4.1", "3.4.2"]
KILLS = 20
"""How often the command is started to be killed: once in each of as many parts of the time that it takes."""


def kept(project, release) -> dict:
    (path,) = (project.folder / "results/local-test").glob(f"{release}-tomobench-*.json")
    return json.loads(path.read_text())["results"]


def history(project, *words, expression=FOOTPRINT, **options):
    return project.run("tomobench", "history", *words, "--benchmark", expression, **options).stdout


def asked(project, *words, **options):
    """As ``history``, of what measures nothing."""
    return project.here("history", *words, "--benchmark", FOOTPRINT, **options).stdout


@pytest.fixture(scope="module")
def first(make_project, tmp_path_factory):
    """A project that one release was measured in, and what was said of it. Tests must not change it."""
    project = make_project(tmp_path_factory.mktemp("first") / "project")
    return project, history(project, "3.4.2")


@pytest.fixture
def measured(first, tmp_path):
    """A project of the test's own that one release was measured in."""
    return copy_of(first[0], tmp_path / "measured")


def test_what_is_left_is_measured_and_nothing_else(project, first, measured):
    assert "2 of 2 steps are left" in asked(project, "3.4.1", "3.4.2", "--dry-run")
    assert not (project.folder / "results").exists()
    assert "[1/1] 3.4.2" in first[1] and "kept after" in first[1]
    before = kept(measured, "3.4.2")
    assert before[FILES][0][0] == 38  # 3×3×4 chunks, .zarray and .zattrs
    said = history(measured, "3.4.0..3.4.2")
    assert "1 of 2 steps are left" in said and "[1/1] 3.4.1" in said and " left\n" in said
    assert "nothing is left to do" in asked(measured, "3.4.0..3.4.2")
    said = asked(measured, "3.4.0..3.4.2", "--took")
    assert [line.split()[2:4] for line in said.splitlines() if line.startswith("3 ")] == [
        ["footprint", "2"]
    ]
    assert "are left" not in said
    assert kept(measured, "3.4.2") == before
    # asv reads what was kept as its own, and has nothing new to measure.
    assert "38" in measured.asv("show", "3.4.1").stdout
    assert not list((measured.folder / ".asv/history").glob("step-*"))


def test_what_is_left_is_told_suite_by_suite_and_what_all_costs_from_nothing(project, measured):
    said = asked(project, "3.4.1", "3.4.2", "--dry-run")
    assert row_of(said, "footprint") == ["84", "0", "2", "–", "–"]  # three figures of 7×2 layouts
    assert "from nothing all" not in said and "6 benchmarks were never measured" in said
    said = asked(measured, "3.4.1", "3.4.2", "--dry-run")
    cells, older, releases, minutes, from_nothing = row_of(said, "footprint")
    assert (cells, older, releases) == ("42", "0", "1")
    assert float(from_nothing) >= float(minutes) >= 0
    assert "from nothing all 2 steps take about" in said and "never measured" not in said

    another_version(measured)
    said = asked(measured, "3.4.1", "3.4.2", "--dry-run")
    assert row_of(said, "footprint")[:3] == ["84", "42", "2"]


def another_version(project) -> None:
    """The suite's benchmarks are of another version from now on."""
    suite = project.folder / "benchmarks/footprint.py"
    suite.write_text(suite.read_text().replace('version = "1"', 'version = "2"'))


def row_of(said: str, suite: str) -> list[str]:
    """A suite's row in the table of what is left, without its name."""
    (row,) = [line.split()[1:] for line in said.splitlines() if line.startswith(f"{suite} ")]
    return row


@pytest.mark.dear
def test_of_what_is_all_na_no_file_is_kept(project):
    history(project, "2.18.7", expression=r"^footprint\.Shards\.track_files$")
    assert not list((project.folder / "results/local-test").glob("2.18.7-*"))
    history(project, "2.18.7", expression=r"^footprint\.(Shards|Chunks)\.track_files$")
    assert kept(project, "2.18.7")["footprint.Shards.track_files"][0]


def test_a_machine_that_asv_has_not_met_is_named_by_the_option(project):
    said = history(project, "3.4.2", "--machine", "a-name", expression=f"^{FILES}$")
    assert "kept after" in said
    assert [one.name for one in (project.folder / "results").glob("*-name")] == ["a-name"]


def test_only_what_is_missing_is_measured(project):
    project.asv("run", "3.4.2", "--bench", FILES)
    before = kept(project, "3.4.2")[FILES]
    history(project, "3.4.2")
    after = kept(project, "3.4.2")
    assert after[FILES] == before
    assert set(after) == {
        FILES,
        "footprint.Chunks.track_ratio",
        "footprint.Chunks.track_stored_bytes",
    }


def test_memory_is_measured_with_what_needs_no_quiet(project):
    memory = ["3.4.2", "--benchmark", r"^read\.Practice\.peakmem_whole$"]
    said = project.run("tomobench", "history", *memory).stdout
    assert f"[1/1] 3.4.2, {project.environment['TOMOBENCH_VOLUME']}, exact: kept after" in said
    said = project.here("history", *memory, "--took").stdout
    assert [line.split()[2] for line in said.splitlines() if line.startswith("3 ")] == ["memory"]


def test_how_long_it_took_is_told_of_the_machine_that_has_results(project, measured, monkeypatch):
    for one in (project, measured):
        monkeypatch.setitem(one.environment, "TOMOBENCH_MACHINE", "")
    said = asked(measured, "--took")
    assert [line.split()[2] for line in said.splitlines() if line.startswith("3 ")] == ["footprint"]
    # What is left is this machine's, whoever's time is told.
    left = asked(measured, "--dry-run")
    assert left[left.index(" steps are left") :] in asked(measured, "--dry-run", "--took")
    done = measured.here("history", "--took", "--machine", "nobody", ok=False)
    assert done.returncode == 1 and "there are no results of nobody: choose one of" in done.stdout
    done = project.here("history", "--took", ok=False)
    assert done.returncode == 1 and "there are no results of this yet" in done.stdout


def test_another_version_of_a_benchmark_is_measured_again(measured):
    another_version(measured)
    assert "[1/1] 3.4.2" in history(measured, "3.4.2")
    assert {row[2] for row in kept(measured, "3.4.2").values()} == {"2"}


def test_what_was_measured_just_now_is_kept_where_the_clock_was_ahead_before(measured):
    (path,) = (measured.folder / "results/local-test").glob("3.4.2-*.json")
    content = json.loads(path.read_text())
    place = content["result_columns"].index("started_at")
    for row in content["results"].values():
        row[place] = (time.time() + 86400) * 1000
    path.write_text(json.dumps(content))
    another_version(measured)
    assert "kept after" in history(measured, "3.4.2")
    assert {row[2] for row in kept(measured, "3.4.2").values()} == {"2"}
    assert "nothing is left to do" in asked(measured, "3.4.2")


def test_a_damaged_file_is_set_aside_and_measured_again(measured):
    (path,) = (measured.folder / "results/local-test").glob("3.4.2-*.json")
    whole = kept(measured, "3.4.2")[FILES][0]
    path.write_bytes(path.read_bytes()[:200])
    said = history(measured, "3.4.2")
    assert "is damaged: set aside" in said
    assert kept(measured, "3.4.2")[FILES][0] == whole
    (aside,) = (measured.folder / ".asv/history/damaged").iterdir()
    assert aside.stat().st_size == 200


def test_is_alone(project):
    with measuring.alone(project.folder):
        done = project.run("tomobench", "history", "3.4.2", ok=False, TOMOBENCH_NO_WAIT="1")
    assert done.returncode == 1 and len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith("tomobench: another tomobench history in this clone is under way")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["3.4.9"], "no zarr release is called '3.4.9'"),
        (["3.4.2..3.4.1"], "the range 3.4.2..3.4.1 is empty"),
        (["3.4.2", "--benchmark", "nothing_like_it"], "no benchmark of the standard suites"),
        (["--benchmark", "("], "is no regular expression"),
        (["3.4.2", "--durations", "benchmarks"], "holds no machine's results"),
    ],
)
def test_bad_input_is_one_line(project, words, said):
    done = project.here("history", *words, ok=False)
    assert done.returncode == 1
    assert done.stdout.strip().splitlines()[-1].startswith("tomobench: ") and said in done.stdout


def test_results_of_another_machine_are_not_added_to(measured):
    path = measured.folder / "results/local-test/machine.json"
    path.write_text(path.read_text().replace('"num_cpu": "', '"num_cpu": "9'))
    done = measured.here("history", "3.4.1", "--benchmark", FOOTPRINT, ok=False)
    assert done.returncode == 1 and "are of another machine (num_cpu 9" in done.stdout
    looked = measured.here("history", "3.4.1", "--benchmark", FOOTPRINT, "--dry-run").stdout
    assert "1 of 1 steps are left" in looked


@pytest.mark.dear
def test_killed_at_any_moment_it_loses_a_step_at_most(project):
    """20 times, at a moment in each twentieth of the time that it takes: undisturbed at first, longer after each
    kill, so that some get done however slow the machine is. After those a release's results are taken away, for the next to have
    something to do."""
    draw = random.Random(seed := random.SystemRandom().randrange(10**6))
    print("seed", seed)
    begun = time.monotonic()
    worker = _start(project, said := project.folder / "said.txt")
    assert worker.wait() == 0, said.read_text()
    whole, longest = {one: kept(project, one) for one in KILLED}, time.monotonic() - begun
    results = project.folder / "results/local-test"
    done = 0
    moments = [(part + draw.random()) / KILLS for part in range(KILLS)]
    for moment in draw.sample(moments, KILLS):
        finished = _killed_after(moment * longest, _start(project))
        longest *= 0.9 if finished else 1.05
        done += finished
        there = {path.name.partition("-")[0] for path in results.glob("[23]*.json")}
        for release in there:
            assert _values(kept(project, release)) == _values(whole[release])
        if finished:
            assert there == set(KILLED)
        if there == set(KILLED):
            next(results.glob(f"{draw.choice(KILLED)}-*.json")).unlink()
    assert 0 < done < KILLS
    history(project, *KILLED)
    for release in KILLED:
        assert _values(kept(project, release)) == _values(whole[release])
        assert list(results.glob(f"{release}-*.installed.txt"))
    assert not list(results.glob(".*")) and not list(
        (project.folder / ".asv/history").glob("step-*")
    )
    # A step whose command is gone ends itself, and all it has started.
    until = time.monotonic() + 30
    while left := _running(project.folder):
        assert time.monotonic() < until, left
        time.sleep(0.5)


def _running(folder: Path) -> list[str]:
    """The commands of processes that name the folder; none where the system has no /proc."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_text(errors="replace").replace("\0", " "))
    return [command for command in found if str(folder) in command]


def _killed_after(seconds: float, worker: subprocess.Popen) -> bool:
    """Kill the command and its session; whether it was done before."""
    try:
        return worker.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        return False


def _values(rows: dict) -> dict:
    """Of each benchmark its numbers: counts, the same in every run."""
    return {name: row[0] for name, row in rows.items()}


def _start(project, said: Path = Path(os.devnull)) -> subprocess.Popen:
    """The command, what it says in a file."""
    program = Path(sys.executable).parent / "tomobench"
    with said.open("w") as file:
        return subprocess.Popen(
            [program, "history", *KILLED, "--benchmark", FOOTPRINT],
            cwd=project.folder,
            env=project.environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def test_ctrl_c_is_one_line_and_keeps_what_was_finished(measured):
    words = ["history", "3.3.0..3.4.2", "--benchmark", FOOTPRINT]
    program = Path(sys.executable).parent / "tomobench"
    command = begin([program, *words], measured.folder, measured.environment)
    command.until("[1/2]")
    worker = command.process
    while not any("one_step" in command for command in _running(measured.folder)):
        assert worker.poll() is None
        time.sleep(0.05)
    os.killpg(worker.pid, signal.SIGINT)
    said = command.end(60)
    assert worker.returncode == 1 and "Traceback" not in said
    assert (
        said.strip()
        .splitlines()[-1]
        .startswith("tomobench: interrupted: what was finished is kept")
    )
    assert kept(measured, "3.4.2")[FILES][0][0] == 38
