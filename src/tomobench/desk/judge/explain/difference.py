"""Two profiles of a cell, and what is different: functions, requests, memory. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tomobench.desk.judge.explain.cells import Cell
from tomobench.desk.judge.kinds import differs

LISTED = ("zarr", "numcodecs", "fsspec")
"""The packages whose functions are told one by one; those of all others are told as a sum."""


class Mark(StrEnum):
    """What became of a function, or of requests of a kind; empty where there were some before and after."""

    CHANGED = ""
    NEW = "new"
    VANISHED = "vanished"
    RENAMED = "renamed"
    MERGED = "merged"
    SPLIT = "split"


Name = tuple[str, str]
"""A function's file and qualified name: what its starts are summed by, as lines move between releases."""


@dataclass(frozen=True)
class FunctionChange:
    """A function that starts ``after`` times where it started ``before``. ``line``: its first one, in the newer side
    that has it. ``was``: its file and name before it was renamed or moved."""

    file: str
    name: str
    line: int
    before: int
    after: int
    mark: Mark = Mark.CHANGED
    was: tuple[str, str] | None = None

    @property
    def difference(self) -> int:
        return self.after - self.before


@dataclass(frozen=True)
class RequestChange:
    """Requests of a kind for keys of a pattern. ``before`` and ``after``: how many; ``sizes``: the least and the most
    bytes of one, before and after; ``in_all``: those of all, None where an
    earlier tomobench did not keep them. ``absent``: that found no such object."""

    kind: str
    pattern: str
    absent: bool
    before: int
    after: int
    sizes: tuple[tuple[int, int], tuple[int, int]]
    mark: Mark
    in_all: tuple[int, int] | None = None

    @property
    def difference(self) -> int:
        return self.after - self.before


@dataclass(frozen=True)
class HeldChange:
    """Bytes that the lines of a function hold at the peak. ``line``: the one that holds most, in the newer side."""

    file: str
    name: str
    line: int
    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before


@dataclass(frozen=True)
class MemoryChange:
    """``before`` and ``after``: bytes at the peak. ``at``: the line reached then on either side (file, function, line).

    ``held``: the functions whose lines hold another amount then, the largest difference first.
    """

    before: int
    after: int
    at: tuple[tuple[str, str, int], tuple[str, str, int]]
    held: tuple[HeldChange, ...]


@dataclass(frozen=True)
class Explanation:
    """Why the counts of a cell changed. ``before`` and ``after``: function starts in all, as counts has them; None where
    the access is too slow to be watched. ``others``: the difference in functions of other packages than LISTED.

    The differences of ``functions``, ``rest`` (of those that were not kept) and ``others`` add up to that of the count.
    ``units``: how many calls, chunks, objects and requests the access has; ``peaks``: bytes, as counts has them. ``memory``: None where the peak is the same.
    """

    cell: Cell
    units: Mapping[str, int]
    before: int | None
    after: int | None
    functions: tuple[FunctionChange, ...]
    others: int
    requests: tuple[RequestChange, ...]
    peaks: tuple[int, int] | None
    memory: MemoryChange | None = None
    rest: int = 0

    @property
    def difference(self) -> int:
        """By how much the count of function starts changed."""
        return (self.after or 0) - (self.before or 0)

    @property
    def changed(self) -> bool:
        return bool(
            self.difference or self.others or self.functions or self.requests or self.memory
        )

    @property
    def listed(self) -> int:
        """What the listed differences add up to: that of the count."""
        return sum(one.difference for one in self.functions) + self.rest + self.others


def explain(
    cell: Cell,
    before: dict[str, Any],
    after: dict[str, Any],
    called: Mapping[Name, Name] | None = None,
) -> Explanation:
    """Why a cell's counts changed, from the profiles of both sides; memory is not looked at.

    ``called``: what :func:`renamed` finds in the profiles of all cells; of this one alone without it.
    """
    watched = "starts" in before and "starts" in after
    called = renamed([before], [after]) if called is None else called
    functions: Iterable[FunctionChange] = ()
    others = 0
    if watched:
        functions, others = compare_starts(before["starts"], after["starts"], called)
    return Explanation(
        cell,
        {**after["units"], "requests": sum(one[3] for one in after["requests"])},
        sum(one["starts"] for one in before["starts"]) if watched else None,
        sum(one["starts"] for one in after["starts"]) if watched else None,
        tuple(functions),
        others,
        tuple(compare_requests(before["requests"], after["requests"])),
        (before["peak"], after["peak"]) if watched else None,
    )


def other_peak(one: Explanation) -> bool:
    """Whether the peaks differ by more than those of equal code do."""
    if one.peaks is None:
        return False
    before, after = one.peaks
    return differs("track_peak_memory", before, after)


@dataclass
class _Summed:
    line: int
    starts: int
    bodies: set[str]


def compare_starts(
    before: list[dict[str, Any]], after: list[dict[str, Any]], called: Mapping[Name, Name]
) -> tuple[list[FunctionChange], int]:
    """The functions of LISTED packages that start more or less often, most first; the difference of all others.

    ``called``: what functions were called before, by their names now.
    """
    (old, other_old), (new, other_new) = _summed(before), _summed(after)
    here = {name: was for name, was in called.items() if name in new and was in old}
    gone = set(here.values())
    found = []
    for name, one in new.items():
        was = here.get(name)
        earlier = old.get(was or name)
        number = earlier.starts if earlier else 0
        mark = Mark.RENAMED if was else Mark.CHANGED if earlier else Mark.NEW
        if mark is not Mark.CHANGED or number != one.starts:
            found.append(FunctionChange(*name, one.line, number, one.starts, mark, was))
    for name, one in old.items():
        if name not in new and name not in gone:
            found.append(FunctionChange(*name, one.line, one.starts, 0, Mark.VANISHED))
    # Those that started first come first among equals: a caller before what it calls.
    return sorted(found, key=lambda one: -abs(one.difference)), other_new - other_old


def _summed(starts: list[dict[str, Any]]) -> tuple[dict[Name, _Summed], int]:
    found: dict[Name, _Summed] = {}
    others = 0
    for one in starts:
        if one["file"].split("/")[0] not in LISTED:
            others += one["starts"]
            continue
        mine = found.setdefault((one["file"], one["name"]), _Summed(one["line"], 0, set()))
        mine.line = min(mine.line, one["line"])
        mine.starts += one["starts"]
        mine.bodies.add(one["body"])
    return found, others


def renamed(before: Iterable[dict[str, Any]], after: Iterable[dict[str, Any]]) -> dict[Name, Name]:
    """What functions were called before, by their names now, from the profiles of several cells on both sides.

    What one cell no longer starts and another does is not gone: so all cells are looked at together.
    """
    old, new = (
        _summed([one for profile in side for one in profile.get("starts", ())])[0]
        for side in (before, after)
    )
    return dict(_renamed(old, new))


def _renamed(old: dict[Name, _Summed], new: dict[Name, _Summed]) -> Iterator[tuple[Name, Name]]:
    """(name now, name before) of functions that do the same under another name; then of those that moved to
    another file of their package. One that could be several is none."""
    vanished = {name: one for name, one in old.items() if name not in new}
    arrived = {name: one for name, one in new.items() if name not in old}
    for key in (_body, _moved):
        now = _unique(arrived, key)
        for said, was in _unique(vanished, key).items():
            if said in now:
                yield now[said], was
                del vanished[was], arrived[now[said]]


def _unique(
    functions: dict[Name, _Summed], key: Callable[[Name, _Summed], tuple[Any, ...]]
) -> dict[tuple[Any, ...], Name]:
    said = Counter(key(name, one) for name, one in functions.items())
    return {key(name, one): name for name, one in functions.items() if said[key(name, one)] == 1}


def _body(name: Name, one: _Summed) -> tuple[Any, ...]:
    return tuple(sorted(one.bodies))


def _moved(name: Name, one: _Summed) -> tuple[Any, ...]:
    return name[0].split("/")[0], name[1]


def compare_requests(before: list[Any], after: list[Any]) -> list[RequestChange]:
    """The kinds of request that are made more or less often, or of other sizes; most first."""
    old, new = _by_group(before), _by_group(after)
    found = []
    for group in dict.fromkeys([*new, *old]):
        was, now = old.get(group, _NONE), new.get(group, _NONE)
        if was != now:
            sizes, in_all = (was.sizes, now.sizes), (was.in_all, now.in_all)
            change = RequestChange(*group, was.number, now.number, sizes, _became(was, now), in_all)
            found.append(change)
    return sorted(found, key=lambda one: -abs(one.difference))


@dataclass(frozen=True)
class _Asked:
    """How many requests of a group, their bytes in all, and the least and most of one."""

    number: int
    in_all: int
    sizes: tuple[int, int]


_NONE = _Asked(0, 0, (0, 0))


def _by_group(requests: list[Any]) -> dict[tuple[str, str, bool], _Asked]:
    """By kind, pattern without the store's own name, and whether there was no such object."""
    found: dict[tuple[str, str, bool], _Asked] = {}
    for kind, pattern, absent, number, in_all, least, most in requests:
        group = kind, pattern.partition("/")[2] or pattern, absent
        known = found.get(group, _Asked(0, 0, (least, most)))
        sizes = min(known.sizes[0], least), max(known.sizes[1], most)
        found[group] = _Asked(known.number + number, known.in_all + in_all, sizes)
    return found


def _became(was: _Asked, now: _Asked) -> Mark:
    if not was.number:
        return Mark.NEW
    if not now.number:
        return Mark.VANISHED
    if now.number < was.number and was.in_all and now.in_all >= was.in_all:
        return Mark.MERGED
    if now.number > was.number and now.in_all and now.in_all <= was.in_all:
        return Mark.SPLIT
    return Mark.CHANGED


def compare_memory(before: dict[str, Any], after: dict[str, Any]) -> MemoryChange:
    """What holds another amount at the peak."""
    old, new = _held(before), _held(after)
    found = []
    for name in dict.fromkeys([*new, *old]):
        was, now = (sum(one.get(name, {}).values()) for one in (old, new))
        if was != now:
            lines = new.get(name) or old[name]
            found.append(HeldChange(*name, max(lines, key=lines.__getitem__), was, now))
    found.sort(key=lambda one: -abs(one.difference))
    file, name, line = before["at"]
    return MemoryChange(
        before["most"], after["most"], ((file, name, line), tuple(after["at"])), tuple(found)
    )


def _held(profile: dict[str, Any]) -> dict[Name, dict[int, int]]:
    found: dict[Name, dict[int, int]] = {}
    for file, name, line, size in profile["lines"]:
        found.setdefault((file, name), {})[line] = size
    return found
