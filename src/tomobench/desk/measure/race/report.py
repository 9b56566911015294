"""A race's outcome: a line for each cell and neighbouring pair of releases, as table and as CSV."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from asv.util import human_value

from tomobench.bench.blame import Whose
from tomobench.desk.measure.race.estimate import RaceRatio, estimate
from tomobench.desk.measure.race.race import neighbours
from tomobench.desk.measure.race.turns import Race
from tomobench.desk.results.table import Table

OUTCOME = "outcome.csv"
HEADINGS = ["benchmark", "release", "against", "before", "after", "ratio", "renewals", "seconds"]


@dataclass(frozen=True)
class RacedCell:
    """``release`` and ``against`` are versions. ``before``, ``after``: seconds, the medians of the
    renewals' medians. ``ratio`` to ``p``: see RaceRatio. ``price``: seconds the cell cost in all, with
    every release and setup."""

    benchmark: str
    release: str
    against: str
    before: float
    after: float
    ratio: float
    low: float
    high: float
    p: float
    renewals: int
    price: float


def outcomes(race: Race, names: dict[str, str]) -> list[RacedCell]:
    """The outcomes, by benchmark and release; ``names``: the releases' versions by hash."""
    found = []
    for name in sorted(race.cells):
        cell = race.cells[name]
        price = sum(one.seconds.get(name, 0) for one in race.renewals)
        for a, b in neighbours(race, name):
            one = estimate(cell, a, b)
            if one.renewals:
                before, after = (float(np.median(cell.medians(release))) for release in (a, b))
                known = (name, names[b], names[a], before, after)
                found.append(RacedCell(*known, *one, round(price, 3)))
    return found


def save(race: Race, found: list[RacedCell]) -> None:
    """Write them beside the turns they follow from."""
    records = [
        {name: f"{one:.6g}" if isinstance(one, float) else one for name, one in vars(cell).items()}
        for cell in found
    ]
    headings = tuple(one.name for one in fields(RacedCell))
    Table(records, headings=headings).save(race.folder / OUTCOME)


def table(found: list[RacedCell]) -> Table:
    """The same for a person."""
    return Table([dict(zip(HEADINGS, _row(one), strict=True)) for one in found])


def _row(one: RacedCell) -> list[str]:
    times = [human_value(seconds, "seconds") for seconds in (one.before, one.after)]
    ratio = say_ratio(RaceRatio(one.ratio, one.low, one.high, one.p, one.renewals))
    return [
        *(one.benchmark, one.release, one.against, *times),
        *(ratio, str(one.renewals), f"{one.price:.0f}"),
    ]


def remarks(race: Race, names: dict[str, str], precision: float) -> Iterator[str]:
    """What a reader must know besides: what was not timed, and intervals wider than asked for."""
    yield from _untimed(race, names)
    wide = [
        name
        for name, cell in race.cells.items()
        if not all(estimate(cell, *pair).half_width <= precision for pair in neighbours(race, name))
    ]
    if wide:
        yield (
            f"{len(wide)} of {len(race.cells)} cells are known less exactly than ± {precision:.2%}: "
            "the same command with a longer --time-limit or more --renewals continues"
        )
    reached = {name for one in race.renewals for name in one.seconds}
    if missing := set(race.about.benchmarks) - reached:
        yield f"{len(missing)} cells were not reached in time: the same command continues"


def say_ratio(one: RaceRatio) -> str:
    """``1.104 [1.071, 1.138]``."""
    if one.renewals < 2:
        return f"{one.ratio:.3f} [?]"
    return f"{one.ratio:.3f} [{one.low:.3f}, {one.high:.3f}]"


def _untimed(race: Race, names: dict[str, str]) -> Iterator[str]:
    failed = False
    for (name, release), several in sorted(race.untimed.items()):
        last = race.without_a_time(name, release)
        what = f"{names[release]}, {name}"
        if failures := [one for one in several if one.kind == Whose.RELEASE]:
            word = "renewals" if failures[1:] else "renewal"
            where = f"{word} {', '.join(str(one.renewal) for one in failures)}"
            since = "" if last else ", and timed since"
            yield f"{what}: failed ({failures[-1].reason}) in {where}{since}"
        elif last:
            yield f"{what}: {last.kind} ({last.reason})"
        failed |= last is not None and last.kind == Whose.RELEASE
    if failed:
        yield "the same command tries again what failed, with more --renewals if all were taken"
