"""What takes part in a race: releases made ready side by side, and the cells they are timed on."""

import hashlib
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from asv import util
from asv.benchmarks import Benchmarks
from asv.config import Config
from asv.environment import Environment, get_environments
from asv.machine import Machine, MachineCollection
from asv.repo import Repo, get_repo

from tomobench.desk.asv.measured import malloc
from tomobench.desk.errors import UserError
from tomobench.desk.measure.race.renewal import Runnable
from tomobench.desk.measure.race.worker import Entry
from tomobench.desk.releases.history import History
from tomobench.desk.releases.release import Release
from tomobench.desk.results import machine as machines
from tomobench.desk.results import one_machine
from tomobench.desk.results import reading as results


@dataclass(frozen=True)
class Field:
    """``releases``: in the order of the history. ``entries``: how to start each. ``cells``: by name.

    ``runner``: the version of asv_runner, of both if the lines have two.
    """

    conf: Config
    machine: Machine
    environment: Environment
    benchmarks: Benchmarks
    releases: list[Release]
    entries: list[Entry]
    cells: dict[str, Runnable]
    runner: str
    installed: dict[str, str]

    @property
    def volume(self) -> str:
        """The volume's id."""
        answer: str = self.environment.env_vars["volume"]
        return answer

    @property
    def versions(self) -> dict[str, str]:
        """The version of each benchmark that has cells in the race."""
        names = {cell.id.rpartition("-")[0] or cell.id for cell in self.cells.values()}
        return {name: self.benchmarks[name]["version"] for name in sorted(names)}

    @property
    def id(self) -> str:
        """What names the race: ten digits of a digest of all that makes turns comparable."""
        parts = [
            sorted((one.hash, one.sha256) for one in self.releases),
            sorted(self.cells),
            self.versions,
            self.volume,
            self.environment.name,
            self.runner,
            malloc(),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:10]


def choose(history: History, names: tuple[str, ...]) -> list[Release]:
    """The releases asked for, in the order of the history: names, ``A..B`` (after A, up to B), or ALL.

    Raises UserError for names that are no release, and for fewer than two releases.
    """
    chosen = history.choose(names)
    if len(chosen) < 2:
        raise UserError(
            "a race is between two releases or more: name them, or a range A..B, or ALL"
        )
    return chosen


def prepare(root: Path, releases: list[Release], pattern: str | None, machine: str | None) -> Field:
    """Install the releases side by side and find the cells. Within asv's session.

    Raises UserError: a release or the volume can't be had, no such machine, another machine's results, nothing to time.
    """
    conf = results.config(root)
    try:
        described = _machine(machine or machines.name())
        one_machine.require(vars(described), Path(conf.results_dir, described.machine))
        environment = environment_of(conf)
        repo = get_repo(conf)
        ready, installed = [], {}
        for release in releases:
            ready.append(ready_for(conf, environment, repo, release))
            installed[release.hash] = environment.installed()
        newest = releases[-1].hash
        benchmarks = Benchmarks.discover(conf, repo, [environment], [newest], regex=pattern)
    except util.UserError as error:
        raise UserError(str(error).splitlines()[0]) from None
    cells = cells_of(benchmarks, conf, lambda type_: type_ == "time")
    if not cells:
        raise UserError(
            f"there is no timed benchmark that {pattern!r} finds (a race is of benchmarks that are "
            "called time_…; asv run measures the others)"
        )
    entries = [entry for entry, _ in ready]
    runner = ", ".join(sorted({version for _, version in ready}))
    return Field(
        conf, described, environment, benchmarks, releases, entries, cells, runner, installed
    )


def _machine(name: str) -> Machine:
    """asv's description of the machine. Raises asv's UserError when it has none."""
    MachineCollection.load(name)  # Machine.load passes over an unknown name
    return Machine.load(machine_name=name, interactive=False)


def environment_of(conf: Config) -> Environment:
    """asv's environment of the volume that $TOMOBENCH_VOLUME asks for, else of the matrix's first."""
    found = next(iter(get_environments(conf, None)), None)
    if found is None:
        raise UserError("asv.conf.json has no environment for this Python")
    found.create()
    return found


SAY = """
import importlib.metadata, json, os, sys
print(json.dumps([sys.executable, dict(os.environ), importlib.metadata.version("asv_runner")]))
"""
"""Run as asv runs a benchmark: what such a process is given. A worker is given the same."""


def ready_for(
    conf: Config, environment: Environment, repo: Repo, release: Release
) -> tuple[Entry, str]:
    """How to start a worker of a release, installed now unless it was; and the version of its asv_runner."""
    environment.install_project(conf, repo, release.hash)
    python, variables, runner = json.loads(environment.run(["-c", SAY]))
    return Entry(release.hash, python, variables), runner


def cells_of(
    benchmarks: Benchmarks, conf: Config, wanted: Callable[[str], bool]
) -> dict[str, Runnable]:
    """The cells that were asked for of benchmarks whose type is ``wanted``, by the name that asv's regular
    expressions see."""
    found = {}
    for name, benchmark in benchmarks.items():
        if not wanted(benchmark["type"]):
            continue
        timeout = benchmark.get("timeout", conf.default_benchmark_timeout)
        cells = list(itertools.product(*benchmark["params"]))
        for index in benchmarks.benchmark_selection[name] or [None]:
            said = name if index is None else f"{name}({', '.join(cells[index])})"
            found[said] = Runnable(said, name if index is None else f"{name}-{index}", timeout)
    return found
