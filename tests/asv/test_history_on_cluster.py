"""``tomobench history --dask``: counts are measured by a cluster's workers, each with a clone, a cache and environments of its
own, and kept by the client.

Scheduler and workers are processes of Dask's own command. Each clone has a copy of the line's packages; releases it installs
itself.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.asv.test_history_command import FILES, kept
from tests.made.under_way import Command, begin
from tests.made.waiting import until
from tomobench.desk.asv.environment import LINE_MADE
from tomobench.desk.measure.history import handing

BIN = Path(sys.executable).parent
PHANTOM = "phantom-40x48x56"
"""Made by each machine for itself."""
COUNTED = f"^{FILES}$"
MEMORY = "read.Practice.peakmem_whole"
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

    def until_there(self) -> None:
        """Wait until all workers are in the cluster."""
        said = self.folder / "said.txt"
        until(lambda: said.read_text().count("Registered to:") == len(self.workers))

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
def clones(make_project, environments, tmp_path_factory):
    """Three clones with nothing in common with the client's, nor with each other."""
    folder = tmp_path_factory.mktemp("workers")
    first = _client(make_project, folder / "first")
    first.run("tomobench", "history", "3.4.2", "--benchmark", OWN)  # the line is there now
    return [_clone(make_project, environments, folder / name) for name in ("one", "other", "third")]


def _clone(make_project, environments: Path, folder: Path) -> Path:
    """A clone with an environment of its own, which has the line's packages and no release."""
    make_project(folder)
    _without_packages_beside(folder)
    (folder / ".asv" / "env").unlink()
    (folder / "home").mkdir()
    for made in environments.glob(f"*/3/{LINE_MADE}"):
        environment = folder / ".asv" / "env" / made.parents[1].name
        shutil.copytree(made.parent, environment / "3", symlinks=True)
        shutil.copy(made.parents[1] / "asv-env-info.json", environment)
        (environment / "home").mkdir()
    return folder


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
    for clone in clones[:2]:
        cluster.worker(clone)
    both = f"{COUNTED}|^{MEMORY}$"
    said = start(client, cluster.address, "3.4.1", "3.4.2", "--benchmark", both).end()
    assert "2 steps are handed to the cluster: they count. 2 stay on this machine" in said
    assert said.count(", from tcp://") == 2
    assert said.count("exact: kept after") == 2 + 2
    for release in ("3.4.1", "3.4.2"):
        found = kept(client, release)
        assert found[FILES][0][0] == 38
        assert max(one for one in found[MEMORY][0] if one == one) > 0
    machine = json.loads((client.folder / "results/local-test/machine.json").read_text())
    assert machine["machine"] == "local-test"
    assert [one.name for one in (client.folder / "results").glob("*/")] == ["local-test"]
    again = client.here("history", "3.4.0..3.4.2", "--benchmark", both).stdout
    assert "nothing is left to do" in again
    assert "38" in client.asv("show", "3.4.1").stdout


def test_the_suites_of_one_release_are_dealt_out_to_the_workers(client, clones, cluster):
    for clone in clones[:2]:
        cluster.worker(clone)
    cluster.until_there()
    said = start(client, cluster.address, "3.4.2", "--benchmark", f"{OWN}|{COUNTED}").end()
    assert "2 steps are handed to the cluster" in said
    assert len(set(re.findall(r"kept after .*, from (tcp://\S+)", said))) == 2
    found = kept(client, "3.4.2")
    assert found[FILES][0][0] == 38 and found[AT_ONCE][0][0] == 10


def test_what_a_killed_worker_had_is_measured_by_another(client, clones, cluster):
    of_dask = {"MALLOC_TRIM_THRESHOLD_": "65536"}  # as a nanny sets it
    doomed = cluster.worker(clones[0], TOMOBENCH_DASK=cluster.address, **of_dask)
    command = start(client, cluster.address, "3.4.1", "3.4.2", "--benchmark", COUNTED)
    command.until("handed to")
    step = until(lambda: step_of(doomed))
    assert not step.environ().keys() & {"TOMOBENCH_DASK", *of_dask}
    cluster.worker(clones[1])  # it comes late
    os.kill(doomed.pid, signal.SIGKILL)
    command.until("is gone")
    said = command.end()
    assert command.process.returncode == 0, said
    assert said.count("kept after") == 2
    assert [kept(client, one)[FILES][0][0] for one in ("3.4.1", "3.4.2")] == [38, 38]
    until(lambda: not step.is_running())
    assert not list((client.folder / ".asv/history").glob("step-*"))


@pytest.mark.dear
def test_late_steps_are_measured_twice_and_kept_once(client, clones, cluster):
    """Two workers stand still while their steps end, and go on when a third has measured the steps too.

    The first one's zarr is configured otherwise, where no clone of anybody's has a file.
    """
    with configured(clones[2], {"async": {"concurrency": 7}}):
        command = start(client, cluster.address, LATE_RELEASES, "--benchmark", f"{OWN}|{COUNTED}")
        late = [stopped(cluster.worker(clone)) for clone in (clones[2], clones[0])]
        cluster.worker(clones[1])
        names = [name_of_the_late(command) for _ in late]
        for worker in late:
            os.kill(worker.pid, signal.SIGCONT)
        found = dict(command.until(" found ").split(": tcp://", 1) for _ in late)
    assert f"which is kept, of {AT_ONCE}:" in found[names[0]]
    assert "found the same later" in found[names[1]]
    steps = [step for one in cluster.workers if (step := step_of(one))]
    command.process.send_signal(signal.SIGTERM)  # the rest is as the others
    said = command.end()
    assert said.splitlines()[-1].startswith("tomobench: interrupted: what was finished is kept")
    for name, release in zip(names, ("3.4.2", "3.4.1")):
        assert f"] {release}, " in name and said.count(f"{name}: kept after") == 1
        assert kept(client, release)[FILES][0][0] == 38
    assert kept(client, "3.4.2")[AT_ONCE][0][0] == 10
    until(lambda: not any(one.is_running() for one in steps))


def stopped(worker: subprocess.Popen) -> subprocess.Popen:
    """The worker, once it has a step, at a standstill."""
    until(lambda: step_of(worker))
    os.kill(worker.pid, signal.SIGSTOP)
    return worker


def name_of_the_late(command: Command) -> str:
    """The next step that is found late, once another worker's is kept."""
    name = command.until("is late").partition(": ")[0]
    command.until(f"{name}: kept after")
    return name


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
    command = start(client, cluster.address, "3.4.2", "--benchmark", COUNTED)
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


@pytest.fixture
def impatient(client, monkeypatch):
    """The client's command in this process, which waits for a cluster a second and no longer."""
    monkeypatch.setattr(handing, "PATIENCE", 1)

    def run(*words) -> list[str]:
        done = client.here("history", "3.4.2", "--benchmark", COUNTED, *words, ok=False)
        assert done.returncode == 1
        return done.stdout.splitlines()

    return run


def test_a_cluster_that_goes_away_is_one_line(client, clones, cluster, impatient):
    worker = cluster.worker(clones[0])
    steps = []

    def kill_the_scheduler():
        steps.append(until(lambda: step_of(worker)))
        os.kill(cluster.scheduler.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_the_scheduler)
    killer.start()
    last = impatient("--dask", cluster.address)[-1]
    killer.join()
    assert last.startswith(f"tomobench: the cluster at {cluster.address} is gone")
    until(lambda: not steps[0].is_running())
    assert not (client.folder / "results" / "benchmarks.json").exists()


def test_a_cluster_without_workers_is_one_line(cluster, impatient):
    last = impatient("--dask", cluster.address)[-1]
    assert "has no worker that can measure: what was finished is kept" in last


@pytest.mark.parametrize(
    ("words", "variables", "said"),
    [
        (["--dask", "nowhere"], {}, "'nowhere' is no address of a Dask scheduler"),
        ([], {"TOMOBENCH_DASK": "host:8786"}, "'host:8786' is no address of a Dask scheduler"),
        (["--dask", "tcp://127.0.0.1:1"], {}, "the Dask cluster at tcp://127.0.0.1:1 does not"),
    ],
)
def test_no_cluster_is_one_line(client, impatient, words, variables, said):
    client.environment |= variables
    (line,) = impatient(*words)
    assert line.startswith(f"tomobench: {said}")


def test_without_dask_there_is_one_line(client, tmp_path):
    (tmp_path / "distributed.py").write_text("raise ImportError('as where it is not installed')")
    words = ["history", "3.4.2", "--dask", "tcp://127.0.0.1:1"]
    done = client.run("tomobench", *words, ok=False, PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == (
        "tomobench: --dask needs the package distributed: make setup installs it\n"
    )


def test_what_failed_is_looked_at_again_here(client):
    words = ["--benchmark", COUNTED, "--again", "footprint", "--dask", "tcp://127.0.0.1:1"]
    done = client.here("history", "3.4.2", *words, ok=False)
    last = done.stdout.splitlines()[-1]
    assert last == "tomobench: no failure is kept that 'footprint' finds"
