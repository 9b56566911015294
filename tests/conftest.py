"""A project as a user has it: this repository's files in a folder of its own, and asv's own command.

The environments are made once for all tests, from the package index, in a home folder of their own.
"""

import compileall
import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from click.testing import CliRunner
from filelock import FileLock
from hypothesis import settings

from tests import REPOSITORY
from tomobench.desk.advise.evidence import evidence
from tomobench.desk.cli import tomobench
from tomobench.desk.errors import UserError
from tomobench.desk.results import answers

# A user's settings, and CI's, have no say in the tests. Where the cache is changes no result.
for setting in [name for name in os.environ if name.startswith(("TOMOBENCH_", "ASV_"))]:
    if setting != "TOMOBENCH_CACHE":
        del os.environ[setting]
# A shell that runs the tests in the background has Ctrl-C ignored: what the tests start must heed it.
signal.signal(signal.SIGINT, signal.default_int_handler)
# What is started hundreds of times is compiled once, and so are the tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

#: The files that take longest, in order, as each file is one worker's: begun last, one would leave all others idle.
#: Two that want no environment are among the first: whoever wants one waits minutes for it to be made.
LONGEST = (
    "asv/test_upstream.py",
    "browser/test_pages.py",
    "asv/test_safety.py",
    "browser/test_advice_page.py",
    "asv/test_verdict.py",
    "asv/test_machine_faults.py",
    "s3/test_suites.py",
    "s3/test_conversion.py",
    "asv/test_exact.py",
    "asv/test_race_command.py",
    "asv/test_own_wheels.py",
    "asv/test_practice.py",
    "asv/test_parallel.py",
    "asv/test_history_command.py",
)

#: What a run of asv needs of the repository.
FILES = ["asv.conf.json", "releases.lock.json", "requirements", "benchmarks", "src", "studies"]
#: What a release's process imports of these.
MEASURED = ["benchmarks", "src/tomobench/bench", "src/tomobench/drivers"]


def pytest_collection_modifyitems(items):
    """Begin with the longest files."""
    place = {REPOSITORY / "tests" / name: n for n, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


@dataclass
class Project:
    """A folder with tomobench's files, an empty ``results/``, and a small volume to measure on."""

    folder: Path
    environment: dict

    def run(self, *command, ok=True, tracebacks=False, **variables) -> subprocess.CompletedProcess:
        """Run a command of the project's Python (asv, tomobench); its output as text in ``stdout``.

        ``tracebacks``: whether there may be some, as asv prints them for benchmarks that fail.
        """
        program = Path(sys.executable).parent / command[0]
        done = subprocess.run(
            [program, *map(str, command[1:])],
            cwd=self.folder,
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        assert tracebacks or "Traceback" not in done.stdout, done.stdout
        if ok:
            assert done.returncode == 0, done.stdout
        return done

    def here(self, *words, ok=True) -> subprocess.CompletedProcess:
        """A tomobench command as by ``run``, but in this process: for what starts nothing, which would take less time
        than to start Python and to import the command."""
        command = list(map(str, words))
        with (
            contextlib.chdir(self.folder),
            mock.patch.dict(os.environ, self.environment, clear=True),
        ):
            done = CliRunner().invoke(tomobench, command)
        said, code = done.output, done.exit_code
        if isinstance(done.exception, UserError):
            said, code = f"{said}tomobench: {done.exception}\n", 1
        elif not isinstance(done.exception, SystemExit | None):
            raise done.exception
        assert "Traceback" not in said, said
        assert not ok or code == 0, said
        return subprocess.CompletedProcess(["tomobench", *command], code, said)

    @property
    def cache(self) -> Path:
        return Path(self.environment["TOMOBENCH_CACHE"])

    def leave_the_shared_cache(self) -> None:
        """From now on a cache of the project's own, which holds the volumes and no stores."""
        own = self.folder / "cache"
        shutil.copytree(self.cache / "volumes", own / "volumes")
        self.environment["TOMOBENCH_CACHE"] = str(own)

    def asv(self, *words, **options):
        return self.run("asv", *words, **options)

    def wanted(self, *releases: str) -> str:
        """What has asv run measure these releases, one after the other."""
        path = self.folder / "wanted.txt"
        path.write_text("\n".join(releases))
        return f"HASHFILE:{path}"

    def measured(self) -> set[str]:
        """The releases with a result file, by hash."""
        results = self.folder / "results" / "local-test"
        return {file.name.split("-")[0] for file in results.glob("*-tomobench-*.json")}


@dataclass
class Done:
    """What a command printed, on stdout and as its last word on stderr, and how it ended."""

    code: int
    printed: str
    error: str


# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")


#: To read the results takes longer than most tests: once for each folder, which must not change then.
read_once = functools.cache(evidence.load)


@pytest.fixture(scope="session")
def committed() -> evidence.Evidence:
    """The evidence of machine ``reference`` in this repository."""
    return read_once(REPOSITORY, "reference")


@pytest.fixture
def cache_folder(tmp_path, monkeypatch):
    """The cache of this test: empty, and away from the user's."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("TOMOBENCH_CACHE", str(folder))
    return folder


@pytest.fixture
def command():
    """Run ``tomobench volume ...`` in this process; its standard output. Errors come through."""

    def invoke(*words) -> str:
        result = CliRunner().invoke(tomobench, ["volume", *map(str, words)])
        if result.exception:
            raise result.exception
        return result.stdout

    return invoke


@pytest.fixture
def refused():
    """Check that a call ends in one clear line, and return it."""

    def call(function, *arguments, **options) -> str:
        with pytest.raises(UserError) as caught:
            function(*arguments, **options)
        line = str(caught.value)
        assert line and "\n" not in line
        return line

    return call


@pytest.fixture
def run():
    """Run ``tomobench`` with words; a UserError is its one line and exit code 1, as in ``main``."""

    def invoke(*words) -> Done:
        result = CliRunner().invoke(tomobench, [str(word) for word in words])
        if isinstance(result.exception, UserError):
            assert "\n" not in str(result.exception)
            return Done(1, result.stdout, str(result.exception))
        assert isinstance(result.exception, SystemExit | None), result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    return invoke


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """Home and cache that all projects share."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="session")
def of_all_workers(tmp_path_factory, worker_id) -> Path:
    """A folder that pytest-xdist's workers have in common."""
    of_the_worker = tmp_path_factory.getbasetemp()
    return of_the_worker if worker_id == "master" else of_the_worker.parent


@pytest.fixture(scope="session")
def kept_answers(of_all_workers) -> Path:
    """Where answers are kept that take seconds: they are found again by all that they depend on."""
    folder = of_all_workers / answers.FOLDER
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def made_once(of_all_workers):
    """Make a folder by a function that takes its path, once for all workers: the first that asks makes it,
    and who comes meanwhile waits. Tests must not change it."""

    def made(name: str, make) -> Path:
        folder, done = of_all_workers / name, of_all_workers / f"{name}.done"
        with FileLock(of_all_workers / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # what a worker left that failed
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def environments(of_all_workers):
    """The folder of asv's environments: one for all projects, and for all workers.

    What a release needs is installed when a project first asks for it, by whichever asks first.
    LOCKED_ENVIRONMENTS names a folder that keeps them for the next time.
    """
    kept = os.environ.get("LOCKED_ENVIRONMENTS")
    folder = Path(kept, "asv") if kept else of_all_workers / "env"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def small_volume(shared) -> Path:
    """A .npy file of 40×48×56 voxels, float32 noise: odd against every chunk shape."""
    path = shared / "small.npy"
    np.save(path, np.random.default_rng(0).normal(size=(40, 48, 56)).astype(np.float32))
    return path


@pytest.fixture(scope="session")
def template(made_once) -> Path:
    """What each project has of the repository, compiled: else the first run of each would do that."""

    def make(folder: Path) -> None:
        for name in FILES:
            source = REPOSITORY / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder / name)
        for name in MEASURED:
            compileall.compile_dir(folder / name, quiet=1)

    return made_once("template", make)


@pytest.fixture(scope="session")
def imported(made_once, small_volume) -> tuple[Path, str]:
    """A cache that the small volume was imported into, and the volume's id."""

    def make(folder: Path) -> None:
        project = Project(folder, _environment(folder))
        said = project.run("tomobench", "volume", "import", "--print-id", small_volume)
        (folder / "id").write_text(said.stdout.split()[-1])

    folder = made_once("imported", make)
    return folder / "cache", (folder / "id").read_text()


@pytest.fixture(scope="session")
def make_project(shared, environments, template, imported):
    """Make a project in a folder, with the shared environments."""
    cache, volume = imported
    shutil.copytree(cache, shared / "cache")

    def make(folder: Path) -> Project:
        shutil.copytree(template, folder, dirs_exist_ok=True)
        (folder / ".asv").mkdir()
        (folder / ".asv" / "env").symlink_to(environments)
        return Project(folder, {**_environment(shared), "TOMOBENCH_VOLUME": volume})

    return make


@pytest.fixture
def project(make_project, tmp_path) -> Project:
    """A project that nothing was measured in yet."""
    return make_project(tmp_path / "project")


def _environment(shared: Path) -> dict:
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("TOMOBENCH_", "ASV_"))
    }
    (shared / "home").mkdir(exist_ok=True)
    return {
        **kept,
        "HOME": str(shared / "home"),
        "TOMOBENCH_CACHE": str(shared / "cache"),
        "TOMOBENCH_MACHINE": "local-test",
        # pip compiles all of a package, Python what is imported of it: half the time of an installation.
        "PIP_COMPILE": "0",
    }
