"""What is *wrong* in a release: voxels lost, and calls that raise. Absolute: never a ratio."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

import numpy as np

from tomobench.desk.arrays import Array
from tomobench.desk.judge import compare, tiers
from tomobench.desk.judge.acknowledged import Acknowledgement
from tomobench.desk.judge.facts import Key, WrongFact
from tomobench.desk.judge.series import FAILED, MEASURED, Series
from tomobench.desk.judge.subjects import Subject, place_of
from tomobench.desk.judge.tiers import HARMS, RAISES, where_raised, where_wrong

What = tuple[str, Subject]
"""A metric's name, and a subject."""


@dataclass
class _Bad:
    """What one release did wrong: cells with wrong voxels (NaN: not counted), and the lines they come from."""

    cells: dict[What, dict[Key, float]] = field(default_factory=lambda: defaultdict(dict))
    lines: dict[What, set[str]] = field(default_factory=lambda: defaultdict(set))


@dataclass
class _Found:
    """``bad``: by release (hash). ``tried``: of each cell, the releases that it was tried with, as a number with
    a bit for each (``bits``). ``beside``: releases that others are told nothing of."""

    bad: dict[str, _Bad] = field(default_factory=lambda: defaultdict(_Bad))
    tried: dict[What, dict[Key, int]] = field(default_factory=lambda: defaultdict(dict))
    bits: dict[str, int] = field(default_factory=dict)
    beside: Set[str] = frozenset()

    def bit(self, release: str) -> int:
        """The bit of a release."""
        return self.bits.setdefault(release, 1 << len(self.bits))

    def note_tried(self, what: What, key: Key, releases: int) -> None:
        """A cell was tried with these releases."""
        self.tried[what][key] = self.tried[what].get(key, 0) | releases

    def note_bad(self, release: str, what: What, key: Key, count: float, line: str) -> None:
        """A release did so many voxels of a cell wrong, says this line."""
        bad = self.bad[release]
        cells = bad.cells[what]
        cells[key] = max(cells.get(key, count), count)
        bad.lines[what].add(line)

    def cells_tried(self, release: str, whats: Iterable[What]) -> set[Key]:
        """The cells that were tried with a release."""
        bit = self.bit(release)
        return {key for one in whats for key, of in self.tried[one].items() if of & bit}

    def since(self, release: str, what: What, main: list[str]) -> str:
        """The first of the releases in a row up to this one that have it; one that did not try it is passed over."""
        first, tried = release, reduce(or_, self.tried[what].values(), 0)
        before = main[: main.index(release)] if release in main else []
        for earlier in (one for one in reversed(before) if one not in self.beside):
            if earlier in self.bad and what in self.bad[earlier].cells:
                first = earlier
            elif tried & self.bit(earlier):
                break
        return first


def of(
    several: Iterable[Series],
    main: list[str],
    accepted: list[Acknowledgement],
    unsafe: dict[str, str] | None = None,
    anew: Iterable[Array] | None = None,
    beside: Set[str] = frozenset(),
) -> dict[str, list[WrongFact]]:
    """What is wrong in each release, by hash, in every one that has it.

    ``main``: the hashes of the branch, in order. ``unsafe``: as tiers.UNSAFE_WAYS, its default. ``anew``: of each
    series what :func:`newly_raised` finds; nowhere without it. ``beside``: as wheels of one's own, in no row of releases.
    """
    unsafe = tiers.UNSAFE_WAYS if unsafe is None else unsafe
    found = _Found(beside=beside)
    nowhere: Iterable[Array | None] = itertools.repeat(None)
    for series, raised in zip(several, nowhere if anew is None else anew):
        _collect(series, found, raised)
    return {release: _facts(release, found, main, accepted, unsafe) for release in list(found.bad)}


def voxels_right(several: Iterable[Series]) -> dict[str, bool]:
    """Of each release of which voxels were checked, whether none was wrong and nothing raised."""
    found: dict[str, bool] = {}
    for series in several:
        lines = [line.benchmark.startswith("correctness.") for line in series.lines]
        states, values = series.states[lines], series.values[lines]
        bad = (states == FAILED) | ((states == MEASURED) & (values > 0))
        checked = bad | (states == MEASURED)
        for column in np.flatnonzero(checked.any(axis=0)):
            release = series.releases[column]
            found[release] = found.get(release, True) and not bad[:, column].any()
    return found


def newly_raised(series: Series, compared: compare.Compared, neighbours: Array) -> Array:
    """Cells whose figure says that a call raised, where the release compared with says that it worked: (lines,
    releases). ``neighbours``: the column whose changes each release is to blame for, -1 for none."""
    raised = where_raised([line.unit for line in series.lines], series.values)
    found: Array = (
        raised & (compared.verdict == compare.WORSE) & (compared.before == neighbours[None, :])
    )
    return found


def _collect(series: Series, found: _Found, raised: Array | None) -> None:
    failed = series.states == FAILED
    harms = [HARMS.get(line.unit) for line in series.lines]
    wrong = where_wrong([line.unit for line in series.lines], series.values)
    if raised is not None:
        failed |= raised
    subjects = {place_of(series.lines[row]).subject for row in np.flatnonzero(failed.any(axis=1))}
    subjects |= {place_of(series.lines[row]).subject for row in np.flatnonzero(wrong.any(axis=1))}
    bits = [found.bit(release) for release in series.releases]
    tried = (failed | series.measured).tolist()
    for row, (line, harm) in enumerate(zip(series.lines, harms)):
        place = place_of(line)
        if place.subject not in subjects:
            continue
        key = (place.subject, place.layout, series.volume)
        releases = sum(bit for bit, there in zip(bits, tried[row]) if there)
        raises = RAISES.name, place.subject
        found.note_tried(raises, key, releases)
        for column in np.flatnonzero(failed[row]):
            found.note_bad(series.releases[column], raises, key, math.nan, line.name)
        if harm is None:
            continue
        what = harm.metric.name, place.subject
        found.note_tried(what, key, releases)
        for column in np.flatnonzero(wrong[row]):
            count = float(series.values[row, column]) if harm.counts else math.nan
            found.note_bad(series.releases[column], what, key, count, line.name)


def _facts(
    release: str,
    found: _Found,
    main: list[str],
    accepted: list[Acknowledgement],
    unsafe: dict[str, str],
) -> list[WrongFact]:
    groups: dict[tuple[Any, ...], list[Subject]] = defaultdict(list)
    for name, subject in sorted(found.bad[release].cells):
        why = unsafe.get(subject.access)
        # What is by design is told once, whenever each of its ways was first tried.
        since = found.since(release, (name, subject), main) if why is None else None
        groups[name, subject.place, why, since].append(subject)
    facts = [
        _fact(release, found, name, subjects, since or release, why, accepted)
        for (name, _, why, since), subjects in groups.items()
    ]
    return sorted(facts, key=lambda fact: (not fact.fails, tiers.OF_WRONG.index(fact.metric)))


def _fact(
    release: str,
    found: _Found,
    name: str,
    subjects: list[Subject],
    since: str,
    why: str | None,
    accepted: list[Acknowledgement],
) -> WrongFact:
    bad, whats = found.bad[release], [(name, subject) for subject in subjects]
    cells = tuple(
        (layout, volume, count)
        for what in whats
        for (_, layout, volume), count in sorted(bad.cells[what].items())
    )
    checked = found.cells_tried(release, whats)
    lines = frozenset(line for what in whats for line in bad.lines[what])
    metric = next(one for one in tiers.OF_WRONG if one.name == name)
    reason = _reason(release, lines, accepted)
    return WrongFact(
        release, tuple(subjects), metric, cells, len(checked), since, lines, why, reason
    )


def _reason(release: str, lines: frozenset[str], accepted: list[Acknowledgement]) -> str | None:
    """The reason, where every line is acknowledged."""
    reasons = [
        next((one.reason for one in accepted if one.covers(release, name)), None)
        for name in sorted(lines)
    ]
    return reasons[0] if all(reasons) else None
