"""The steps, measured. A step is kept when it is finished, whole; until then it is nothing."""

import contextlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from asv import util
from asv.benchmarks import Benchmarks
from asv.console import log
from asv.environment import get_environments
from asv.repo import get_repo

from tomobench.bench.cache import discard, whole_copy
from tomobench.desk import locks
from tomobench.desk.errors import UserError
from tomobench.desk.measure.history import (
    again,
    finished,
    kept,
    lending,
    one_step,
    possible,
    steps,
)
from tomobench.desk.measure.history.clock import Clock
from tomobench.desk.measure.history.step_process import StepProcess
from tomobench.desk.measure.history.steps import EXACT
from tomobench.desk.releases.release import Release
from tomobench.desk.results import machine as machines
from tomobench.desk.results import one_machine
from tomobench.desk.results import reading as results

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
    clock: Clock


def alone(root: Path) -> contextlib.AbstractContextManager[None]:
    """Within the block no other such command works in this repository: see locks.held."""
    return locks.held(root / FOLDER / "lock", "another tomobench history in this clone")


def require_machine(root: Path, machine: str) -> None:
    """Raise UserError if what is filed under this name is of another machine: it is looked at, and not added to."""
    one_machine.require(machines.description(), Path(results.config(root).results_dir, machine))


def prepare(
    root: Path,
    releases: list[Release],
    tips: list[Release],
    expression: str | None,
    machine: str,
    failures: str | None = None,
    durations: Path | None = None,
) -> Campaign:
    """Find what is left to do (see :func:`steps.every`). Within asv's session.

    ``failures``: failed cells that this expression finds are left to do, too. ``durations``: a results folder whose
    machines tell how long steps take where this one's results do not; None for the repository's own.

    What was finished and could not be kept is kept now (finished.keep).
    Raises UserError: no benchmark has such a name, the environment can't be made, ``durations`` that hold no results,
    or another command writes results and TOMOBENCH_NO_WAIT=1.
    """
    conf = results.config(root)
    folder = Path(conf.results_dir, machine)
    for name in kept.set_aside(folder, root / FOLDER / "damaged"):
        log.warning(
            f"{machine}/{name} is damaged: set aside in {FOLDER / 'damaged'}, to be measured again"
        )
    try:
        environments = list(get_environments(conf, None))
        if not environments:
            raise UserError("asv.conf.json has no environment for this Python")
        for one in environments:
            one.create()
        newest = releases[-1].hash
        benchmarks = Benchmarks.discover(conf, get_repo(conf), environments[:1], [newest])
        without = possible.without_a_part(environments)
    except util.UserError as error:
        raise UserError(str(error).splitlines()[0]) from None
    finished.keep(root / FOLDER, folder, benchmarks)
    found = list(steps.every(releases, tips, environments, benchmarks, expression, without))
    if not found:
        raise UserError(f"no benchmark of the standard suites has a name that {expression!r} finds")
    failed = {}
    if failures is not None:
        failed = {step: set(again.failed(step, folder, failures)) for step in found}
        if not any(failed.values()):
            raise UserError(f"no failure is kept that {failures!r} finds")
    left = steps.left(found, folder, benchmarks, failed)
    others = _others(folder, durations)
    return Campaign(root, folder, benchmarks, found, left, Clock(found, folder, others))


def _others(folder: Path, durations: Path | None) -> list[Path]:
    """The other machines' folders. Raises UserError where ``durations`` is no results folder."""
    found = kept.machine_folders(durations or folder.parent)
    if durations and not found:
        raise UserError(
            f"{durations} holds no machine's results: --durations takes a whole results folder"
        )
    return [one for one in found if one != folder]


Numbered = list[tuple[str, steps.Step]]
"""Steps, each with what it is called in what is said."""

HandOut = Callable[[Campaign, Numbered, dict[str, str]], Iterator[str]]
"""Has others measure steps, and keeps them; what was not measured is added to the dict: a step's benchmark, and why."""


@dataclass(frozen=True)
class Others:
    """Who counts for this machine. ``at_once``: how many steps they take at a time, as far as they are there yet."""

    hand_out: HandOut
    at_once: int


def measure(campaign: Campaign, others: Others | None = None) -> Iterator[str]:
    """Do what is left; yields what is said before and after each step.

    Exact metrics first, as many steps at once as there are cores: they need no quiet. Then times, one by one. The newest
    release first: those of the older line take least, so that no core waits long for another at the end.
    ``others``: they have the counts measured, before all that stays on this machine.
    Raises UserError when a step can't be measured: those before it are kept. So it does at the end, when the machine
    was in the way of some benchmarks: all others are kept.
    """
    for left in (campaign.root / FOLDER).glob(f"{finished.STEP}*"):
        discard(left)
    exact = [step for step in reversed(campaign.todo) if step.suite == EXACT]
    times = [step for step in reversed(campaign.todo) if step.suite != EXACT]
    handed: list[steps.Step] = []
    if others:
        handed, exact = _divided(exact)
        handed = steps.spread(handed, others.at_once, campaign.clock.seconds)
    exact = steps.spread(exact, steps.AT_ONCE, campaign.clock.seconds)
    here = exact + times
    numbered = [
        (f"[{number}/{len(handed + here)}] {step}", step)
        for number, step in enumerate(handed + here, 1)
    ]
    first, last = len(handed), len(handed + exact)
    disturbed: dict[str, str] = {}
    if others:
        yield (
            f"{len(handed)} steps are handed to the cluster: they count. {len(here)} stay on this machine: "
            "times, and the memory of processes, are each machine's own"
        )
        yield from others.hand_out(campaign, numbered[:first], disturbed)
    _make_ready(campaign, here)
    yield from _side_by_side(campaign, numbered[first:last], here, steps.AT_ONCE, disturbed)
    yield from _side_by_side(campaign, numbered[last:], here, 1, disturbed)
    for name, reason in disturbed.items():
        raise UserError(
            f"{len(disturbed)} benchmarks were not measured, as {name} ({reason}): the same command tries again"
        )


def _divided(exact: list[steps.Step]) -> tuple[list[steps.Step], list[steps.Step]]:
    """Exact steps cut in two: what a cluster can measure, and the rest.

    Counts are the same on every machine (lending.is_count); a wheel of one's own is on this one alone.
    """
    halves: tuple[list[steps.Step], list[steps.Step]] = ([], [])
    for step in exact:
        for half, handed in zip(halves, (True, False)):
            names = tuple(
                name
                for name in step.names
                if (lending.is_count(name) and not step.release.own) == handed
            )
            if names:
                half.append(replace(step, names=names))
    return halves


def _make_ready(campaign: Campaign, todo: list[steps.Step]) -> None:
    """Install what is not there yet, before steps that share it run side by side. Raises UserError."""
    repo = get_repo(results.config(campaign.root))
    try:
        for release, environment in {step.release: step.environment for step in todo}.items():
            environment.make_ready(repo, release)
    except util.UserError as error:
        raise UserError(str(error).splitlines()[0]) from None


def _side_by_side(
    campaign: Campaign,
    steps_: list[Any],
    todo: list[steps.Step],
    at_once: int,
    disturbed: dict[str, str],
) -> Iterator[str]:
    """Measure steps, ``at_once`` of them at a time; one that is finished is kept at once.

    What was not measured is added to ``disturbed``: a step's benchmark, and why.
    """
    waiting = list(steps_)
    running: list[tuple[str, _Running]] = []
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                name, step = waiting.pop(0)
                left = campaign.clock.expected(todo)
                yield f"{name}{'' if left is None else f': {spoken(left)} left'}"
                running.append((name, _Running(campaign, step, aside=at_once > 1)))
            for one in [one for one in running if one[1].done()]:
                running.remove(one)
                name, measured = one
                took, missed = measured.keep()
                disturbed |= {f"{one} of {measured.step}": why for one, why in missed.items()}
                but = f", but for {len(missed)} benchmarks that were not measured" if missed else ""
                yield f"{name}: kept after {spoken(took)}{but}"
                todo.remove(measured.step)
            time.sleep(0.1)
    finally:
        for _, one_of_them in running:
            one_of_them.end()


class _Running:
    """A step that is under way, in a process and a folder of its own.

    ``aside``: what asv prints goes to a file, for others print at the same time.
    """

    def __init__(self, campaign: Campaign, step: steps.Step, aside: bool):
        self.campaign, self.step = campaign, step
        self._begun = time.monotonic()
        self._folder = Path(tempfile.mkdtemp(prefix=finished.STEP, dir=campaign.root / FOLDER))
        asked = {
            "root": campaign.root,
            "folder": self._results,
            "volume": step.volume,
            "release": step.release.hash,
            "bench": step.expression,
            "machine": campaign.machine.name,
        }
        sys.stdout.flush()  # what is said here comes before what asv says
        self._process = StepProcess(asked, self._folder / "said.txt" if aside else None)

    @property
    def _results(self) -> Path:
        return self._folder / finished.RESULTS

    def done(self) -> bool:
        return self._process.done()

    def keep(self, wait: bool = True) -> tuple[float, dict[str, str]]:
        """Join what was measured with what is kept, when no other command writes results.

        Where that does not come about, its folder stays for the next command (finished.keep).
        Returns the seconds that it took, and the benchmarks that were not measured, with the reasons. Raises UserError
        if anything else is missing, or another command writes results and this one is not to ``wait``.
        """
        campaign, step = self.campaign, self.step
        try:
            if (reason := self._process.failure()) is not None:
                raise UserError(
                    f"{self.step} could not be measured{f': {reason}' if reason else ''}"
                )
            left = not_measured(campaign, step, self._results, campaign.machine.name)
        except UserError:
            self._leave()
            raise
        took = time.monotonic() - self._begun
        with locks.writing(campaign.machine.parent, wait=wait):
            kept.add(self._results, campaign.machine.parent, replacing=True)
            keep_descriptions(campaign, self._results)
        self._leave()
        if not left:
            campaign.clock.note(step, campaign.machine, took)
        return took, left

    def end(self) -> None:
        """Stop it, and forget what it has done; keep it if it is finished already."""
        if self.done():
            with contextlib.suppress(UserError, OSError):  # the others are to be ended, too
                self.keep(wait=False)
        else:
            self._process.end()
            self._leave()

    def _leave(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def not_measured(campaign: Campaign, step: steps.Step, found: Path, machine: str) -> dict[str, str]:
    """The benchmarks of a finished step that were not measured, and why.

    ``found``: the results folder that it wrote, with those of ``machine``. Raises UserError if anything else is missing.
    """
    measured = step.measured(found / machine, campaign.benchmarks)
    left: dict[str, str] = json.loads((found / one_step.NOT_MEASURED).read_text())
    if missing := set(step.names) - measured - set(left):
        raise UserError(
            f"{step}: asv gave no result of {min(missing)} in the version that this command began "
            "with (were the benchmarks changed meanwhile?): give the command again"
        )
    return left


def keep_descriptions(campaign: Campaign, found: Path) -> None:
    """Keep what a step's results say of the benchmarks."""
    whole_copy(found / "benchmarks.json", campaign.machine.parent / "benchmarks.json")


def spoken(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
