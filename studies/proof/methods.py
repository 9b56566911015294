"""The methods side by side: what each finds among the same pairs, falsely and rightly.

A finding is false where nothing was changed: a release against itself, and cells that the changed
wheel does not touch. Where something was, a pair counts by the size it truly has (truth.py), not by
what the wheel's name says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from studies.proof import asv_rules, other_rules, our_rules
from studies.proof.samples import Pair

SIZES = (0.01, 0.03, 0.045, 0.07, 0.095, 0.15, 0.30, np.inf)
"""Edges of the classes of true sizes, as shares: about 2, 4, 5, 8, 10, 20 and 50 %. What is smaller
than the first is neither a change to be found nor nothing."""

RACE = "tomobench, race"


@dataclass(frozen=True)
class Judgement:
    """What a method says of a pair. ``found`` is None where the method can't be asked."""

    method: str
    pair: Pair
    found: bool | None


def judge(pairs: Sequence[Pair], otava: Path) -> list[Judgement]:
    """Every method's verdict on every pair."""
    verdicts = []
    for name, method in methods(pairs, otava).items():
        # tqdm shows how far it is: asv compare's test takes a second for some pairs.
        found = method(tqdm(pairs, desc=name, unit="pair", leave=False, delay=2))
        verdicts += [Judgement(name, pair, _plain(one)) for pair, one in zip(pairs, found)]
    return verdicts


def methods(pairs: Sequence[Pair], otava: Path) -> dict[str, Callable]:
    """The methods by name: each takes the pairs, and gives a verdict for each."""

    def each(rule):
        return lambda found: [rule(pair) for pair in found]

    return {
        RACE: each(lambda pair: pair.found),
        "tomobench, one plain run each": lambda found: our_rules.plain_runs(list(found)),
        "asv compare": each(asv_rules.compare),
        "asv regression page, newest release": each(lambda pair: _page(pair, pairs, 1)),
        "asv regression page, one release later": each(lambda pair: _page(pair, pairs, 2)),
        "asv find": each(_find),
        "rustc-perf": each(lambda pair: _quartiles(pair, pairs)),
        "Otava": each(
            lambda pair: other_rules.change_points(pair.medians[0], pair.medians[1], otava)
        ),
        "bootstrap of medians": each(other_rules.bootstrap),
    }


def unchanged(pair: Pair) -> bool:
    """Whether the pair is the release against itself."""
    return pair.variant.kind == "same"


def _page(pair: Pair, pairs: Sequence[Pair], later: int) -> bool:
    """A history of the release under all its names but the one looked at, then the changed wheel:
    as one release or, its renewals divided, as several."""
    names = [one for one in _beside(pair, pairs) if unchanged(one) and one is not pair]
    # As long a history for a wheel that was changed as for one that was not.
    names = names if unchanged(pair) else names[1:]
    history = [pair.samples[0], *(one.samples[1] for one in names)]
    parts = np.array_split(pair.after, later)
    return asv_rules.regression_page(history, [part[np.isfinite(part)] for part in parts])


def _find(pair: Pair) -> bool:
    """Whether asv find names the right one of eight releases, four before and four after; of those
    that are all the same it names one in any case."""
    before, after = pair.medians
    half = min(4, len(before) // 2)
    named = asv_rules.find([*before[:half], *after[half : 2 * half]])
    return unchanged(pair) or not pair.touched or named == half


def _quartiles(pair: Pair, pairs: Sequence[Pair]) -> bool | None:
    """Against all that the release against itself gave for the cell under the same conditions."""
    history = [
        one.change for one in pairs if unchanged(one) and one is not pair and _alike(one, pair)
    ]
    return other_rules.quartiles(pair.change, history)


def _alike(one: Pair, other: Pair) -> bool:
    return (one.benchmark, one.condition) == (other.benchmark, other.condition)


def _beside(pair: Pair, pairs: Sequence[Pair]) -> list[Pair]:
    return [one for one in pairs if one.race == pair.race and one.benchmark == pair.benchmark]


def _plain(found) -> bool | None:
    return None if found is None else bool(found)
