"""Families of accesses, and the columns of a release's table: what a row of a series is filed under."""

import re

from tomobench.desk.judge import tiers
from tomobench.desk.judge.series import Line
from tomobench.desk.judge.subjects import CALL, STORED, Subject, place_of
from tomobench.desk.judge.tier import Tier

_FAMILIES = {
    CALL: "Calls",
    "by 2 ": "Two writers at once",
    "killed ": "Killed writers",
    "read data of": "Old data",
    "open": "Opening",
    STORED: "Stored volumes",
    "read whole": "Whole reads",
    "read one": "One chunk or voxel",
    "read XY": "Slices",
    "read XZ": "Slices",
    "read YZ": "Slices",
    "read 4 XY planes": "Slices",
    "read": "Regions and boxes",
    "write whole": "Whole writes",
    "write": "Overwrites",
}
"""By the beginning of an access's name; the first that fits."""

COLUMNS = {
    "requests": ("requests", "objects"),
    "bytes": ("bytes fetched", "bytes written", "stored bytes"),
    "Python calls": ("function starts",),
    "time": ("time",),
    "memory": ("memory",),
}
"""The columns of the table, with the metrics (tiers.Metric.name) that each holds."""

LEAST = {Tier.WORK: tiers.LEAST_WORK}
"""The least effect that counts, as a share, where a tier has one. Of raced times it is part of the verdict already."""


def family(subject: Subject) -> str:
    """``Slices``, ``Whole reads over S3``; an access of no family is its own."""
    name = next(
        (said for start, said in _FAMILIES.items() if subject.access.startswith(start)),
        subject.access,
    )
    return f"{name} {subject.place}".rstrip()


def chunks(layout: str) -> str:
    """The chunk shape of a layout, in shards or not, whatever the format and codec: release-table.js does the same."""
    return re.split(", | in | format ", layout)[0]


def filed(line: Line) -> dict | None:
    """What a release's page must know of a row. None for a row that makes no facts.

    ``column``: one of COLUMNS, None for a metric that has none. ``harm``: of a metric of correctness, what tiers.Harm
    says of it, in words and figures. ``unsafe``: whether the way is so by design: what it loses breaks no release.
    ``least``: the least effect that counts, as a share.
    """
    if not tiers.makes_facts(line):
        return None
    place, metric = place_of(line), tiers.metric_of(line)
    return {
        "family": family(place.subject),
        "access": place.subject.access,
        "layout": place.layout,
        "metric": metric.name,
        "column": next((name for name, held in COLUMNS.items() if metric.name in held), None),
        "tier": metric.tier.value,
        "harm": harm_of(line.unit),
        "unsafe": place.subject.access in tiers.UNSAFE_WAYS,
        "least": least(line),
    }


def least(line: Line) -> float:
    """The least effect that counts, as a share: 0 where any does."""
    return LEAST.get(tiers.metric_of(line).tier, 0) if tiers.makes_facts(line) else 0


def harm_of(unit: str) -> dict | None:
    """What a unit of correctness means: ``limit``, from which value on a figure is wrong, and what it ``does`` then.

    ``counts``, ``raised``, ``may_raise`` and ``steps`` are those of tiers.Harm. None for another unit.
    """
    harm = tiers.HARMS.get(unit)
    if harm is None:
        return None
    return {
        "limit": harm.from_,
        "does": f"{harm.metric.verb} {harm.metric.noun}",
        "counts": harm.counts,
        "raised": harm.raised,
        "may_raise": harm.may_raise,
        "steps": list(harm.steps),
    }
