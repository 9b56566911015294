"""What a step has measured is kept, whoever writes results as it ends, and whatever becomes of other steps."""

import _thread
import json
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.made.history import FILES, MadeHistory, environment_of
from tests.unit.test_locks import WRITES, process
from tomobench.desk import locks
from tomobench.desk.errors import UserError
from tomobench.desk.measure.history import finished, measuring, one_step, steps
from tomobench.desk.measure.history.clock import Clock

VOLUME = "phantom-128"
RELEASES = ("3.3.0", "3.4.2")


@dataclass(frozen=True)
class Environment:
    name: str = environment_of(VOLUME)
    env_vars: dict = field(default_factory=lambda: {"volume": VOLUME}, hash=False)

    def make_ready(self, repo, release):
        pass


class Step:
    """In place of a step's process: ended at once, its results written. ``fails``: the releases of which it gives none."""

    fails: tuple[str, ...] = ()

    def __init__(self, asked, said):
        self._release = asked["release"]
        folder = Path(asked["folder"])
        made = MadeHistory(folder.with_name("made"))
        made.measured(self._release, FILES, 7)
        made.save()
        shutil.copytree(made.root / "results", folder)
        (folder / one_step.NOT_MEASURED).write_text("{}")

    def done(self):
        return True

    def failure(self):
        return "no" if self._release in self.fails else None

    def end(self):
        raise AssertionError("it has ended")


@pytest.fixture
def made(tmp_path):
    made = MadeHistory(tmp_path / "clone")
    made.measured("3.4.0", FILES, 7)
    return made.save()


@pytest.fixture
def campaign(made, monkeypatch):
    monkeypatch.setattr(measuring, "StepProcess", Step)
    monkeypatch.setattr(measuring, "get_repo", lambda conf: None)
    monkeypatch.setattr(steps, "AT_ONCE", len(RELEASES))
    releases = [one for one in made.releases if one.version in RELEASES]
    todo = [steps.Step(one, Environment(), steps.EXACT, (FILES,)) for one in releases]
    machine = made.root / "results/desk"
    (made.root / measuring.FOLDER).mkdir(parents=True)
    clock = Clock(todo, machine, [])
    return measuring.Campaign(made.root, machine, made.benchmarks, todo, list(todo), clock)


def kept(made) -> set[str]:
    """The releases of RELEASES that have a result."""
    files = {one: made.file(one) for one in RELEASES}
    return {
        one
        for one, file in files.items()
        if file.exists() and json.loads(file.read_text())["results"]
    }


def under_way(made) -> list[Path]:
    return list((made.root / measuring.FOLDER).glob("step-*"))


def test_a_finished_step_waits_for_who_writes_results_whatever_one_asked(
    made, campaign, monkeypatch, capfd
):
    monkeypatch.setenv(locks.NO_WAIT, "1")
    with process(made.root / "results", WRITES) as other:
        assert other.stdout.readline() == "held\n"
        threading.Timer(1, other.stdin.close).start()
        list(measuring.measure(campaign))
    assert kept(made) == set(RELEASES) and not under_way(made)
    assert "waiting for another command that writes results to end\n" in capfd.readouterr().err


def test_a_finished_step_that_was_interrupted_is_kept_by_the_next_command(made, campaign):
    with process(made.root / "results", WRITES) as other:
        assert other.stdout.readline() == "held\n"
        threading.Timer(1, _thread.interrupt_main).start()
        with pytest.raises(KeyboardInterrupt):
            list(measuring.measure(campaign))
    assert not kept(made) and len(under_way(made)) == len(RELEASES)
    finished.keep(made.root / measuring.FOLDER, campaign.machine, made.benchmarks)
    assert kept(made) == set(RELEASES) and not under_way(made)


@pytest.mark.parametrize("why", ["version", "unfinished"])
def test_a_step_that_is_not_whole_is_not_kept(made, campaign, why):
    folder = made.root / measuring.FOLDER / "step-1/results"
    folder.parent.mkdir()
    Step({"release": "3.4.2", "folder": folder}, None)
    if why == "version":
        made.declare(FILES, "files", version="2")
    else:
        (folder / one_step.NOT_MEASURED).unlink()
    finished.keep(made.root / measuring.FOLDER, campaign.machine, made.benchmarks)
    assert not kept(made)


@pytest.mark.parametrize("failing", RELEASES)
def test_a_finished_step_is_kept_where_another_failed(made, campaign, monkeypatch, failing):
    monkeypatch.setattr(Step, "fails", (failing,))
    with pytest.raises(UserError, match=rf"{failing}, {VOLUME}, exact could not be measured: no"):
        list(measuring.measure(campaign))
    assert kept(made) == set(RELEASES) - {failing} and not under_way(made)
