"""Pipelines, stores, workers and blocks, as asv runs them in small, on the oldest release, 3.0 and the newest."""

import contextlib
import json
import math
import os
import signal
import subprocess

import pytest

from tests.asv.test_exact import kept_files, wheel_of
from tests.made.measured import Measured
from tests.made.waiting import until
from tomobench.desk.asv import pythons
from tomobench.desk.releases import lock

#: The newest in any case, the others where time matters less.
OLDEST, FIRST, NEWEST = (
    pytest.param("2.18.0", marks=pytest.mark.dear),
    pytest.param("3.0.8", marks=pytest.mark.dear),
    "3.4.2",
)
EACH = [OLDEST, FIRST, NEWEST]
#: A cell of a suite has its whole pass done, and kept beside the store.
CELLS = [
    r"pipelines\.Counts\.track_requests\(read whole, .*, 16×16×16\)",
    r"pipelines\.Correctness\.track_wrong_voxels\(.*, 16×16×16\)",
    r"stores\.Checked\.track_files\(.*, 32×32×32( in .*)?\)",
    r"workers\.Checked\.track_wrong_voxels\((2|4) .*, 32×32×32\)",
    r"workers\.Own",
    r"blocks\.Counts\.track_tasks\(read, chunks, (4 threads|2 processes), 32×32×32( in .*)?\)",
]


#: Prints for each pipeline how many chunks were ever coded at once: left alone, and pinned. Coding takes 5 ms more here.
AT_ONCE = """
import json, sys, threading, time
import numpy as np
from zarr.codecs import BloscCodec
from tomobench.bench import adapters, pipelines
from tomobench.bench.layout import Layout

lock, under_way, most = threading.Lock(), 0, 0

def slowly(method):
    def slow(*words):
        global under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.005)
        try:
            return method(*words)
        finally:
            with lock:
                under_way -= 1
    return slow

for name in ("_encode_sync", "_decode_sync"):
    setattr(BloscCodec, name, slowly(getattr(BloscCodec, name)))
adapter = adapters.load()
found = {}
for pinned in (False, True):
    if pinned:
        adapter.pin()
    for name in ("default", "fused"):
        most = 0
        with pipelines.using(name):
            path = adapter.disk(f"{sys.argv[1]}/{name}-{pinned}")
            array = adapter.create(path, (32, 32, 32), np.dtype("f4"), Layout((8, 32, 32), zarr_format=3))
            array[...] = np.ones((32, 32, 32), "f4")
            assert (array[...] == 1).all()
        found[f"{name}, {pinned}"] = most
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def measured(make_project, tmp_path_factory):
    """The project, for each release that was measured in it."""
    project = make_project(tmp_path_factory.mktemp("parallel") / "project")
    benches = [word for cell in CELLS for word in ("--bench", cell)]

    def measure(release):
        done = project.asv("run", release, "--quick", *benches, ok=False, tracebacks=True)
        assert done.returncode in (0, 2), done.stdout
        return project

    return Measured(measure)


def kept(measured, release, what):
    """What was found in a release, by layout and by what the file is called."""
    project = measured[release]
    found = kept_files(project, wheel_of(project, release), what)
    assert found, f"{release} has no {what}"
    return {(path.parent.name, path.stem): json.loads(path.read_text()) for path in found}


def results(project, release, benchmark):
    (path,) = (project.folder / "results" / "local-test").glob(f"{release}-tomobench-*.json")
    return json.loads(path.read_text())["results"][benchmark][0]


def is_number(value):
    return isinstance(value, int | float) and math.isfinite(value)


def pipeline(measured, release, name):
    (found,) = kept(measured, release, f"pipeline-{name}").values()
    return found


def test_the_fused_pipeline_was_at_work_and_starts_fewer_functions(measured):
    fused = pipeline(measured, "3.4.2", "fused")
    default = pipeline(measured, "3.4.2", "default")
    for access, found in fused.items():
        both = [one[access]["watched"]["function_starts"] for one in (fused, default)]
        assert both[0] < both[1], access
        assert found["counted"]["impossible"].endswith("to zarr's asynchronous calls")


def test_what_hands_the_work_back_is_not_counted(measured):
    found = pipeline(measured, "3.4.2", "zarrs-0.2.3")["read whole"]
    assert found["counted"]["impossible"].endswith("to the default pipeline")
    assert "Rust" in found["watched"]["impossible"]


@pytest.mark.dear
def test_a_pipeline_that_is_not_there_says_why(measured):
    for release, name in [("3.0.8", "fused"), ("3.0.8", "zarrs 0.2.3"), ("2.18.0", "fused")]:
        project = measured[release]
        assert not list(kept_files(project, wheel_of(project, release), f"pipeline-{name}"))
    # 2.18 has no format 3, and so none of these layouts.
    found = results(measured["2.18.0"], "2.18.0", "pipelines.Correctness.track_wrong_voxels")
    assert not any(map(is_number, found))


@pytest.mark.parametrize("release", [FIRST, NEWEST])
def test_every_pipeline_gives_the_voxels_back(measured, release):
    found = results(measured[release], release, "pipelines.Correctness.track_wrong_voxels")
    pipelines = {"3.0.8": 2, "3.4.2": 3}[release]
    assert list(filter(is_number, found)) == [0] * (pipelines * 2)


def test_pinned_every_pipeline_works_on_one_chunk_at_a_time(measured, tmp_path):
    """Else the peak of memory would depend on which chunks are under way together, and so on the machine's other work."""
    folder = measured[NEWEST].folder
    newest = next(one for one in lock.load_lock(folder) if one.version == NEWEST)
    (python,) = pythons.make_ready(folder, [newest])
    done = subprocess.run(
        [python.program, "-c", AT_ONCE, tmp_path],
        env=python.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {name: found[f"{name}, True"] for name in ("default", "fused")} == {
        "default": 1,
        "fused": 1,
    }
    assert found["default, False"] > 1


def test_a_pipeline_that_is_not_at_work_is_found_out(project):
    """Told to use zarr's own in place of the fused one, which is what a silent way back looks like."""
    path = project.folder / "src" / "tomobench" / "bench" / "pipelines.py"
    text = path.read_text()
    fused = '"zarr.core.codec_pipeline.FusedCodecPipeline"'
    assert text.count(fused) == 1
    path.write_text(text.replace(fused, '"zarr.core.codec_pipeline.BatchedCodecPipeline"'))
    project.leave_the_shared_cache()
    cell = r"pipelines\.(Correctness\.track_wrong_voxels\(written|Read.time_whole\(fused), .*16×16×16\)"
    project.asv("run", "3.4.2^!", "--quick", "--bench", cell)
    read = results(project, "3.4.2", "pipelines.Read.time_whole")
    assert not any(map(is_number, read))
    written = results(project, "3.4.2", "pipelines.Correctness.track_wrong_voxels")
    # The default's cell, and zarrs' of this release; not the fused one's.
    assert list(filter(is_number, written)) == [0, 0]


@pytest.mark.parametrize("release", [OLDEST, NEWEST])
def test_every_store_gives_the_voxels_back(measured, release):
    found = {
        name: one
        for (_, name), one in kept(measured, release, "kept-in").items()
        if "impossible" not in one
    }
    assert len(found) == {"2.18.0": 4, "3.4.2": 5}[release], found
    assert all(one["wrong_voxels"] == 0 for one in found.values())
    assert found["kept-in-zip-1"]["files"] == 1 < found["kept-in-local-1"]["files"]
    if release == "3.4.2":
        assert found["kept-in-obstore-1"]["read whole"] is None


@pytest.mark.parametrize("release", EACH)
def test_workers_read_every_chunk_right_and_hold_memory(measured, release):
    for found in kept(measured, release, "workers").values():
        assert found["wrong_voxels"] == 0
        assert found["process_memory"] > 0
    at_once = results(measured[release], release, "workers.Own.track_at_once")[0]
    if release == "2.18.0":
        assert at_once == 1
    elif release == "3.4.2":
        assert at_once > 1


@pytest.mark.parametrize("release", EACH)
@pytest.mark.parametrize("scheduler", ["4-threads", "2-processes"])
def test_dask_keeps_every_voxel_but_where_blocks_meet_without_its_lock(
    measured, scheduler, release
):
    for (layout, _), found in kept(measured, release, f"blocks-{scheduler}").items():
        for task, one in found.items():
            if "impossible" in one:
                assert "of shards" in task and "-in-" not in layout
            elif not task.startswith("store without lock"):
                assert one["voxels_lost"] == 0, (layout, task)
                assert one["tasks"] > 0
        across = found["store without lock, blocks of across"]
        assert across["voxels_lost"] == 1, layout
        assert across["requests"] is None
        if (aligned := found["read, blocks of chunks"])["amplification"] is not None:
            assert aligned["amplification"] < found["read, blocks of across"]["amplification"]


@pytest.mark.parametrize("release", [FIRST, NEWEST])
def test_both_processes_of_dask_are_counted(measured, release):
    """What two processes of zarr 3 ask for is what the threads of one ask for."""
    threads, processes = (
        kept(measured, release, f"blocks-{one}") for one in ("4-threads", "2-processes")
    )
    for (layout, _), found in threads.items():
        (other,) = (one for (name, _), one in processes.items() if name == layout)
        for task, one in found.items():
            assert other[task].get("requests") == one.get("requests"), (layout, task)


@contextlib.contextmanager
def cluster(project, folder):
    """The address of a cluster of two workers, started by hand with what a release's environment has, and told of none."""
    (line,) = (project.folder / ".asv/env").glob("*/3")
    (beside,) = line.parent.glob("parallel-*")
    variables = {one: os.environ[one] for one in os.environ if not one.startswith("TOMOBENCH_")}
    variables["PYTHONPATH"] = f"{project.folder / 'src'}:{beside}"
    file, said = folder / "scheduler.json", folder / "said.txt"

    def begin(*words):
        with said.open("a") as log:
            started = subprocess.Popen(
                [line / "bin/python", beside / "bin/dask", *words, "--no-dashboard"],
                env=variables,
                cwd=folder,
                stderr=log,
                start_new_session=True,
            )
        ending.callback(started.wait)
        ending.callback(os.killpg, started.pid, signal.SIGKILL)

    with contextlib.ExitStack() as ending:
        begin("scheduler", "--scheduler-file", file, "--port", "0")
        until(file.exists)
        address = until(lambda: json.loads(file.read_text() or "{}").get("address"))
        for _ in range(2):
            begin("worker", address, "--nthreads", "1")
        until(lambda: said.read_text().count("Registered to:") == 2)
        yield address


def counted(project, **variables):
    """What is counted of Dask's two processes, written anew; but for what is luck."""
    for kept in project.cache.glob("stores/*/*/*/blocks-*.json"):
        kept.unlink()
    cell = r"blocks\.Counts\.track_requests\(read, chunks, 2 processes, 32×32×32\)"
    project.asv("run", "3.4.2", "--quick", "--bench", cell, **variables)
    (kept,) = project.cache.glob("stores/*/*/*/blocks-2-processes-*.json")
    found = json.loads(kept.read_text())
    return {task: one for task, one in found.items() if not task.startswith("store without lock")}


def test_a_cluster_that_was_started_by_hand_is_told_of_the_release(project, tmp_path):
    """Its scheduler, too: it loads what is sent to the workers."""
    project.leave_the_shared_cache()
    alone = counted(project)
    with cluster(project, tmp_path) as address:
        assert counted(project, TOMOBENCH_DASK=address) == alone
        configured = {"TOMOBENCH_DASK": address, "TOMOBENCH_ZARR_CONFIG": "async.concurrency=1"}
        words = (
            "run",
            "3.4.2",
            "--quick",
            "--bench",
            r"blocks\.Counts\.track_tasks\(read, chunks, 2",
        )
        done = project.asv(*words, ok=False, **configured)
        assert done.returncode == 2 and "zarr is configured otherwise on the cluster" in done.stdout
