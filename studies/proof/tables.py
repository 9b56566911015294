"""The proof's tables, as rows for a CSV and for a person."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from studies.proof.methods import RACE, SIZES, Judgement, unchanged
from studies.proof.samples import CONDITIONS, Pair

NONE = "unchanged"
"""The class of size of a pair in which nothing was changed."""


def class_of(pair: Pair) -> str | None:
    """The class of a pair's true size; None for what is too small to be a change and too large to be
    none, and where the true size is unknown."""
    if unchanged(pair) or not pair.touched:
        return NONE
    if pair.true is None:
        return None
    place = np.searchsorted(SIZES, np.expm1(abs(pair.true)), side="right")
    return None if place == 0 else CLASSES[place - 1]


def _said(low: float, high: float) -> str:
    return f"{low * 100:g}–{high * 100:g} %" if np.isfinite(high) else f"{low * 100:g} % and more"


CLASSES = [_said(low, high) for low, high in pairwise(SIZES)]


def verdict_rows(verdicts: Sequence[Judgement]) -> list[dict]:
    """A row for each verdict: everything the other tables are counted from."""
    return [
        {
            "method": one.method,
            "race": one.pair.race,
            "condition": one.pair.condition,
            "wheel": one.pair.variant.label,
            "benchmark": one.pair.benchmark,
            "touched": int(one.pair.touched),
            "true ratio": "" if one.pair.true is None else f"{np.exp(one.pair.true):.5f}",
            "ratio": f"{np.exp(one.pair.log):.5f}",
            "p": f"{one.pair.p:.3g}",
            "found": "" if one.found is None else int(one.found),
        }
        for one in verdicts
    ]


def against_itself(verdicts: Sequence[Judgement]) -> list[dict]:
    """The race's findings where nothing was changed, by condition."""
    rows = []
    for condition in CONDITIONS:
        of_race = [one for one in _answered(verdicts) if one.method == RACE]
        here = [one for one in of_race if one.pair.condition == condition]
        same = [one for one in here if unchanged(one.pair)]
        beside = [one for one in here if not unchanged(one.pair) and not one.pair.touched]
        if same:
            rows.append(
                {
                    "condition": condition,
                    "races": len({one.pair.race for one in same}),
                    "release against itself": len(same),
                    "false findings": sum(bool(one.found) for one in same),
                    "largest difference": f"{_largest(same):.2%}",
                    "untouched by a changed wheel": len(beside),
                    "flagged there": sum(bool(one.found) for one in beside),
                }
            )
    return rows


def by_wheel(verdicts: Sequence[Judgement]) -> list[dict]:
    """What the race finds of each slowed wheel, by condition."""
    groups: dict[tuple[int, str, float], list[Judgement]] = {}
    for one in _answered(verdicts):
        if one.method == RACE and one.pair.touched:
            key = (
                CONDITIONS.index(one.pair.condition),
                one.pair.variant.kind,
                one.pair.variant.share,
            )
            groups.setdefault(key, []).append(one)
    return [_wheel(key[0], key[1], key[2], groups[key]) for key in sorted(groups)]


def _wheel(condition: int, kind: str, share: float, found: list[Judgement]) -> dict:
    true = [np.expm1(one.pair.true) for one in found if one.pair.true is not None]
    # Of the truly slower half of its class and above: what the target speaks of.
    tenth = [one for one in found if (one.pair.true or 0) >= np.log(1.095)]
    return {
        "condition": CONDITIONS[condition],
        "slowed": kind,
        "by": f"{share:.0%}",
        "cells": len(found),
        "true size": f"{min(true):.1%} to {max(true):.1%}" if true else "unknown",
        "found": sum(one.found for one in found),
        "truly 9.5 % or more": len(tenth),
        "of these found": sum(one.found for one in tenth),
    }


def side_by_side(verdicts: Sequence[Judgement], condition: str) -> list[dict]:
    """The share that each method finds, by true size; false findings where nothing was changed."""
    rows: dict[str, dict[str, list[bool]]] = {}
    for one in _answered(verdicts):
        size = class_of(one.pair)
        if one.pair.condition == condition and size is not None:
            rows.setdefault(one.method, {}).setdefault(size, []).append(bool(one.found))
    return [
        {"method": method, **{size: _share(found.get(size, [])) for size in (NONE, *CLASSES)}}
        for method, found in rows.items()
    ]


def counted(rows: Sequence[dict]) -> list[dict]:
    """What was found of the wheels whose counts are changed, from the rows of counting.compare."""
    found = []
    for wheel in dict.fromkeys(row["wheel"] for row in rows):
        own = [row for row in rows if row["wheel"] == wheel]
        must = [row for row in own if int(row["must change"])]
        outside = [row for row in own if not int(row["may change"])]
        found.append(
            {
                "wheel": wheel,
                "counts that must change": len(must),
                "found": sum(bool(row["found"]) for row in must),
                "counts outside": len(outside),
                "flagged there": sum(bool(row["found"]) for row in outside),
            }
        )
    return found


def _answered(verdicts: Iterable[Judgement]) -> list[Judgement]:
    return [one for one in verdicts if one.found is not None]


def _largest(verdicts: Sequence[Judgement]) -> float:
    return float(np.expm1(max(abs(one.pair.log) for one in verdicts)))


def _share(found: Sequence[bool]) -> str:
    return f"{sum(found)}/{len(found)}" if found else "-"
