"""A project of its own for the proof: its wheels on no history but its own, its results in no other.

It is ``.asv/proof/<stage>``, which git ignores, one for each race. It shares the suites, the locks,
the environments and the cache of the repository; what is kept of it is copied to
``results/<machine>/proof``.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studies.proof import samples, wheels
from studies.proof.variants import Variant
from tomobench.bench.cache import whole_folder
from tomobench.desk.errors import UserError
from tomobench.desk.measure import aside
from tomobench.desk.measure.race import turns
from tomobench.desk.releases import lock
from tomobench.desk.releases import wheels as own_wheels
from tomobench.desk.releases.release import Release
from tomobench.desk.results import machine as machines
from tomobench.desk.results import reading as results

FOLDER = Path(".asv", "proof")
VOLUME = "phantom-128"
"""Measured on, where $TOMOBENCH_VOLUME names no other: small, so that an access takes milliseconds."""


@dataclass(frozen=True)
class Stage(aside.Aside):
    """``kept``: where a proof's data are, to be committed; ``release``: the one that is changed."""

    kept: Path
    release: Release

    def add(self, variant: Variant) -> Release:
        """Make the wheel of a variant and put it on the project's history; nothing if it is there."""
        base = wheels.download(self.release, self.root / FOLDER / "wheels")
        made = wheels.make(base, self.release, variant, self.root / FOLDER / "wheels")
        release, _ = own_wheels.add(self.folder, made)
        self._note(release, variant)
        return release

    def race(self) -> turns.Race | None:
        """The race of this stage, finished or not; None before it has begun."""
        found = turns.load(self.folder, machines.name())
        return found[-1] if found else None

    def begun(self) -> turns.Race:
        """The race of this stage, which has begun."""
        race = self.race()
        assert race is not None
        return race

    def keep(self) -> None:
        """Copy the race to what is kept, under the stage's name."""
        race, stage = self.begun(), self.folder.name.removeprefix("quick-")
        with whole_folder(self.kept / turns.FOLDER / stage) as scratch:
            shutil.copytree(race.folder, scratch, dirs_exist_ok=True)

    def _note(self, release: Release, variant: Variant) -> None:
        path = self.kept / samples.WHEELS
        found = {row["hash"]: row for row in samples.load_table(path)}
        for one, label in ((self.release, ""), (release, variant.label)):
            found[one.hash] = {
                "hash": one.hash,
                "version": one.version,
                "label": label,
                "sha256": one.sha256,
            }
        samples.save_table(path, list(found.values()))


def kept(root: Path, quick: bool) -> Path:
    """Where the data of this machine's proof are. A quick one proves nothing, and is kept apart."""
    name = "proof-quick" if quick else "proof"
    return Path(results.config(root).results_dir, machines.name(), name)


def prepare(root: Path, stage: str, quick: bool = False) -> Stage:
    """Make the project of a stage, or bring it up to the repository. Raises UserError."""
    folder = root / FOLDER / (f"quick-{stage}" if quick else stage)
    aside.prepare(root, folder)
    volume = os.environ.get("TOMOBENCH_VOLUME", VOLUME)
    return Stage(root, folder, volume, kept(root, quick), newest(root))


def newest(root: Path) -> Release:
    """The newest final release of line 3: what is changed on purpose."""
    published = [one for one in lock.load_lock(root) if one.final and one.line == "3"]
    if not published:
        raise UserError(f"{lock.LOCK} has no release of line 3 to change")
    return published[-1]


@contextlib.contextmanager
def loaded(condition: str) -> Iterator[None]:
    """What else runs under a condition: nothing, or a process that keeps one core busy."""
    if condition == samples.QUIET:
        yield
        return
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
        if process.poll() is not None:
            raise UserError("the process that was to load a core ended early: race again")
    finally:
        process.kill()
        process.wait()
