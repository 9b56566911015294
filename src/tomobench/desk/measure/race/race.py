"""The race itself: renewals until every interval is narrow enough, or time or patience runs out.

When to stop is decided by the width of the intervals, never by what they say. The width comes from the
scatter of the renewals, the ratio from their mean; of normal observations the two are independent, so
stopping early on a narrow interval does not move the ratio, up or down. Stopping on significance would:
it stops where the mean happens to be far out. What stopping on width does cost is a little coverage,
since a scatter that is small by luck stops the race. In 200,000 made races a case (normal renewals with
a standard deviation of 1, 2, 3, 5 and 10 %, a precision of 2 %, 5 to 10 renewals) the 95 % interval held
the truth in 93.1 to 95.0 % of them, the mean error was below 0.005 %, and p < 0.01 came out in 1.0 to
1.6 % of races of equal releases; with up to 30 renewals, 92.4 to 94.9 % and 1.0 to 2.2 %. MINIMUM renewals
keep it that small.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from tomobench.bench.blame import Whose
from tomobench.desk.measure.race import turns
from tomobench.desk.measure.race.estimate import estimate
from tomobench.desk.measure.race.field import Field
from tomobench.desk.measure.race.renewal import Renewing, Runnable
from tomobench.desk.results import machine as machines

MINIMUM = 5
"""Renewals of a cell before its interval may end it."""


@dataclass(frozen=True)
class Limits:
    """When to stop. ``precision``: half the interval's width as a share of the ratio, of every
    neighbouring pair; ``seconds``: of this command; ``renewals``: of each cell, earlier commands'
    included."""

    precision: float
    seconds: float
    renewals: int


def folder_of(field: Field) -> Path:
    """Where the race of this field is kept."""
    return Path(field.conf.results_dir, field.machine.machine, turns.FOLDER, field.id)


def begin(field: Field, fresh: bool) -> turns.Race:
    """The race of this field: what is kept of it, or a new one. ``fresh``: forget what is kept.

    Raises UserError where what is kept is damaged, or another machine's.
    """
    folder = folder_of(field)
    if (folder / turns.ABOUT).exists() and not fresh:
        race = turns.open_race(folder, field.machine.machine)
        turns.require_described(race, vars(field.machine))
        return race
    turns.forget(folder)
    about = turns.About(
        field.machine.machine,
        field.volume,
        field.environment.name,
        {one.hash: one.sha256 for one in field.releases},
        sorted(field.cells),
        field.versions,
        field.runner,
        random.SystemRandom().randrange(2**32),
        datetime.now(UTC).isoformat(timespec="seconds"),
        {name: getattr(field.machine, name) for name in machines.FIELDS},
    )
    return turns.create(folder, about)


def run(race: turns.Race, field: Field, limits: Limits, say: Callable[[str], None]) -> turns.Race:
    """Go on with a race until its limits; a renewal that is finished is kept, whatever comes after.

    ``say`` gets a line for each renewal.
    """
    end = time.monotonic() + limits.seconds
    # What failed, or was disturbed, is tried again by each command, and by each command once.
    before = race.renewals[-1].number if race.renewals else 0
    disturbed: dict[str, str] = {}

    def left() -> list[str]:
        return [name for name in unfinished(race, limits, before) if name not in disturbed]

    while (names := left()) and time.monotonic() < end:
        begun, known = time.monotonic(), len(race.renewals)
        race = _renewal(race, field, names, before, end, disturbed)
        for renewal in race.renewals[known:]:
            say(
                f"renewal {renewal.number}: {len(renewal.seconds)} cells in "
                f"{time.monotonic() - begun:.0f} s; {len(left())} cells left, at most "
                f"{max(0, end - time.monotonic()):.0f} s"
            )
    for name, reason in sorted(disturbed.items()):
        say(f"{name}: not measured ({reason}): the same command tries again")
    return race


def unfinished(race: turns.Race, limits: Limits, before: int) -> list[str]:
    """The cells that want more renewals, those with the fewest first.

    ``before``: the last renewal of earlier commands.
    """
    done = dict.fromkeys(race.about.benchmarks, 0)
    for renewal in race.renewals:
        for name in renewal.seconds:
            done[name] += 1
    out = race.left_out_since(before)
    wanting = [
        name
        for name, renewals in done.items()
        if renewals < limits.renewals
        and len(race.about.releases) - len(out.get(name, ())) >= 2
        and not (
            renewals >= MINIMUM
            and _precise(race, name, limits.precision)
            and not _to_be_tried_again(race, name, before)
        )
    ]
    return sorted(wanting, key=done.__getitem__)


def neighbours(race: turns.Race, name: str) -> list[tuple[str, str]]:
    """The pairs of releases that follow each other in a cell, those without a time left out."""
    return list(pairwise(one for one in race.about.releases if len(race.medians(name, one))))


def _precise(race: turns.Race, name: str, precision: float) -> bool:
    cell = race.cells.get(name)
    if cell is None:
        return False
    pairs = [estimate(cell, a, b) for a, b in neighbours(race, name)]
    return all(one.half_width <= precision for one in pairs)


def _to_be_tried_again(race: turns.Race, name: str, before: int) -> bool:
    """Whether a release failed in a cell in an earlier command, and was not tried since."""
    several = (race.without_a_time(name, release) for release in race.about.releases)
    return any(one and one.kind == Whose.RELEASE and one.renewal <= before for one in several)


def _renewal(
    race: turns.Race,
    field: Field,
    names: list[str],
    before: int,
    end: float,
    disturbed: dict[str, str],
) -> turns.Race:
    """One renewal over these cells; the cells after the end of time wait for the next command.

    Adds to ``disturbed`` the cells in whose way the machine was, with the reason. A renewal of nothing else is not kept.
    """
    number = 1 + max((one.number for one in race.renewals), default=0)
    draw = random.Random(f"{race.about.seed}-{number}")
    out = race.left_out_since(before)
    benchmarks = Path(field.conf.benchmark_dir)
    with Renewing(number, field.entries, benchmarks, field.volume, draw) as renewing:
        for cell in _shuffled(names, race, field, draw):
            if (renewing.seconds or renewing.disturbed) and time.monotonic() > end:
                break
            renewing.race(cell, out.get(cell.name, {}))
    disturbed |= renewing.disturbed
    return turns.add(race, renewing.notes(), renewing.turns) if renewing.seconds else race


def _shuffled(
    names: list[str], race: turns.Race, field: Field, draw: random.Random
) -> list[Runnable]:
    """The cells in an order of their own in each renewal, those with the fewest renewals first."""
    timed = {name: sum(name in one.seconds for one in race.renewals) for name in names}
    return [field.cells[name] for name in sorted(names, key=lambda n: (timed[n], draw.random()))]
