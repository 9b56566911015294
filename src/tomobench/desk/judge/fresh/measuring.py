"""Both sides measured in a project of their own: counts, reads over S3, a race of the key cells."""

import contextlib
import hashlib
import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import click

from tomobench.bench.cache import whole_copy
from tomobench.desk import locks, options
from tomobench.desk.asv.damaged import BENCHMARKS
from tomobench.desk.errors import UserError
from tomobench.desk.judge.fresh.subject import GivenWheel
from tomobench.desk.measure import aside
from tomobench.desk.measure.history import kept
from tomobench.desk.measure.history.lending import COUNTS, lend_counts
from tomobench.desk.measure.history.measuring import spoken
from tomobench.desk.releases import lock, wheels
from tomobench.desk.releases.release import Release
from tomobench.desk.results import machine as machines
from tomobench.desk.results import reading as results

FOLDER = Path(".asv", "verdict")
PARTS = ("counts", "s3", "race")
"""What is measured, in this order."""

KEY_CELLS = "key-cells.txt"
S3_CELLS = (
    "remote.Reads.time_whole(50, 64×64×64)",
    "remote.Reads.time_slice_xy(50, 32×32×32)",
    "remote.Reads.time_whole(50, 64×64×64 format 3)",
    "remote.Reads.time_slice_xy(50, 32×32×32 in 128×128×128)",
)
"""Reads of eight or sixteen chunks at a round trip of 50 ms: in one round where requests are concurrent, in as many
rounds as chunks where they are not. In both formats, and as ranges of a shard. More chunks would only take longer."""

S3_RENEWALS, S3_SECONDS = 3, 3600
"""A read that takes twice as long is certain after three, and they are taken, however busy the machine is."""

KEY_RENEWALS = 30
"""The most renewals of a key cell. A cell known to 2 % ends earlier: tomobench race's own --precision."""

LEFT_OUT = r"(?!(?:workers|blocks)\.)"
"""Suites that a verdict does not count: they start many processes, for minutes, and what releases differ in there shows in
the counts of the other suites too."""

NOTHING_TIMED = "no cell was timed"
"""All cells raise in one of the two: the facts say so."""

NOTHING_TO_COUNT = "no benchmark of the standard suites"
"""None of those asked for counts anything."""

LEAST_RACE = 0.25
"""The share of the time that the race has at least, whatever the parts before it took."""

AFTERWARDS = 20.0
"""Seconds that the race leaves: a renewal may end after its time, and judging takes some."""


@dataclass(frozen=True)
class Measuring:
    """What is to be measured: ``subject`` against ``against``, as the project ``aside`` knows them.

    ``end``: when, on the clock time.monotonic; ``minutes``: how long in all. ``benchmark``: only these cells.
    """

    aside: aside.Aside
    subject: Release
    against: Release
    minutes: float
    end: float
    benchmark: str | None

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(0.0, self.end - time.monotonic())

    @property
    def results(self) -> Path:
        return results.results_folder(self.aside.folder)

    def say(self, what: str) -> None:
        click.echo(
            f"tomobench: {what} ({spoken(self.left)} of {self.minutes:g} min left)", err=True
        )

    def cells(self, several: list[str] | tuple[str, ...]) -> list[str]:
        return [one for one in several if re.search(self.benchmark or "", one)]


def alone(root: Path) -> contextlib.AbstractContextManager[None]:
    """Within the block no other command changes the projects of two sides."""
    return locks.held(root / FOLDER / "lock", "another tomobench verdict")


def volume_of(root: Path) -> str:
    """The volume that both are measured on: $TOMOBENCH_VOLUME's, else the first of asv.conf.json."""
    asked = os.environ.get("TOMOBENCH_VOLUME")
    return asked or results.config(root).matrix["env_nobuild"]["volume"][0]


def prepare(
    root: Path, subject: GivenWheel, against: GivenWheel, volume: str
) -> tuple[aside.Aside, Release, Release]:
    """The project of two sides: a folder for each pair, so that the same command goes on where it stopped."""
    pair = f"{subject.wheel.sha256} {against.wheel.sha256} {volume}"
    folder = root / FOLDER / hashlib.sha256(pair.encode()).hexdigest()[:10]
    aside.prepare(root, folder)
    if (own := root / lock.LOCAL).exists():
        shutil.copytree(own, folder / lock.LOCAL, dirs_exist_ok=True)
    return aside.Aside(root, folder, volume), _known(folder, subject), _known(folder, against)


def _known(folder: Path, side: GivenWheel) -> Release:
    if side.path is not None:
        return wheels.add(folder, side.path)[0]
    return next(one for one in lock.load(folder).releases if one.sha256 == side.wheel.sha256)


def counts(measuring: Measuring, lender: str | None) -> None:
    """Count what both do; the counts of ``against`` are those of the machine ``lender``, if there is one."""
    one = measuring
    committed = results.results_folder(one.aside.root)
    pattern = f"(?=.*(?:{one.benchmark or ''})){LEFT_OUT}{COUNTS}"
    if lender is not None:
        folder = one.results / machines.name()
        kept.describe(folder, machines.description())
        releases = {one.against.hash}
        lend_counts(committed, lender, machines.name(), releases, into=one.results, only=pattern)
    one.say(f"counting what {one.subject.version} does")
    known = ("--durations", str(committed)) if kept.machine_folders(committed) else ()
    asked = ("history", one.against.hash, one.subject.hash, "--benchmark", pattern)
    _unless(NOTHING_TO_COUNT, one.aside, *asked, *known)


def s3(measuring: Measuring) -> None:
    """Race the reads over S3 that tell concurrency."""
    if cells := measuring.cells(S3_CELLS):
        measuring.say("reading over S3, round trip 50 ms")
        _race(measuring, cells, S3_SECONDS, S3_RENEWALS)


def race(measuring: Measuring) -> None:
    """Race the key cells for the rest of the time."""
    listed = options.cells(None, None, measuring.aside.root / KEY_CELLS)
    if cells := measuring.cells(listed):
        measuring.say(f"racing {len(cells)} key cells")
        seconds = max(measuring.left - AFTERWARDS, LEAST_RACE * 60 * measuring.minutes)
        _race(measuring, cells, seconds, KEY_RENEWALS)


def _race(measuring: Measuring, cells: list[str], seconds: float, renewals: int) -> None:
    _unless(
        NOTHING_TIMED,
        measuring.aside,
        *("race", measuring.against.hash, measuring.subject.hash),
        *("--benchmark", options.pattern(cells), "--renewals", str(renewals)),
        *("--time-limit", f"{max(1, seconds):.0f}s"),
    )


def _unless(harmless: str, project: aside.Aside, *words: str) -> None:
    """Run a command there. Raises UserError where it fails for another reason than the harmless one."""
    try:
        project.run_on_stderr(*words)
    except UserError as error:
        if not str(error).startswith(harmless):
            raise


def keep(measuring: Measuring) -> None:
    """Put the subject on the repository's own history, and add what was measured of both to its results.

    Raises UserError where the repository calls the subject otherwise than the project does.
    """
    root, folder = measuring.aside.root, measuring.aside.folder
    for release in (measuring.against, measuring.subject):
        if (path := lock.wheel_file(folder, release)) is not None:
            with locks.writing(root / lock.LOCK):
                known, _ = wheels.add(root, path)
            if known.hash != release.hash:
                raise UserError(
                    f"the wheels of this clone changed meanwhile ({known.hash}, not {release.hash}): "
                    "give the same command again"
                )
    committed = results.results_folder(root)
    described = measuring.results / BENCHMARKS
    with locks.writing(committed):
        if (
            described.exists()
        ):  # before the results: they stand above those of versions that it does not describe
            whole_copy(described, committed / BENCHMARKS)
        kept.add(measuring.results, committed)
    for race_ in measuring.results.glob("*/races/*/"):
        shutil.copytree(race_, committed / race_.relative_to(measuring.results), dirs_exist_ok=True)
