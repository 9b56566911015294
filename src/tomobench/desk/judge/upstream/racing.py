"""Bisection on a time: each step is a race of two commits, and the price is said before the first."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from tomobench.desk import options
from tomobench.desk.errors import UserError
from tomobench.desk.judge import raced
from tomobench.desk.judge.fresh import environment
from tomobench.desk.judge.fresh.measuring import NOTHING_TIMED
from tomobench.desk.judge.upstream.asked import AskedCell
from tomobench.desk.judge.upstream.sides import Ends, NothingToFind, line
from tomobench.desk.judge.upstream.telling import of_side
from tomobench.desk.measure import aside
from tomobench.desk.measure.history.measuring import spoken
from tomobench.desk.measure.race import report, turns
from tomobench.desk.measure.race.estimate import RaceRatio, estimate
from tomobench.desk.releases import wheels
from tomobench.desk.releases.clone import Clone, Commit
from tomobench.desk.releases.commits import Commits, Unbuildable
from tomobench.desk.results import machine as machines
from tomobench.desk.results import reading as results
from tomobench.desk.results.table import Table

FOLDER = Path(".asv", "upstream", "race")
BUILDING = 15
"""Seconds that building and installing a commit takes."""
RENEWALS = 30
"""The most of a race. One whose ratio is known to 2 % ends earlier: tomobench race's own --precision."""


class CommitRaces:
    """Races commits in pairs, in a project of its own, where each is a wheel that was added."""

    def __init__(self, root: Path, clone: Clone, cell: AskedCell, seconds: float):
        self._commits, self._cell, self._seconds = Commits(clone), cell, seconds
        self._aside = aside.Aside(root, root / FOLDER, cell.volume)
        aside.prepare(root, self._aside.folder)

    def ratio(self, before: Commit, after: Commit) -> RaceRatio:
        """How many times as long the second takes. Raises Unbuildable for one that can't be made ready, or timed, and
        UserError where the machine is in the way."""
        one, other = self._added(before), self._added(after)
        try:
            self._aside.run_on_stderr(
                *("race", one, other, "--benchmark", options.pattern([self._cell.cell])),
                *("--renewals", str(RENEWALS), "--time-limit", f"{self._seconds:.0f}s"),
            )
        except UserError as error:
            if not str(error).startswith(NOTHING_TIMED):
                raise UserError(f"{after.short} was not raced: {error}") from None
            raise Unbuildable(f"{after.short}: {error}") from None
        folder = results.results_folder(self._aside.folder)
        for race in reversed(turns.load_folder(folder, machines.name())):
            both = {*race.about.releases} == {one, other}
            timed = all(len(race.medians(self._cell.cell, release)) for release in (one, other))
            if both and timed and race.about.volume == self._cell.volume:
                found = estimate(race.cells[self._cell.cell], one, other)
                if found.renewals:
                    return found
        raise Unbuildable(f"{after.short}: {self._cell.cell} was not timed with both commits")

    def _added(self, commit: Commit) -> str:
        built = self._commits.release(commit.sha)
        release = wheels.add(self._aside.folder, self._commits.wheel_file(built))[0]
        try:
            environment.ask(self._aside, [release])
        except environment.Unusable as error:
            raise Unbuildable(f"{commit.short}: {error}") from None
        return release.hash


@dataclass(frozen=True)
class RacedCommit:
    """What races found. ``commits``: the line that was searched; ``low`` and ``high``: the two places on it between
    which more than half of the change came; ``whole`` and ``step``: the ratio of the ends and of these two."""

    commits: list[Commit]
    low: int
    high: int
    whole: RaceRatio
    step: RaceRatio
    of_first: bool
    skipped: list[str]

    @property
    def commit(self) -> Commit:
        return self.commits[self.high]

    @property
    def share(self) -> float:
        """Of the whole change, as ln(ratio)."""
        sign = -1 if self.of_first else 1
        return sign * math.log(self.step.ratio) / math.log(self.whole.ratio)


def search(root: Path, clone: Clone, between: Ends, cell: AskedCell, seconds: float) -> RacedCommit:
    """The commit that changed the time most. Raises NothingToFind where the two ends are as quick."""
    races = CommitRaces(root, clone, cell, seconds)
    _say_price(clone, between, seconds)
    whole = races.ratio(between.first, between.last)
    if not _certain(whole):
        raise NothingToFind(
            f"{between.names[0]} and {between.names[1]} do not differ for certain: "
            f"{report.say_ratio(whole)} times as long (--seconds gives a race longer)"
        )
    of_first = _is_on_the_first_side(races, between, whole)
    commits = line(clone, between, of_first)
    low, high, skipped = halved(
        lambda n: races.ratio(commits[0], commits[n]).ratio,
        len(commits) - 1,
        1 / whole.ratio if of_first else whole.ratio,
    )
    step = races.ratio(commits[low], commits[high])
    return RacedCommit(commits, low, high, whole, step, of_first, skipped)


def told(found: RacedCommit, between: Ends) -> tuple[Table, list[str]]:
    """What races found, and what is to be said besides."""
    commit, number = found.commit, found.high - found.low
    name = commit.short
    if number > 1:
        name = f"{found.commits[found.low + 1].short}..{name}, one of {number}"
    record = {
        "commit": name,
        "day": f"{commit.date:%Y-%m-%d}",
        "times as long": report.say_ratio(found.step),
        "of": report.say_ratio(found.whole),
        "subject": commit.subject,
        "link": commit.address,
        "note": of_side(between, found.of_first),
    }
    lines = []
    if found.share < 1 / 2:
        lines.append("it is less than half of the whole: the time changed in several commits")
    lines += [f"skipped: {one}" for one in found.skipped]
    return Table([record]), lines


def _say_price(clone: Clone, between: Ends, seconds: float) -> None:
    number = len(clone.between(between.first.sha, between.last.sha))
    races = 2 + math.ceil(math.log2(max(2, number))) + (not between.straight)
    total = races * (seconds + BUILDING)
    click.echo(
        f"tomobench: a time is raced: at most {races} races of {seconds:.0f} s, about {spoken(total)} in all",
        err=True,
    )


def _certain(ratio: RaceRatio) -> bool:
    """Whether a ratio is a change: its interval is away from 1, and it is one that counts."""
    large = raced.large_enough(np.asarray(ratio.ratio))
    return bool(large and (ratio.low > 1 or ratio.high < 1))


def _is_on_the_first_side(races: CommitRaces, between: Ends, whole: RaceRatio) -> bool:
    """Whether most of the change is between the fork and the first end."""
    if between.straight:
        return False
    rest = races.ratio(between.fork, between.last)
    return abs(math.log(rest.ratio)) < abs(math.log(whole.ratio)) / 2


def halved(ratio: Callable[[int], float], last: int, whole: float) -> tuple[int, int, list[str]]:
    """The two neighbours on a line of places 0 to ``last`` between which more than half of the change came, and why
    places were passed over.

    ``ratio``: how many times as long a place takes as place 0; raises Unbuildable. ``whole``: that of the last.
    """
    low, high, half = 0, last, math.log(whole) / 2
    passed: dict[int, str] = {}
    while places := [n for n in range(low + 1, high) if n not in passed]:
        middle = min(places, key=lambda n: abs(2 * n - low - high))
        try:
            log = math.log(ratio(middle))
        except Unbuildable as error:
            passed[middle] = str(error)
            continue
        if abs(log) > abs(half) and log * half > 0:
            high = middle
        else:
            low = middle
    return low, high, list(passed.values())
