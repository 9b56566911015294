"""Bisection over a line of commits: where a value changed, once or several times. Pure."""

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tomobench.desk.judge.kinds import differs
from tomobench.desk.judge.tiers import HARMS
from tomobench.desk.measure.cells import COUNTED, CellValue
from tomobench.desk.releases.commits import Unbuildable

SMALL = 0.2
"""The share of the whole change below which a stretch that holds a change is not looked into: it is told as it is.
Function starts change by one or two in every third commit."""

Differing = Callable[[CellValue, CellValue], bool]
"""Whether two values differ."""


@dataclass(frozen=True)
class ValueChange:
    """Between two places of the line, ``first`` and ``last``, the value changed from ``before`` to ``after``.

    ``skipped``: the places between them, none of which could be built; where there are none, ``last`` did it.
    """

    first: int
    last: int
    before: CellValue
    after: CellValue
    skipped: tuple[int, ...] = ()

    @property
    def weight(self) -> float:
        """How much it is: |ln(after / before)|, infinite where one is nothing or no number."""
        return weight(self.before, self.after)


@dataclass(frozen=True)
class Bisected:
    """``changes``: each of one commit, or of those that can't be built, the largest first; ``small``: stretches in
    which the value changed by less than SMALL of the whole; ``unbuildable``: places, and why."""

    changes: list[ValueChange]
    small: list[ValueChange]
    unbuildable: dict[int, str]


def weight(before: CellValue, after: CellValue) -> float:
    """|ln(after / before)|; infinite where one is zero alone, or is no number alone."""
    if before.state != COUNTED or after.state != COUNTED:
        return 0.0 if before.state == after.state else math.inf
    if before.value == after.value:
        return 0.0
    if before.value <= 0 or after.value <= 0:
        return math.inf
    return abs(math.log(after.value / before.value))


def shares(changes: Sequence[ValueChange]) -> list[float]:
    """The share of each in all of them: as |ln ratio|; where one is from or to nothing, as difference; and where one is
    of no number, in equal parts of those."""
    weights = [one.weight for one in changes]
    values = [value for one in changes for value in (one.before, one.after)]
    if math.inf in weights and all(value.state == COUNTED for value in values):
        weights = [abs(one.after.value - one.before.value) for one in changes]
    if math.inf in weights:
        weights = [float(one == math.inf) for one in weights]
    whole = sum(weights) or 1.0
    return [one / whole for one in weights]


def differ(benchmark: str, unit: str) -> Differing:
    """Whether two values of a benchmark differ by more than it does from run to run.

    How many voxels are lost depends on which of zarr's writers came first: lost or not is all that can differ.
    """
    harm = HARMS.get(unit)

    def differing(one: CellValue, other: CellValue) -> bool:
        if one.state != COUNTED or other.state != COUNTED:
            return one.state != other.state
        if harm and harm.counts:
            return harm.is_wrong(one.value) != harm.is_wrong(other.value)
        return differs(benchmark, one.value, other.value)

    return differing


def search(
    last: int,
    measure: Callable[[int], CellValue],
    differing: Differing,
) -> Bisected:
    """The changes between places 0 and ``last``, whose values differ.

    The stretch with the largest change is halved first. A value that equals neither end leaves two stretches.
    ``measure`` raises Unbuildable: then the place next to the middle is taken.
    """
    ends = measure(0), measure(last)
    whole = weight(*ends)
    # Beside a failure no number is large; from nothing on, every one is.
    failed = any(one.state != COUNTED for one in ends)
    least = math.inf if failed else 0 if math.isinf(whole) else SMALL * whole
    stretches = [(-whole, 0, last, *ends)]
    found = Bisected([], [], {})
    while stretches:
        size, low, high, before, after = heapq.heappop(stretches)
        if found.changes and -size < least:
            found.small.append(ValueChange(low, high, before, after))
            continue
        if (middle := _middle(low, high, measure, found.unbuildable)) is None:
            skipped = tuple(range(low + 1, high))
            found.changes.append(ValueChange(low, high, before, after, skipped))
            continue
        value = measure(middle)
        for one, other, start, end in ((low, middle, before, value), (middle, high, value, after)):
            if differing(start, end):
                heapq.heappush(stretches, (-weight(start, end), one, other, start, end))
    found.changes.sort(key=lambda one: (-one.weight, one.first))
    found.small.sort(key=lambda one: one.first)
    return found


def _middle(
    low: int, high: int, measure: Callable[[int], CellValue], unbuildable: dict[int, str]
) -> int | None:
    """The place nearest to the middle that can be built; None if none between the two can."""
    places = sorted(range(low + 1, high), key=lambda n: abs(2 * n - low - high))
    for place in places:
        if place in unbuildable:
            continue
        try:
            measure(place)
        except Unbuildable as error:
            unbuildable[place] = str(error)
        else:
            return place
    return None


def steps(
    values: Sequence[CellValue | None], differing: Differing
) -> Iterator[tuple[int, int, CellValue]]:
    """Runs of equal values along a line: (first place, last place, value); what is None is passed over."""
    begun: tuple[int, int, CellValue] | None = None
    for place, value in enumerate(values):
        if value is None:
            continue
        if begun is not None and not differing(begun[2], value):
            begun = begun[0], place, begun[2]
            continue
        if begun is not None:
            yield begun
        begun = place, place, value
    if begun is not None:
        yield begun
