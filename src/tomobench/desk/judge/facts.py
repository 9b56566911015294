"""Facts: what a person would say of a release, from cells that moved together.

A fact is a release, what it was compared with, the accesses, and the metrics that moved on the same
cells; layouts, formats and volumes are folded into ranges. docs/facts.md says how, step by step.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tomobench.desk.judge import compare, tiers
from tomobench.desk.judge.findings import WORDS, Finding
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.series import Series
from tomobench.desk.judge.subjects import Subject, place_of
from tomobench.desk.judge.tier import Tier
from tomobench.desk.judge.tiers import HARMS, RAISES, Metric, makes_facts, metric_of

Key = tuple[Subject, str, str]
"""A cell as facts know it: subject, layout, volume."""

HUGE = np.log(100)
"""What a ratio to or from nothing counts for, to order facts: as a factor of a hundred."""


@dataclass(frozen=True)
class Moved:
    """A metric's cells that moved in one direction. ``compared``: how many were compared in all; at least
    those that moved, as a drift is looked for in other cells each time."""

    metric: Metric
    bad: bool
    cells: tuple[Finding, ...]
    compared: int

    @cached_property
    def ratios(self) -> tuple[float, float]:
        """The least and the greatest ratio, after / before; infinite from nothing."""
        found = [one.ratio for one in self.cells]
        return min(found), max(found)

    @cached_property
    def largest(self) -> Finding:
        """The cell that moved most."""
        return max(self.cells, key=weight)

    @property
    def count(self) -> int:
        """How many cells moved; what two suites measured is one."""
        return len({key_of(one) for one in self.cells})

    @property
    def layouts(self) -> int:
        """In how many layouts cells moved."""
        return len({place_of(one.line).layout for one in self.cells})

    @property
    def sure(self) -> dict[str, int]:
        """How many cells are exact, raced, or of one run each."""
        found = {"exact": 0, "raced": 0, "one run": 0}
        for one in self.cells:
            name = "exact" if one.kind is Kind.EXACT else "raced" if one.raced else "one run"
            found[name] += 1
        return {name: count for name, count in found.items() if count}


@dataclass(frozen=True)
class Fact:
    """``release`` and ``compared_with`` are hashes. ``subjects``: accesses, in shards or not.

    ``moved``: the metrics, those for the worse first. ``equal``: which of requests, bytes and voxels
    were compared on the same cells and stayed as they were.
    """

    release: str
    compared_with: str
    tier: Tier
    subjects: tuple[Subject, ...]
    moved: tuple[Moved, ...]
    equal: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[Finding, ...]:
        return tuple(one for moved in self.moved for one in moved.cells)

    @property
    def bad(self) -> bool:
        """Whether anything got worse."""
        return any(one.bad for one in self.moved)

    @property
    def acknowledged(self) -> str | None:
        """The reason, where all that got worse is acknowledged."""
        bad = [one for one in self.cells if one.bad]
        known = [one.acknowledged.reason for one in bad if one.acknowledged]
        return known[0] if known and len(known) == len(bad) else None

    @property
    def fails(self) -> bool:
        """Whether a gate on its tier fails by it."""
        return self.bad and not self.acknowledged

    @property
    def repaired(self) -> str | None:
        """The later release that undid it, where one undid all of it."""
        found = {one.repaired for one in self.cells if one.bad}
        return found.pop() if len(found) == 1 else None

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """The worse first, by tier, then by how near the metric is to the data, then by weight."""
        first = self.moved[0]
        total = sum(min(weight(one), HUGE) for one in first.cells)
        tier = list(Tier).index(self.tier)
        return not self.bad, tier, tiers.place_in_order(first.metric), -total, self.subjects


@dataclass(frozen=True)
class WrongFact:
    """Something *wrong* in a release, whatever the release before did.

    ``metric``: one of tiers.OF_WRONG. ``cells``: (layout, volume, wrong voxels or NaN) of each
    cell; ``compared``: how many cells of these subjects were checked. ``since``: the hash of the first
    release in a row that has it; ``lines``: the names of the benchmarks' lines that say so. ``unsafe``: why it is so by design, None where it is meant to be safe.
    """

    release: str
    subjects: tuple[Subject, ...]
    metric: Metric
    cells: tuple[tuple[str, str, float], ...]
    compared: int
    since: str
    lines: frozenset[str] = frozenset()
    unsafe: str | None = None
    acknowledged: str | None = None
    tier: Tier = Tier.WRONG
    bad: bool = True

    @property
    def fails(self) -> bool:
        """Whether a gate fails by it."""
        return not (self.unsafe or self.acknowledged)


@dataclass(frozen=True)
class SmallWork:
    """Changes in Python's work (function starts, modules) too small to matter: the least and greatest ratio, and how many."""

    release: str
    cells: tuple[Finding, ...]

    @property
    def ratios(self) -> tuple[float, float]:
        found = [one.ratio for one in self.cells]
        return min(found), max(found)


@dataclass
class Tally:
    """What was compared between two releases: cells by subject and metric, and how each came out.

    ``verdicts``: {metric: {cell: whether it changed}}.
    """

    verdicts: dict[str, dict[Key, bool]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, metric: str, key: Key, changed: bool) -> None:
        """One comparison: a cell has changed where it did in any of its lines."""
        if changed:
            self.verdicts[metric][key] = True
        else:
            self.verdicts[metric].setdefault(key, False)

    def count(self, subjects: Iterable[Subject], metric: str) -> int:
        """How many cells of these subjects were compared."""
        wanted = set(subjects)
        return sum(subject in wanted for subject, *_ in self.verdicts.get(metric, ()))

    def same(self, metrics: Iterable[str], keys: set[Key]) -> bool:
        """Whether any of these cells was compared in these metrics, and none changed."""
        found = [
            changed
            for metric in metrics
            for key, changed in self.verdicts.get(metric, {}).items()
            if key in keys
        ]
        return bool(found) and not any(found)


def fold(
    release: str,
    compared_with: str,
    findings: Iterable[Finding],
    compared: Tally,
    voxels_right: bool,
) -> tuple[list[Fact], SmallWork | None]:
    """The facts of one release against one other, in the order to be told, and the small work.

    What is wrong is no change: WrongFact tells it. But that no one release is to blame for a call that raises is told
    here, for it is wrong by what it was before.
    """
    cells = [one for one in findings if makes_facts(one.line) and one.change != "fails"]
    small = tuple(one for one in cells if _is_small_work(one))
    cells = [one for one in cells if metric_of(one.line).tier is not Tier.WRONG or _is_apart(one)]
    found = [
        _fact(release, compared_with, group, compared, voxels_right)
        for group in _groups(one for one in cells if not _is_small_work(one))
    ]
    return sorted(found, key=lambda one: one.sort_key), SmallWork(release, small) if small else None


def weight(one: Finding) -> float:
    """|ln(ratio)|, infinite to or from nothing."""
    with np.errstate(divide="ignore"):
        return float(abs(np.log(one.ratio)))


def key_of(one: Finding) -> Key:
    """The cell of a finding."""
    place = place_of(one.line)
    return place.subject, place.layout, one.series.volume


def _is_apart(one: Finding) -> bool:
    return _metric(one) is RAISES and not one.attributable


def _metric(one: Finding) -> Metric:
    """What moved: of a call that raises where it worked, that."""
    harm = HARMS.get(one.line.unit)
    raises = harm is not None and one.change == WORDS[compare.WORSE] and one.after == harm.raised
    return RAISES if raises else metric_of(one.line)


def _is_small_work(one: Finding) -> bool:
    small = abs(one.ratio - 1) < tiers.LEAST_WORK
    return small and metric_of(one.line).tier is Tier.WORK


Direction = tuple[str, bool]
"""A metric's name, and whether it got worse."""


def _groups(cells: Iterable[Finding]) -> list[dict[Direction, list[Finding]]]:
    """Findings that make a fact together.

    Within a subject the cells with the same metrics, moved the same way; a cell with some of these
    metrics joins one with more. Then subjects with the same metrics are one.
    """
    by_subject: dict[tuple[Any, ...], dict[Key, list[Finding]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for one in cells:
        key = key_of(one)
        by_subject[key[0], _metric(one).tier][key].append(one)
    merged: dict[tuple[Any, ...], dict[Direction, list[Finding]]] = {}
    for (subject, tier), found in by_subject.items():
        for signature, several in _signatures(found).items():
            group = merged.setdefault((tier, subject.place, signature), defaultdict(list))
            for one in several:
                group[_direction(one)].append(one)
    return list(merged.values())


def _signatures(cells: dict[Key, list[Finding]]) -> dict[frozenset[Direction], list[Finding]]:
    found: dict[frozenset[Direction], list[Finding]] = defaultdict(list)
    for several in cells.values():
        names = {_metric(one).name for one in several}
        told = [one for one in several if not names & set(_metric(one).part_of)]
        found[frozenset(_direction(one) for one in told)] += told
    largest = sorted(found, key=lambda one: (-len(one), sorted(one)))
    joined: dict[frozenset[Direction], list[Finding]] = {}
    for signature in largest:
        home = next((one for one in joined if signature <= one), signature)
        joined.setdefault(home, []).extend(found[signature])
    return joined


def _direction(one: Finding) -> Direction:
    return _metric(one).name, one.bad


def _fact(
    release: str,
    compared_with: str,
    group: dict[Direction, list[Finding]],
    compared: Tally,
    voxels_right: bool,
) -> Fact:
    cells = [one for several in group.values() for one in several]
    subjects = tuple(sorted({place_of(one.line).subject for one in cells}))
    moved = [
        Moved(
            _metric(several[0]),
            bad,
            tuple(several),
            max(_counted(compared, subjects, several), len(set(map(key_of, several)))),
        )
        for (_, bad), several in group.items()
    ]
    moved.sort(key=lambda one: (not one.bad, tiers.place_in_order(one.metric)))
    keys = {key_of(one) for one in cells}
    names = {one.metric.name for one in moved}
    equal = [
        word
        for word, metrics in (
            ("requests", (tiers.REQUESTS,)),
            ("bytes", tiers.BYTES),
        )
        if not names & set(metrics) and compared.same(metrics, keys)
    ]
    equal += ["voxels"] if voxels_right else []
    tier = moved[0].metric.tier
    return Fact(release, compared_with, tier, subjects, tuple(moved), tuple(equal))


def _counted(compared: Tally, subjects: Iterable[Subject], cells: Iterable[Finding]) -> int:
    """How many cells of these subjects were compared, in what these are figures of."""
    return sum(
        compared.count(subjects, name) for name in {metric_of(one.line).name for one in cells}
    )


def compared_cells(
    series: Series, made: compare.Compared, rows: Iterable[int], columns: list[int]
) -> Iterator[tuple[int, int, str, Key, bool]]:
    """(column, column compared with, metric's name, cell, whether it changed) of each comparison."""
    verdicts, before = made.verdict[:, columns].tolist(), made.before[:, columns].tolist()
    for row in rows:
        line = series.lines[row]
        if not makes_facts(line):
            continue
        place, metric = place_of(line), metric_of(line).name
        key = (place.subject, place.layout, series.volume)
        for column, verdict, other in zip(columns, verdicts[row], before[row]):
            if verdict != compare.NONE:
                yield column, other, metric, key, verdict != compare.SAME
