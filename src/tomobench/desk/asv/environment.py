"""The environment type: one virtualenv for each line, and each release's zarr in a folder beside them.

To asv it is one environment, so that a series runs across the border between the lines. Going from a release
to another means pointing Python at another folder: nothing is reinstalled, and releases stand side by side.
"""

import argparse
import functools
import hashlib
import json
import os
import re
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from asv import util
from asv.console import log
from asv.environment import EnvironmentUnavailable
from asv.plugins.virtualenv import Virtualenv
from asv.runner import BENCHMARK_RUN_SCRIPT

from tomobench.bench.cache import discard, whole_file, whole_folder
from tomobench.bench.release import CONFIGURATION
from tomobench.bench.s3 import SERVER
from tomobench.desk import errors, pip
from tomobench.desk.asv import beside, discovered, measured, one_at_a_time, with_parent
from tomobench.desk.asv.one_line import errors_for_asv, processes_for_asv
from tomobench.desk.releases.checks import check_python, locked, require_locked
from tomobench.desk.releases.lock import PACKAGE
from tomobench.desk.servers import ceph_recipe, service
from tomobench.desk.volumes import catalogue

#: asv's name for the environment variable that says which volume is measured.
VOLUME = "volume"
#: In a line's folder: what it was made from, its lock and its Python.
LINE_MADE = "tomobench-lock.sha256"
#: Tells the suites over S3 that they run alone.
EARLY = "TOMOBENCH_S3_EARLY"


class ReleaseEnvironment(Virtualenv):
    """Holds all releases. ``asv.conf.json`` has a section ``lines``: each line's name and requirements file.

    On disk: ``<line>/`` the line's virtualenv, ``releases/<hash>/`` zarr alone, installed with
    ``pip install --target``, and ``active.json`` which release was made ready last.
    """

    tool_name = "tomobench"

    def __init__(self, conf, python, requirements, tagged_env_vars):
        variables = _as_the_user_asks(_one_volume(conf, tagged_env_vars))
        super().__init__(conf, python, requirements, variables)
        if python == "{}.{}".format(*sys.version_info):
            # The Python that runs asv is known to work; one of that name on PATH may be a shim that does not.
            self._executable = sys.executable
        self._release = None
        self._listings: dict[str, str] = {}
        self._lines = conf.lines
        self._beside = [Path(one).resolve() for one in getattr(conf, "beside", [])]

    def check_presence(self):
        """Whether the environment's folder is there and is of this configuration."""
        try:
            info = self.load_info_file(self._path)
        except (util.UserError, OSError):
            return False
        return info["python"] == self._python and info["requirements"] == self._requirements

    @property
    def installed_commit_hash(self):
        """None: asv then calls install_project, which sees what has changed (lock, volume) and is quick."""
        return None

    @functools.cached_property
    def _python_version(self) -> str:
        """The full version of the environment's Python, which may be another than asv's (asv run --python)."""
        with errors_for_asv():
            return pip.version_of(self._executable)

    def create(self):
        """Make the folder, unless it is there. asv removes one that it can't read: none is half written then."""
        with self._alone():
            super().create()

    def _alone(self) -> AbstractContextManager[None]:
        """Held while the folder is made or filled: other runs that use it wait."""
        return one_at_a_time.writing(Path(self._path), "another command that installs releases")

    def _setup(self):
        # The virtualenvs are made when a release of their line is first asked for.
        Path(self._path).mkdir(parents=True, exist_ok=True)

    def install_project(self, conf, repo, commit_hash):
        """Make the release ready: its line's virtualenv, its zarr, and the volume to measure on.

        Raises asv's UserError, and leaves results as they are, when one of them can't be had.
        """
        release = repo.release(commit_hash)
        try:
            check_python(release, self._python_version)
        except errors.UserError as error:
            raise repo.refusal(str(error)) from None
        try:
            catalogue.ensure(self.env_vars[VOLUME])
            if self.env_vars.get(SERVER) == "ceph":
                ceph_recipe.require()
        except errors.UserError as error:
            raise util.UserError(str(error)) from None
        self.make_ready(repo, release)
        self._set_commit_hash(commit_hash)
        self._activate(release)
        self._require_configuration(release)

    def make_ready(self, repo, release) -> None:
        """Make the release's line and install its zarr, unless both are there. Raises asv's UserError.

        Of runs that share the environment one installs at a time.
        """
        lock = self._lock_of(repo, release)
        with self._alone():
            self._make_line(release.line, lock)
            self._install_release(repo, release)
            self._install_beside(release.line)

    def _install_beside(self, line: str) -> None:
        """Install what lies beside the lines, unless it is there. What can't be had keeps its own suites from being
        measured, and no others: each run tries again."""
        for file in self._beside:
            if beside.folder_of(file, Path(self._path)).exists():
                continue
            log.info(f"Installing {file.name} beside the lines")
            try:
                beside.installed(file, self._line_dir(line) / "bin" / "python", Path(self._path))
            except errors.UserError as error:
                log.warning(f"{error}: what needs it is not measured")

    def python_of(self, release) -> tuple[Path, dict[str, str]]:
        """The Python of a release that is ready, and the environment in which it imports that release."""
        return self._line_dir(release.line) / "bin" / "python", self._variables(_facts(release))

    def find_executable(self, executable):
        """The executable of the active release's line."""
        if executable == sys.executable:  # our own, for with_parent
            return executable
        return util.which(executable, [str(self._line_dir(self._active()["line"]) / "bin")])

    def run(self, args, **kwargs):
        """As asv's own. Which benchmarks there are is asked once for each state of the suites, the line and the release.

        Raises asv's UserError where any other process fails that is to end well.
        """
        if args[:2] != [BENCHMARK_RUN_SCRIPT, "discover"]:
            with processes_for_asv(f"the Python of zarr {self._active()['version']} failed"):
                return super().run(args, **{"display_error": False, **kwargs})
        line = self._line_dir(self._active()["line"])
        discovered.find(
            suites=Path(args[2]),
            answer=Path(args[3]),
            variables=self._environment(),
            line=(line / LINE_MADE).read_text(),
            kept=Path(self._path).absolute(),
            ask=lambda: super(ReleaseEnvironment, self).run(args, **kwargs),
        )
        return ""

    def run_executable(self, executable, args, **kwargs):
        """Run an executable of the active release's line, with its zarr on the path.

        asv passes the user's environment and the matrix's variables: the user's is left out here. What asv leaves
        running beside itself (its server of benchmarks) ends with it.
        """
        kwargs["env"] = self._environment()
        if kwargs.get("return_popen"):
            guarded = with_parent.command(os.getpid(), [self.find_executable(executable), *args])
            executable, args = guarded[0], guarded[1:]
        return super().run_executable(executable, args, **kwargs)

    def _environment(self) -> dict[str, str]:
        """The environment of what is measured: the active release's."""
        return {
            **self._variables(self._active()),
            **measured.variables_of(self.env_vars.get(CONFIGURATION)),
            **self.env_vars,
            **service.of_this_process().variables,
            **({EARLY: "1"} if _asks_for_s3_alone() else {}),
        }

    def _variables(self, release: dict) -> dict[str, str]:
        return {
            **measured.base(Path(self._path, "home")),
            **beside.variables(self._beside, Path(self._path).absolute()),
            "TOMOBENCH_RELEASE": release["version"],
            "TOMOBENCH_LINE": release["line"],
            "TOMOBENCH_WHEEL": release["sha256"],
            "TOMOBENCH_RELEASE_DIR": str(self._release_dir(release["hash"])),
        }

    def _require_configuration(self, release) -> None:
        """End asv with a line where the release has no such configuration as the user asks for.

        After a UserError asv would try to find the benchmarks with other releases, and tell their reasons.
        """
        if not (asked := self.env_vars.get(CONFIGURATION)):
            return
        problem = "has no configuration: only zarr 3 has one"
        if release.line == "3":
            problem = self.run(["-c", measured.CHECK, *asked.split(",")])
        if problem:
            sys.exit(f"{measured.ASKED}: zarr {release.version} {problem.strip()}")

    def _line_dir(self, line) -> Path:
        return Path(self._path, line)

    def _release_dir(self, commit_hash) -> Path:
        return Path(self._path, "releases", commit_hash)

    def _active(self) -> dict:
        # From the file only where this process installed nothing.
        return self._release or json.loads(Path(self._path, "active.json").read_text())

    def _activate(self, release) -> None:
        self._release = _facts(release)
        with whole_file(Path(self._path, "active.json"), "w") as file:
            json.dump(self._release, file)

    def _lock_of(self, repo, release) -> Path:
        """The requirements file of the release's line, once it is known to have what the release asks for."""
        if release.line not in self._lines:
            raise util.UserError(
                f'asv.conf.json has no section for line {release.line} under "lines"'
            )
        lock = Path(self._lines[release.line]["requirements"]).resolve()
        try:
            require_locked(release, lock, self._python_version)
        except errors.UserError as error:
            raise repo.refusal(str(error)) from None
        return lock

    def _make_line(self, line, lock: Path) -> None:
        """Make the line's virtualenv from its lock, or make it anew when the lock or Python has changed."""
        state = self._state_of(lock)
        folder = self._line_dir(line)
        made = folder / LINE_MADE
        if made.exists() and made.read_text() == state:
            self._put_release_on_path(folder)
            return
        log.info(f"Making the environment of line {line} from {lock.name}")
        if folder.exists():
            discard(folder)
        with processes_for_asv(f"the environment of line {line} could not be made"):
            util.check_call(
                [sys.executable, "-m", "virtualenv", "-q", "-p", self._executable, str(folder)],
                env=pip.environment(),
                display_error=False,
            )
        pins = locked(lock, self._python_version)
        packages = _site_packages(folder)
        self._pip(line, ["-r", str(lock)], f"the packages of {lock.name}", packages, pins)
        self._put_release_on_path(folder)
        made.write_text(state)

    def _state_of(self, lock: Path) -> str:
        """What a line's virtualenv is made from: its lock and its Python."""
        is_ours = self._executable == sys.executable
        python = sys.version if is_ours else self._python_version
        return hashlib.sha256(lock.read_bytes() + python.encode()).hexdigest()

    def _put_release_on_path(self, folder: Path) -> None:
        """Have the line's Python import the release that is asked for, be the line new or of an older tomobench."""
        path = _site_packages(folder) / "tomobench-release.pth"
        if not path.exists() or path.read_text() != RELEASE_ON_PATH:
            with whole_file(path, "w") as file:
                file.write(RELEASE_ON_PATH)

    def _install_release(self, repo, release) -> None:
        """Install the release's own wheel, without what it depends on: that is the line's."""
        folder = self._release_dir(release.hash)
        marker = "tomobench-wheel.sha256"
        if (folder / marker).exists() and (folder / marker).read_text() == release.sha256:
            return
        log.info(f"Installing zarr {release.version}")
        repo.checkout(self._build_root, release.hash)
        wanted = Path(self._build_root, "requirements.txt")
        with whole_folder(folder) as scratch:
            args = ["--no-deps", "--target", str(scratch), "-r", str(wanted)]
            pins = {PACKAGE: release.version}
            self._pip(release.line, args, f"zarr {release.version}", scratch, pins)
            (scratch / marker).write_text(release.sha256)

    def _pip(self, line, args, what, into: Path, pins: dict[str, str]) -> None:
        with errors_for_asv():
            python = self._line_dir(line) / "bin" / "python"
            pip.install(python, args, what, into, pins, self._install_timeout)

    def require(self, commit_hash: str) -> None:
        """Raise asv's UserError where another release was made ready last: its numbers are none of this one's."""
        if (ready := self._active()["hash"]) != commit_hash:
            raise util.UserError(
                f"{commit_hash} is not measured: {ready} was made ready in its place (was it installed by another process?)"
            )

    def installed(self) -> str:
        """What is really installed for the release that is ready, and what its processes are given: text to keep beside
        its results. Asked once for each release, however many rounds there are."""
        release = self._active()
        if release["hash"] not in self._listings:
            self._listings[release["hash"]] = self.run(["-c", LIST_PACKAGES]).strip()
        return (
            f"# zarr {release['version']}, wheel sha256 {release['sha256']}\n"
            f"# line {release['line']}: {self._lines[release['line']]['requirements']}\n"
            f"{measured.said(self._environment(), self.env_vars)}"
            f"{self._listings[release['hash']]}\n"
        )


#: A line of a .pth file, run when a line's Python starts, with its site-packages last on the import path: the release
#: asked for comes before them, as it may bring another version of a package along (tomobench verdict --with).
#: PYTHONPATH would not do: asv's benchmark script takes it away again.
RELEASE_ON_PATH = """\
import os, sys; sys.path[-1:-1] = filter(None, [os.environ.get("TOMOBENCH_RELEASE_DIR")])
"""

#: Run in a release's environment: its Python, then what importlib.metadata finds there, by name.
LIST_PACKAGES = """
import importlib.metadata as metadata, platform
print("# Python", platform.python_version())
found = {dist.name.lower(): dist.version for dist in reversed(list(metadata.distributions()))}
print("\\n".join(f"{name}=={version}" for name, version in sorted(found.items())))
"""


def _facts(release) -> dict[str, str]:
    return {key: getattr(release, key) for key in ("hash", "version", "line", "sha256")}


def _site_packages(line: Path) -> Path:
    """Where a line's virtualenv has its packages."""
    return next(line.glob("lib/python*/site-packages"))


def _one_volume(conf, tagged_env_vars) -> dict:
    """The environment's variables, with the volume that $TOMOBENCH_VOLUME asks for in place of the matrix's.

    Raises EnvironmentUnavailable for the matrix's other volumes when one is asked for.
    """
    key = ("nobuild", VOLUME)
    asked = os.environ.get("TOMOBENCH_VOLUME")
    if not asked:
        return tagged_env_vars
    choices = conf.matrix["env_nobuild"][VOLUME]
    stands_for_it = asked if asked in choices else choices[0]
    if tagged_env_vars[key] != stands_for_it:
        raise EnvironmentUnavailable(
            f"{tagged_env_vars[key]} is left out: TOMOBENCH_VOLUME is {asked}"
        )
    return {**tagged_env_vars, key: asked}


def _as_the_user_asks(tagged_env_vars) -> dict:
    """The environment's variables, with S3 server and zarr's configuration where they are not the default ones.

    A variable more makes a series of its own: times on different servers do not mix.
    """
    try:
        asked = {
            SERVER: service.server_of_the_user(),
            CONFIGURATION: measured.configuration_of_the_user(),
        }
    except errors.UserError as error:
        raise util.UserError(str(error)) from None
    own = {("nobuild", name): value for name, value in asked.items() if value}
    return {**tagged_env_vars, **own}


def _asks_for_s3_alone() -> bool:
    """Whether --bench names suites over S3 and no others: then s3fs is imported once for all, before asv forks.

    It saves a second a cell. With the suites of memory it would be in their figures.
    """
    parser = argparse.ArgumentParser(add_help=False)  # asv does not tell an environment
    parser.add_argument("--bench", "-b", action="append", default=[])
    patterns = parser.parse_known_args(sys.argv[1:])[0].bench
    parts = [part for one in patterns or () for part in one.split("|")]
    return bool(parts) and all(re.match(r"\^?\(?(remote|billed|faults)\b", one) for one in parts)
