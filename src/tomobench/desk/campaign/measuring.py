"""The steps, one after the other. A step is kept when it is finished, whole; until then it is nothing."""

import contextlib
import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from asv import util
from asv.benchmarks import Benchmarks
from asv.console import log
from asv.environment import get_environments
from asv.repo import get_repo

from tomobench.bench.cache import discard, whole_copy
from tomobench.desk import results
from tomobench.desk.asv import machine as machines
from tomobench.desk.asv import running
from tomobench.desk.campaign import kept, steps
from tomobench.desk.errors import UserError
from tomobench.desk.releases.release import Release

FOLDER = Path(".asv", "history")
"""Where steps are under way, in folders of their own; and result files that were set aside."""


@dataclass(frozen=True)
class Campaign:
    """``todo``: the steps that are left, of ``all`` of them. ``machine``: the folder of its results.
    ``clock``: how long steps take, from what is kept."""

    root: Path
    machine: Path
    benchmarks: Benchmarks
    all: list[steps.Step]
    todo: list[steps.Step]
    clock: steps.Clock


@contextlib.contextmanager
def alone(root: Path):
    """Within the block no other such command works in this repository. Raises UserError if one does."""
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    with (root / FOLDER / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError("another tomobench history is under way here: wait for it") from None
        yield


def prepare(
    root: Path, releases: list[Release], tips: list[Release], expression: str | None, machine: str
) -> Campaign:
    """Find what is left to do (see :func:`steps.every`). Within asv's session.

    Raises UserError: no benchmark has such a name, the environment can't be made, another machine's results.
    """
    conf = results.config(root)
    folder = Path(conf.results_dir, machine)
    kept.require_machine(machines.description(), folder)
    for name in kept.set_aside(folder, root / FOLDER / "damaged"):
        log.warning(f"{machine}/{name} is damaged: set aside in {FOLDER / 'damaged'}, to be measured again")
    # Making a release ready writes down what is installed, which is for the steps to keep.
    conf.results_dir = str(root / FOLDER / "prepared")
    try:
        environments = list(get_environments(conf, None))
        if not environments:
            raise UserError("asv.conf.json has no environment for this Python")
        for one in environments:
            one.create()
        newest = releases[-1].hash
        benchmarks = Benchmarks.discover(conf, get_repo(conf), environments[:1], [newest])
    except util.UserError as error:
        raise UserError(str(error).splitlines()[0]) from None
    found = list(steps.every(releases, tips, environments, benchmarks, expression))
    if not found:
        raise UserError(f"no benchmark of the standard suites has a name that {expression!r} finds")
    left = steps.left(found, folder, benchmarks)
    return Campaign(root, folder, benchmarks, found, left, steps.Clock(found, folder))


def measure(campaign: Campaign) -> Iterator[str]:
    """Do what is left; yields what is said before and after each step.

    Raises UserError when a step can't be measured: those before it are kept.
    """
    clock, todo = campaign.clock, campaign.todo
    for number, step in enumerate(todo):
        left = clock.expected(todo[number:])
        yield f"[{number + 1}/{len(todo)}] {step}{'' if left is None else f': {spoken(left)} left'}"
        begun = time.monotonic()
        with _scratch(campaign.root) as scratch:
            _measure(campaign, step, scratch)
            kept.add(scratch, campaign.machine.parent)
            whole_copy(scratch / "benchmarks.json", campaign.machine.parent / "benchmarks.json")
        took = time.monotonic() - begun
        clock.note(step, took)
        yield f"[{number + 1}/{len(todo)}] {step}: kept after {spoken(took)}"


def _measure(campaign: Campaign, step: steps.Step, scratch: Path) -> None:
    conf = results.config(campaign.root)
    conf.results_dir = str(scratch)
    machine = campaign.machine.name
    with running.on_volume(step.volume):
        running.run(conf, step.release.hash, step.expression, machine)
    missing = set(step.names) - step.measured(scratch / machine, campaign.benchmarks)
    if missing:
        raise UserError(
            f"{step}: asv gave no result of {min(missing)} in the version that this command began "
            "with (were the benchmarks changed meanwhile?): give the command again"
        )


@contextlib.contextmanager
def _scratch(root: Path):
    """A folder for one step. Those that killed commands left are removed first."""
    for left in (root / FOLDER).glob("step-*"):
        discard(left)
    folder = Path(tempfile.mkdtemp(prefix="step-", dir=root / FOLDER))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def spoken(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
