"""What is *wrong* in a release: voxels lost, and calls that raise. Absolute: never a ratio."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tomobench.desk.arrays import Array
from tomobench.desk.judge import tiers
from tomobench.desk.judge.acknowledged import Acknowledgement
from tomobench.desk.judge.facts import Key, WrongFact
from tomobench.desk.judge.series import FAILED, MEASURED, Series
from tomobench.desk.judge.subjects import Subject, place_of
from tomobench.desk.judge.tiers import HARMS, RAISES, Harm, Metric


@dataclass
class _Found:
    """What one release did: ``bad`` cells with wrong voxels (NaN: not counted), and the lines they
    come from; ``checked``: all cells tried; both by metric's name and subject."""

    bad: dict[tuple[str, Subject], dict[Key, float]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    lines: dict[tuple[str, Subject], set[str]] = field(default_factory=lambda: defaultdict(set))
    checked: dict[tuple[str, Subject], set[Key]] = field(default_factory=lambda: defaultdict(set))


def of(
    several: Iterable[Series],
    main: list[str],
    accepted: list[Acknowledgement],
    unsafe: dict[str, str] | None = None,
) -> dict[str, list[WrongFact]]:
    """What is wrong in each release, by hash, in every one that has it.

    ``main``: the hashes of the branch, in order. ``unsafe``: as tiers.UNSAFE_WAYS, its default.
    """
    unsafe = tiers.UNSAFE_WAYS if unsafe is None else unsafe
    found: dict[str, _Found] = defaultdict(_Found)
    for series in several:
        _collect(series, found, main)
    return {
        release: _facts(release, found, main, accepted, unsafe)
        for release in found
        if found[release].bad
    }


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


def _collect(series: Series, found: dict[str, _Found], main: list[str]) -> None:
    failed = series.states == FAILED
    harms = [HARMS.get(line.unit) for line in series.lines]
    limits = np.array([harm.from_ if harm else math.inf for harm in harms])
    wrong = series.values >= limits[:, None]
    failed |= _newly_raised(series, harms, main)
    subjects = {place_of(series.lines[row]).subject for row in np.flatnonzero(failed.any(axis=1))}
    subjects |= {place_of(series.lines[row]).subject for row in np.flatnonzero(wrong.any(axis=1))}
    for row, (line, harm) in enumerate(zip(series.lines, harms)):
        place = place_of(line)
        if place.subject not in subjects:
            continue
        key = (place.subject, place.layout, series.volume)
        for column in np.flatnonzero(failed[row] | series.measured[row]):
            one = found[series.releases[column]]
            one.checked[RAISES.name, place.subject].add(key)
            if failed[row, column]:
                _note(one, RAISES, key, math.nan, line.name)
            if harm is None:
                continue
            one.checked[harm.metric.name, place.subject].add(key)
            if wrong[row, column]:
                count = series.values[row, column] if harm.counts else math.nan
                _note(one, harm.metric, key, float(count), line.name)


def _newly_raised(series: Series, harms: list[Harm | None], main: list[str]) -> Array:
    """Cells whose figure says that a call raised, where the release measured before on ``main`` says that it worked."""
    columns = [n for n, release in enumerate(series.releases) if release in main]
    found = np.zeros(series.values.shape, dtype=bool)
    for row, harm in enumerate(harms):
        if harm is not None and harm.raised is not None:
            values = series.values[row, columns]
            found[row, columns[1:]] = (values[1:] == harm.raised) & (values[:-1] == 0)
    return found


def _note(found: _Found, metric: Metric, key: Key, count: float, line: str) -> None:
    cells = found.bad[metric.name, key[0]]
    cells[key] = max(cells.get(key, count), count)
    found.lines[metric.name, key[0]].add(line)


def _facts(
    release: str,
    found: dict[str, _Found],
    main: list[str],
    accepted: list[Acknowledgement],
    unsafe: dict[str, str],
) -> list[WrongFact]:
    one = found[release]
    groups: dict[tuple[Any, ...], list[Subject]] = defaultdict(list)
    for name, subject in sorted(one.bad):
        why = unsafe.get(subject.access)
        # What is by design is told once, whenever each of its ways was first tried.
        since = _since(release, (name, subject), found, main) if why is None else None
        groups[name, subject.place, why, since].append(subject)
    facts = [
        _fact(release, one, name, subjects, since or release, why, accepted)
        for (name, _, why, since), subjects in groups.items()
    ]
    return sorted(facts, key=lambda fact: (not fact.fails, tiers.OF_WRONG.index(fact.metric)))


def _fact(
    release: str,
    one: _Found,
    name: str,
    subjects: list[Subject],
    since: str,
    why: str | None,
    accepted: list[Acknowledgement],
) -> WrongFact:
    cells = tuple(
        (layout, volume, count)
        for subject in subjects
        for (_, layout, volume), count in sorted(one.bad[name, subject].items())
    )
    checked = {key for subject in subjects for key in one.checked[name, subject]}
    lines = frozenset(line for subject in subjects for line in one.lines[name, subject])
    metric = next(one for one in tiers.OF_WRONG if one.name == name)
    reason = _reason(release, lines, accepted)
    return WrongFact(
        release, tuple(subjects), metric, cells, len(checked), since, lines, why, reason
    )


def _since(release: str, what: tuple[Any, ...], found: dict[str, _Found], main: list[str]) -> str:
    """The first of the releases in a row up to this one that have it; one not checked is passed over."""
    first = release
    before = main[: main.index(release)] if release in main else []
    for earlier in reversed(before):
        if earlier in found and what in found[earlier].bad:
            first = earlier
        elif earlier in found and found[earlier].checked.get(what):
            break
    return first


def _reason(release: str, lines: frozenset[str], accepted: list[Acknowledgement]) -> str | None:
    """The reason, where every line is acknowledged."""
    reasons = [
        next((one.reason for one in accepted if one.covers(release, name)), None) for name in lines
    ]
    return reasons[0] if all(reasons) else None
