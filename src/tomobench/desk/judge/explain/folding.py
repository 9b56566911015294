"""Explanations of an access in several layouts as one: each change per chunk, request or call. Pure."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tomobench.desk.judge.explain.difference import Explanation, FunctionChange, RequestChange

UNITS = {"chunks": "a chunk", "objects": "an object", "requests": "a request", "calls": "a call"}
"""What a difference may be per, and how that is said. The first that fits all layouts is told."""


@dataclass(frozen=True)
class Folded[Change]:
    """A change of one thing in several layouts. ``sample``: in the layout where it is largest. ``total``: the sum of
    its differences; ``cells``: in how many layouts it changed. ``per``: "+2 a chunk", empty where nothing fits."""

    sample: Change
    total: int
    cells: int
    per: str


@dataclass(frozen=True)
class FoldedAccess:
    """An access, its layouts folded. ``explained``: its cells; ``functions`` and ``requests``: the largest first.

    ``starts_others``: whether other functions start in any of them, those of other packages too.
    """

    name: str
    explained: tuple[Explanation, ...]
    functions: tuple[Folded[FunctionChange], ...]
    requests: tuple[Folded[RequestChange], ...]
    starts_others: bool

    @property
    def changed(self) -> bool:
        return any(one.changed for one in self.explained)

    @property
    def largest(self) -> Explanation:
        """The cell whose count of function starts changed most; among equals the one with most requests more."""
        return max(self.explained, key=lambda one: (abs(one.difference), len(one.requests)))

    @property
    def memory(self) -> Explanation | None:
        """The cell whose peak changed most; None where none did."""
        found = [one for one in self.explained if one.memory]
        return max(found, key=_peak_change, default=None)


def _peak_change(one: Explanation) -> int:
    before, after = one.peaks or (0, 0)
    return abs(after - before)


def fold(explained: Iterable[Explanation]) -> list[FoldedAccess]:
    """The accesses of explanations, in their order."""
    by_access: dict[str, list[Explanation]] = {}
    for one in explained:
        by_access.setdefault(one.cell.access, []).append(one)
    return [_access(name, several) for name, several in by_access.items()]


def _access(name: str, several: list[Explanation]) -> FoldedAccess:
    return FoldedAccess(
        name,
        tuple(several),
        tuple(_folded(several, lambda one: one.functions, _function_key)),
        tuple(_folded(several, lambda one: one.requests, _request_key)),
        any(one.functions or one.rest or one.others for one in several),
    )


def _function_key(one: FunctionChange) -> Hashable:
    return one.file, one.name, one.was


def _request_key(one: RequestChange) -> Hashable:
    return one.kind, one.pattern, one.absent


def _folded[Change: (FunctionChange, RequestChange)](
    several: list[Explanation],
    of: Callable[[Explanation], Sequence[Change]],
    key: Callable[[Change], Hashable],
) -> list[Folded[Change]]:
    groups: dict[Hashable, list[tuple[Explanation, Change]]] = {}
    for explanation in several:
        for one in of(explanation):
            groups.setdefault(key(one), []).append((explanation, one))
    found = [_one(group) for group in groups.values()]
    return sorted(found, key=lambda one: -abs(one.total))


def _one[Change: (FunctionChange, RequestChange)](
    group: list[tuple[Explanation, Change]],
) -> Folded[Change]:
    sample = max(group, key=lambda one: abs(one[1].difference))[1]
    total = sum(one.difference for _, one in group)
    return Folded(sample, total, len(group), _per([(e.units, c.difference) for e, c in group]))


def _per(found: list[tuple[Mapping[str, int], int]]) -> str:
    """What a difference is per, if it is the same in all layouts: of one unit, or of chunks and calls together."""
    if not any(difference for _, difference in found):
        return ""
    for unit, said in UNITS.items():
        if unit != "calls" and (all(number[unit] <= 1 for number, _ in found) or _opens(found)):
            continue
        shares = {
            difference / number[unit] if number[unit] else None for number, difference in found
        }
        if len(shares) == 1 and (share := shares.pop()) is not None and share == int(share):
            return f"{int(share):+,} {said}"
    for unit in list(UNITS)[:-1]:
        if (both := _two(found, unit)) is not None:
            return f"{both[0]:+,} {UNITS[unit]}, {both[1]:+,} {UNITS['calls']}"
    return ""


def _opens(found: list[tuple[Mapping[str, int], int]]) -> bool:
    """Whether no chunk is met: an opening's requests are few, and none is like another."""
    return not any(number["chunks"] for number, _ in found)


def _two(found: list[tuple[Mapping[str, int], int]], unit: str) -> tuple[int, int] | None:
    """(a, b), where a difference is a times the unit and b times the calls in all of three and more layouts."""
    places = sorted({(one[unit], one["calls"], difference) for one, difference in found})
    if len(places) < 3:
        return None
    (m, c, d), (n, e, f) = places[0], places[-1]
    if not (scale := m * e - n * c):
        return None
    a, b = (d * e - f * c) / scale, (m * f - n * d) / scale
    fits = all(a * one + b * calls == difference for one, calls, difference in places)
    return (int(a), int(b)) if fits and a and b and a == int(a) and b == int(b) else None
