"""Trouble of the machine's is never kept as a release's failure, and leaves nothing behind.

One suite in any case; all of them, marked ``faults``, for ``make faults``.
"""

import contextlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tomobench.desk.asv import failures, with_parent

#: A cell of each suite on disk.
SUITES = {
    "footprint": r"footprint.Chunks.track_files\(32×32×32, 2\)",
    "counts": r"counts.Chunks.track_requests\(read whole, 32×32×32, 2\)",
    "correctness": r"correctness.Chunks.track_wrong_voxels\(by assignment, zarr, 32×32×32, 2\)",
    "read": r"read.Chunks.time_slice_xy\(32×32×32, 2\)",
    "cold": r"read.ColdChunks.time_slice_xy\(32×32×32, 2\)",
    "memory": r"read.Chunks.peakmem_whole\(32×32×32, 2\)",
    "write": r"write.Chunks.time_whole\(32×32×32, 2\)",
    "one call": r"write.OneCallChunks.track_files\(32×32×32, 2\)",
    "overwrite": r"write.OverwriteChunks.track_changed_files\(32×32×32, 2\)",
    "floor": r"floor.Chunks.track_zarr\(whole, 32×32×32, 2\)",
}
#: What is always tested, of each fault one: figures that one pass finds for many cells, or calls under the clock.
COUNTED, CLOCKED = "counts", "write"
#: A small disk is made in memory, where no read is cold.
ON_SMALL_DISK = [one for one in SUITES if one != "cold"]
#: Figures that are the same in every run.
EXACT = ("footprint", "counts", "correctness", "one call", "overwrite")


def of_all(always, suites=SUITES):
    return [pytest.param(one, marks=() if one == always else pytest.mark.faults) for one in suites]


@pytest.fixture(scope="module")
def undisturbed(make_project, tmp_path_factory):
    """The exact figures of a run that nothing disturbs, by suite."""
    project = make_project(tmp_path_factory.mktemp("undisturbed") / "project")
    measure(project, *EXACT)
    return {suite: figures(project, suite) for suite in EXACT}


@pytest.fixture
def small_disk(project):
    """A disk of 64 MiB of the project's own for its cache."""
    place = project.folder / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "none", place]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small disk can be mounted by root on Linux alone")
    try:
        shutil.copytree(project.cache / "volumes", place / "volumes")
        project.environment["TOMOBENCH_CACHE"] = str(place)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(disk: Path) -> Path:
    """A file that takes all room but 100 kB."""
    filler = disk / "filler"
    with filler.open("wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(2**20))
            file.flush()
    os.truncate(filler, filler.stat().st_size - 100_000)
    return filler


def measure(project, *suites, **options):
    words = [word for suite in suites for word in ("--bench", SUITES[suite])]
    return project.asv("run", "3.4.2", "--quick", *words, **options)


def measured(project) -> dict:
    """The rows of the result file; none if there is no file."""
    folder = project.folder / "results/local-test"
    rows = [json.loads(path.read_text())["results"] for path in folder.glob("3.4.2-*.json")]
    return rows[0] if rows else {}


def figures(project, suite) -> list[float]:
    """The figures of a suite's cell; the other cells are n/a."""
    name = SUITES[suite].partition("\\")[0]
    return [value for value in measured(project)[name][0] if value is None or not math.isnan(value)]


def require_not_measured(project, done, reason):
    assert done.returncode == 2 and "not measured" in done.stdout and reason in done.stdout
    assert measured(project) == {}
    assert not list((project.folder / "results").rglob(f"*{failures.ENDING}"))


def require_as_undisturbed(project, suite, undisturbed):
    """The next run measures what the last one could not, and finds what it should."""
    measure(project, suite)
    found = figures(project, suite)
    assert found == undisturbed[suite] if suite in EXACT else len(found) == 1 and found[0] > 0


@pytest.mark.parametrize("suite", of_all(COUNTED, ON_SMALL_DISK))
def test_a_full_disk_is_no_result(project, small_disk, undisturbed, suite):
    filler = fill(small_disk)
    require_not_measured(project, measure(project, suite, ok=False), "No space left on device")
    filler.unlink()
    require_as_undisturbed(project, suite, undisturbed)


@pytest.mark.parametrize("suite", of_all(CLOCKED, ON_SMALL_DISK[1:]))
def test_a_disk_that_is_full_once_the_stores_are_written_is_no_result(
    project, small_disk, undisturbed, suite
):
    measure(project, "footprint")
    shutil.rmtree(project.folder / "results")
    filler = fill(small_disk)
    done = measure(project, suite, ok=False)
    if done.returncode:  # what only reads has no need of room
        require_not_measured(project, done, "No space left on device")
    filler.unlink()
    require_as_undisturbed(project, suite, undisturbed)


@pytest.mark.parametrize("suite", of_all(CLOCKED))
def test_a_cache_that_cannot_be_used_is_no_result(project, undisturbed, suite):
    project.leave_the_shared_cache()
    (project.cache / "stores").write_text("a file where a folder should be")
    require_not_measured(project, measure(project, suite, ok=False), "NotADirectoryError")
    (project.cache / "stores").unlink()
    require_as_undisturbed(project, suite, undisturbed)


@pytest.mark.parametrize("suite", of_all(COUNTED))
def test_a_benchmark_that_is_killed_is_no_result(project, undisturbed, suite):
    project.leave_the_shared_cache()
    with killing(project):
        done = measure(project, suite, ok=False)
    require_not_measured(project, done, "its process was ended by SIGKILL")
    require_as_undisturbed(project, suite, undisturbed)


def test_what_was_measured_before_stays_when_the_machine_is_in_the_way(project):
    measure(project, "write")  # under the clock: a process that lives long enough to be killed
    before = measured(project)
    with killing(project):
        done = measure(project, "write", ok=False)
    assert done.returncode == 2 and measured(project) == before


def test_asvs_server_of_benchmarks_may_go_and_what_is_done_stays(project):
    measure(project, "footprint")
    before = measured(project)
    with killing(project, children=False):
        done = measure(project, "footprint", "counts", ok=False)
    assert done.returncode != 0 and "not measured" in done.stdout
    assert measured(project) == before


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_of_a_killed_asv_goes_on(project, sent):
    """Neither its server of benchmarks, nor the benchmark that the server had begun."""
    asv = subprocess.Popen(
        [Path(sys.executable).parent / "asv", "run", "3.4.2", "--bench", "counts.Chunks"],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: len(_about_benchmarks(project)) > 2)  # the guard, the server, a benchmark
    asv.send_signal(sent)
    asv.wait(60)
    wait_until(lambda: not _about_benchmarks(project))


def wait_until(is_so) -> None:
    end = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_tomobench_history_says_what_was_not_measured_and_measures_it_next(project, undisturbed):
    words = ["history", "3.4.2", "--benchmark", r"^footprint\.Chunks\.track_files$"]
    project.leave_the_shared_cache()
    (project.cache / "stores").write_text("a file where a folder should be")
    done = project.run("tomobench", *words, ok=False)
    assert done.returncode == 1 and "1 benchmarks were not measured" in done.stdout
    assert measured(project) == {}
    (project.cache / "stores").unlink()
    project.run("tomobench", *words)
    # Of all the cells, the one that was measured undisturbed.
    assert undisturbed["footprint"][0] in figures(project, "footprint")


def test_a_race_says_what_was_not_measured_and_keeps_no_word_of_it(project):
    words = ["race", "3.4.1", "3.4.2", "--benchmark", SUITES["read"], "--renewals", "1"]
    project.leave_the_shared_cache()
    (project.cache / "stores").write_text("a file where a folder should be")
    done = project.run("tomobench", *words, ok=False)
    assert done.returncode == 1 and "not measured (3.4." in done.stdout
    assert not list((project.folder / "results").rglob("renewal-*"))
    (project.cache / "stores").unlink()
    assert "read.Chunks.time_slice_xy(32×32×32, 2)" in project.run("tomobench", *words).stdout


@contextlib.contextmanager
def killing(project, children=True):
    """Within the block: kill -9 for each process that asv's server of benchmarks forks, or for the server itself."""
    over = threading.Event()

    def kill():
        while not over.wait(0.002):
            for server in _servers(project):
                path = Path(f"/proc/{server}/task/{server}/children")
                with contextlib.suppress(OSError):
                    for pid in path.read_text().split() if children else [server]:
                        os.kill(int(pid), signal.SIGKILL)

    if not Path("/proc/self/task").exists():
        pytest.skip("processes are found in Linux's /proc")
    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _servers(project) -> list[str]:
    """asv's servers of benchmarks, their guards left out."""
    servers = _about_benchmarks(project)
    return [pid for pid, words in servers.items() if os.fsencode(with_parent.__file__) not in words]


def _about_benchmarks(project) -> dict[str, list[bytes]]:
    """The command lines of the project's servers of benchmarks, their guards, and what the servers forked, by pid."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().split(b"\0")
            if b"run_server" in words and os.fsencode(project.folder / "benchmarks") in words:
                found[path.parent.name] = words
    return found
