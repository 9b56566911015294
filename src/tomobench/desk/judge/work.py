"""Which change in Python function starts was ever seen in a race: where tiers.LEAST_WORK comes from.

    python -m tomobench.desk.judge.work [MACHINE]

prints every raced step between neighbours whose starts were counted too, the smallest change first.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tomobench.desk.judge import compare, noise, project
from tomobench.desk.judge.compare import NONE, WORSE
from tomobench.desk.judge.series import Series
from tomobench.desk.judge.subjects import place_of
from tomobench.desk.judge.tier import Tier
from tomobench.desk.judge.tiers import TIME, metric_of
from tomobench.desk.releases import lock


@dataclass(frozen=True, order=True)
class RacedStep:
    """A raced cell of a release and its neighbour: the share by which function starts changed, the
    ratio of times, and whether there were more starts and the race is sure that it was slower. (Fewer
    starts and faster came together in 3.1.4 alone, where a quadratic loop went, which is no start.)"""

    change: float
    time: float
    seen: bool
    release: str
    cell: str


def steps(several: Iterable[Series], main: list[str]) -> list[RacedStep]:
    """Every raced step between neighbours of ``main`` of which starts were counted, the smallest
    change in starts first."""
    several = list(several)
    starts = _starts(several)
    found = []
    for series in (one.of_releases(main) for one in several if one.race is not None):
        made = compare.with_the_one_before(series, noise.of(series, []))
        for row, column in np.argwhere(made.verdict != NONE):
            line, release = series.lines[row], series.releases[column]
            before = series.releases[made.before[row, column]]
            if main.index(before) + 1 != main.index(release) or metric_of(line).name != TIME:
                continue
            ends = [starts.get((series.volume, place_of(line), one)) for one in (before, release)]
            one, other = ends
            if one and other and one != other:
                change = other / one - 1
                seen = change > 0 and made.verdict[row, column] == WORSE
                ratio = float(made.ratio[row, column])
                found.append(RacedStep(change, ratio, bool(seen), release, line.name))
    return sorted(found, key=lambda one: abs(one.change))


def least_seen(found: Iterable[RacedStep]) -> float | None:
    """The least change in starts that a race ever saw, as a share; None if it saw none."""
    return min((abs(one.change) for one in found if one.seen), default=None)


def _starts(several: Iterable[Series]) -> dict[tuple[Any, ...], float]:
    """Function starts by volume, place and release."""
    return {
        (series.volume, place_of(line), release): float(value)
        for series in several
        for line, values in zip(series.lines, series.values)
        if metric_of(line).tier is Tier.WORK
        for release, value in zip(series.releases, values)
        if np.isfinite(value)
    }


def main(machine: str = "reference") -> None:
    """Print the steps, and the least change that was seen."""
    found = project.load(lock.find_root())
    hashes = [release.hash for release in found.history.branch("main")]
    several = steps(found.all_series(machine), hashes)
    for one in several:
        mark = "seen" if one.seen else ""
        print(f"{one.change:+8.1%}  time {one.time:6.2f}  {mark:4}  {one.release:8}  {one.cell}")
    print(f"the least change in starts that was seen: {least_seen(several):.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
