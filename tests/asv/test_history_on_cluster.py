"""``tomobench history --dask``: counts are measured by a cluster's workers, each with a clone, a cache and environments of its
own, and kept by the client.

Scheduler and workers are processes of Dask's own command. A clone's environments are made once, by its first step.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.asv.test_history_command import FILES, FOOTPRINT, kept
from tests.made.under_way import Command, begin
from tests.made.waiting import until

BIN = Path(sys.executable).parent
PHANTOM = "phantom-40x48x56"
"""Made by each machine for itself."""
MEMORY = "read.Shards.peakmem_whole"
AT_ONCE = "workers.Own.track_at_once"
OWN = f"^{AT_ONCE}$"
LATE_RELEASES = "3.0.10..3.4.2"
"""So many that steps are left when the first of them is late."""
ANOTHER_PYTHON = "import platform; platform.python_version = lambda: '3.13.99'"


@dataclass
class Cluster:
    """A scheduler and its workers, in a folder. ``home``: of all that they start."""

    folder: Path
    scheduler: subprocess.Popen = field(init=False)
    address: str = field(init=False)
    workers: list[subprocess.Popen] = field(default_factory=list)

    def begin(self) -> "Cluster":
        self.folder.mkdir()
        file = self.folder / "scheduler.json"
        words = ["scheduler", "--scheduler-file", file]
        self.scheduler = self._dask(*words, "--port", "0", env=dict(os.environ))
        until(file.exists)
        self.address = until(lambda: json.loads(file.read_text() or "{}").get("address"))
        return self

    def worker(self, clone: Path, **variables) -> subprocess.Popen:
        """A worker of one thread, in a clone that is no client's."""
        own = self.folder / f"worker-{len(self.workers)}"
        environment = environment_of(clone) | variables
        words = ["worker", self.address, "--no-nanny", "--nthreads", "1", "--local-directory", own]
        self.workers.append(self._dask(*words, env=environment))
        return self.workers[-1]

    def _dask(self, *words, env: dict) -> subprocess.Popen:
        more = ["--host", "127.0.0.1", "--no-dashboard"]
        with (self.folder / "said.txt").open("a") as file:
            return subprocess.Popen(
                [BIN / "dask", *words, *more],
                cwd=self.folder,
                env=env,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    def end(self) -> None:
        for one in [*self.workers, self.scheduler]:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path / "cluster").begin()
    yield made
    made.end()


@pytest.fixture
def client(make_project, tmp_path):
    return _client(make_project, tmp_path / "client")


def _client(make_project, folder: Path):
    project = make_project(folder)
    project.environment["TOMOBENCH_VOLUME"] = PHANTOM
    _without_packages_beside(folder)
    return project


def _without_packages_beside(folder: Path) -> None:
    """What the suites here do not need, and each clone would install."""
    path = folder / "asv.conf.json"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.lstrip().startswith('"beside"')))


@pytest.fixture(scope="module")
def clones(make_project, tmp_path_factory):
    """Two clones with nothing in common with the client's. Each has measured a step by itself, so that its line is there."""
    made = []
    for name in ("one", "other"):
        folder = tmp_path_factory.mktemp("worker") / name
        make_project(folder)
        _without_packages_beside(folder)
        (folder / ".asv" / "env").unlink()
        (folder / "home").mkdir()
        made.append(folder)
    words = ["history", "3.4.2", "--benchmark", OWN]
    for one in [
        subprocess.Popen(
            [BIN / "tomobench", *words],
            cwd=clone,
            env={**environment_of(clone), "TOMOBENCH_VOLUME": PHANTOM},
            stdout=subprocess.DEVNULL,
        )
        for clone in made
    ]:
        assert one.wait() == 0
    return made


def environment_of(clone: Path) -> dict[str, str]:
    """The environment of a person whose clone it is."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("TOMOBENCH_")},
        "HOME": str(clone / "home"),
        "TOMOBENCH_CACHE": str(clone / "cache"),
        "PYTHONPATH": str(clone / "src"),
    }


def start(client, address: str, *words) -> Command:
    """``tomobench history --dask``, under way."""
    command = [BIN / "tomobench", "history", *words, "--dask", address]
    return begin(command, client.folder, client.environment)


def step_of(worker: subprocess.Popen) -> psutil.Process | None:
    """The process in which a worker measures a step."""
    children = psutil.Process(worker.pid).children()
    return next(
        (one for one in children if any("one_step" in word for word in one.cmdline())), None
    )


def values(rows: dict) -> dict:
    return {name: row[0] for name, row in rows.items()}


def test_counts_are_measured_elsewhere_and_all_else_here(client, clones, cluster):
    for clone in clones:
        cluster.worker(clone)
    both = f"{FOOTPRINT}|^{MEMORY}$"
    said = start(client, cluster.address, "3.4.1", "3.4.2", "--benchmark", both).end()
    assert "2 steps are handed to the cluster: they count. 2 stay on this machine" in said
    assert said.count(", from tcp://") == 2
    assert said.count("exact: kept after") == 2 + 2
    for release in ("3.4.1", "3.4.2"):
        found = kept(client, release)
        assert found[FILES][0][0] == 38
        assert found[MEMORY][0][0] > 0
    machine = json.loads((client.folder / "results/local-test/machine.json").read_text())
    assert machine["machine"] == "local-test"
    assert [one.name for one in (client.folder / "results").glob("*/")] == ["local-test"]
    again = client.run("tomobench", "history", "3.4.0..3.4.2", "--benchmark", both).stdout
    assert "nothing is left to do" in again
    assert "38" in client.asv("show", "3.4.1").stdout


def test_what_a_killed_worker_had_is_measured_by_another(client, clones, cluster):
    doomed = cluster.worker(clones[0], TOMOBENCH_DASK=cluster.address)
    command = start(client, cluster.address, "3.4.1", "3.4.2", "--benchmark", FOOTPRINT)
    command.until("handed to")
    step = until(lambda: step_of(doomed))
    assert "TOMOBENCH_DASK" not in step.environ()
    cluster.worker(clones[1])  # it comes late
    os.kill(doomed.pid, signal.SIGKILL)
    command.until("is gone")
    said = command.end()
    assert command.process.returncode == 0, said
    assert said.count("kept after") == 2
    assert [kept(client, one)[FILES][0][0] for one in ("3.4.1", "3.4.2")] == [38, 38]
    until(lambda: not step.is_running())
    assert not list((client.folder / ".asv/history").glob("step-*"))


@pytest.mark.parametrize("doctored", [False, True])
def test_a_late_step_is_measured_twice_and_kept_once(client, clones, cluster, doctored):
    """A worker stands still while its step ends, and goes on when another has measured the step too.

    ``doctored``: its zarr is configured otherwise, where no clone of anybody's has a file.
    """
    late = cluster.worker(clones[0])
    with configured(clones[0], {"async": {"concurrency": 7}} if doctored else {}):
        command = start(client, cluster.address, LATE_RELEASES, "--benchmark", f"{OWN}|{FOOTPRINT}")
        until(lambda: step_of(late))
        os.kill(late.pid, signal.SIGSTOP)
        cluster.worker(clones[1])
        name = command.until("is late").partition(": ")[0]
        command.until(f"{name}: kept after")
        os.kill(late.pid, signal.SIGCONT)
        second = command.until(" found ")
    assert second.startswith(f"{name}: tcp://")
    assert (f"which is kept, of {AT_ONCE}:" if doctored else "found the same later") in second
    steps = [step for one in cluster.workers if (step := step_of(one))]
    command.process.send_signal(signal.SIGTERM)  # the rest is as the others
    said = command.end()
    assert said.splitlines()[-1].startswith("tomobench: interrupted: what was finished is kept")
    assert said.count(f"{name}: kept after") == 1
    assert kept(client, "3.4.2")[AT_ONCE][0][0] == 10
    until(lambda: not any(one.is_running() for one in steps))


@contextlib.contextmanager
def configured(clone: Path, settings: dict):
    """Within the block zarr has these settings in a clone's environment: in the folder that measured processes look in."""
    (home,) = (clone / ".asv" / "env").glob("*/home")
    (home / "zarr.json").write_text(json.dumps(settings))
    yield
    (home / "zarr.json").unlink()


def test_a_worker_that_differs_is_refused_and_named(client, clones, cluster, tmp_path):
    other_lock, other_code, other_python = (tmp_path / f"worker{n}" for n in range(3))
    for folder in (other_lock, other_code):
        leave_out = shutil.ignore_patterns("env", "cache", "home")
        shutil.copytree(clones[0], folder, ignore=leave_out)
    for changed in (
        other_lock / "requirements" / "line-3.txt",
        other_code / "src" / "tomobench" / "bench" / "exact.py",
    ):
        changed.write_text(changed.read_text() + "\n# another\n")
    other_python.mkdir()
    (other_python / "sitecustomize.py").write_text(ANOTHER_PYTHON)
    path = os.pathsep.join([str(other_python), str(clones[0] / "src")])
    cluster.worker(other_lock)
    cluster.worker(other_code)
    cluster.worker(clones[0], PYTHONPATH=path)
    command = start(client, cluster.address, "3.4.2", "--benchmark", FOOTPRINT)
    lines = [command.until("gets no steps") for _ in range(3)]
    reasons = sorted(line.partition("gets no steps: ")[2].strip() for line in lines)
    mine = ".".join(map(str, sys.version_info[:3]))
    assert reasons == [
        f"its Python is CPython 3.13.99, not CPython {mine}",
        "its requirements/line-3.txt differs",
        "its src/tomobench differs",
    ]
    cluster.worker(clones[0])
    said = command.end()
    assert command.process.returncode == 0, said
    assert kept(client, "3.4.2")[FILES][0][0] == 38


def test_a_cluster_that_goes_away_is_one_line(client, clones, cluster):
    worker = cluster.worker(clones[0])
    command = start(client, cluster.address, "3.4.2", "--benchmark", FOOTPRINT)
    step = until(lambda: step_of(worker))
    os.kill(cluster.scheduler.pid, signal.SIGKILL)
    said = command.end()
    assert command.process.returncode == 1
    assert said.splitlines()[-1].startswith(f"tomobench: the cluster at {cluster.address} is gone")
    until(lambda: not step.is_running())
    assert not (client.folder / "results" / "benchmarks.json").exists()


def test_a_cluster_without_workers_is_one_line(client, cluster):
    command = start(client, cluster.address, "3.4.2", "--benchmark", FOOTPRINT)
    last = command.end().splitlines()[-1]
    assert command.process.returncode == 1
    assert "has no worker that can measure: what was finished is kept" in last


@pytest.mark.parametrize(
    ("words", "variables", "said"),
    [
        (["--dask", "nowhere"], {}, "'nowhere' is no address of a Dask scheduler"),
        ([], {"TOMOBENCH_DASK": "host:8786"}, "'host:8786' is no address of a Dask scheduler"),
        (["--dask", "tcp://127.0.0.1:1"], {}, "the Dask cluster at tcp://127.0.0.1:1 does not"),
    ],
)
def test_no_cluster_is_one_line(client, words, variables, said):
    done = client.run("tomobench", "history", "3.4.2", *words, ok=False, **variables)
    assert done.returncode == 1 and len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith(f"tomobench: {said}")


def test_without_dask_there_is_one_line(client, tmp_path):
    (tmp_path / "distributed.py").write_text("raise ImportError('as where it is not installed')")
    words = ["history", "3.4.2", "--dask", "tcp://127.0.0.1:1"]
    done = client.run("tomobench", *words, ok=False, PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == (
        "tomobench: --dask needs the package distributed: make setup installs it\n"
    )


def test_what_failed_is_looked_at_again_here(client):
    words = ["--benchmark", FOOTPRINT, "--again", "footprint", "--dask", "tcp://127.0.0.1:1"]
    done = client.run("tomobench", "history", "3.4.2", *words, ok=False)
    last = done.stdout.splitlines()[-1]
    assert last == "tomobench: no failure is kept that 'footprint' finds"
