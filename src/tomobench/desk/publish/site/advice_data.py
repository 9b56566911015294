"""What the Advice page shows: the answers of the ranking behind ``tomobench plan``, for every choice there is.

The page weighs accesses and leaves layouts out; every figure is computed here. An answer is of a volume, a
release and a storage; it holds each layout with the figures of each access.
"""

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from math import prod
from pathlib import Path

from asv.console import log

from tomobench.bench.layout import Layout, Shape, say
from tomobench.desk.advise.costs import prices
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.evidence.figure import MARKS, Figure
from tomobench.desk.advise.evidence.use import Use
from tomobench.desk.advise.plan import candidates, snippets
from tomobench.desk.advise.plan.candidates import DISK, S3, Access, Candidate, Question, Storage
from tomobench.desk.advise.readers import verdicts as readers
from tomobench.desk.errors import UserError
from tomobench.desk.volumes.data_set import TOMOGRAM

DTYPE = "float32"
#: The accesses that can be weighed, by the name that tomobench plan takes.
ACCESSES = {
    "xy": "XY slices",
    "xz": "XZ slices",
    "yz": "YZ slices",
    "region-64": "regions of 64³",
    "region-96": "regions of 96³",
    "whole": "whole volumes",
}
#: Bytes a second of all connections to S3 together, and the round trips in seconds that can be chosen.
BANDWIDTH, LATENCIES = 100e6, (0.001, 0.005, 0.02, 0.05, 0.1)


@dataclass(frozen=True)
class StoragePlace:
    """A storage that can be chosen: its name in the address, what it is called, and what it is."""

    key: str
    name: str
    storage: Storage


PLACES = [StoragePlace("disk", "a disk, page cache warm", Storage(DISK))] + [
    StoragePlace(
        f"s3-{latency * 1e3:g}",
        f"S3, {latency * 1e3:g} ms a round trip, {BANDWIDTH / 1e6:g} MB/s",
        Storage(S3, latency, BANDWIDTH),
    )
    for latency in LATENCIES
]


def gather(evidence: Evidence, root: Path) -> dict:
    """All that the page needs. Raises UserError when no release was timed."""
    tips = evidence.tips()
    if not tips:
        raise UserError(f"no release was timed on {evidence.machine}: measure some with asv run")
    shapes, layouts, notes = _shapes(evidence), Numbers(), Numbers()
    answers = {}
    for shape, (line, release) in product(shapes, tips.items()):
        question = Question(shape, Use("all", dict.fromkeys(ACCESSES, 1.0)), release, dtype=DTYPE)
        costs = _costs(question, evidence)
        for place in PLACES:
            ranking = candidates.rank(replace(question, storage=place.storage), evidence)
            rows = [_row(one, layouts, ranking.question, costs) for one in ranking.candidates]
            said = [notes.of(note) for note in [*ranking.notes, *_prices(place)]]
            answers[f"{say(shape)}|{line}|{place.key}"] = {"rows": rows, "notes": said}
    closed = _closed(list(layouts), list(tips), root)
    return {
        "machine": evidence.machine,
        "volumes": {str(say(shape)): list(shape) for shape in shapes},
        "tomogram": str(say(TOMOGRAM)),
        "dtype": DTYPE,
        "accesses": ACCESSES,
        "places": {place.key: place.name for place in PLACES},
        # Pairs: JavaScript would put the key "3" before "2.18".
        "lines": [[line, evidence.history.name_of(release)] for line, release in tips.items()],
        "readers": {} if closed is None else readers.READERS,
        "marks": MARKS,
        "currency": prices.load().currency,
        "layouts": [_layout(layout) for layout in layouts],
        "closed": closed or {},
        "notes": list(notes),
        "answers": answers,
    }


class Numbers(dict):
    """Things by the number that they got when they were first met."""

    def of(self, thing) -> int:
        return self.setdefault(thing, len(self))


def scripts(data: dict) -> dict[str, str]:
    """The script for each layout and line, by "line|layout's number|volume"."""
    found = {}
    for volume, shape in data["volumes"].items():
        for number, one in enumerate(data["layouts"]):
            shards = one["shards"] and tuple(one["shards"])
            layout = Layout(tuple(one["chunks"]), shards, zarr_format=one["format"])
            for line, _ in data["lines"]:
                if script := snippets.code(layout, line, tuple(shape), data["dtype"]):
                    found[f"{line}|{number}|{volume}"] = script
    return found


def _shapes(evidence: Evidence) -> list[Shape]:
    """The published report's tomogram, and what was measured with voxels of that type, largest first."""
    measured = {one.shape for one in evidence.found.values() if one.dtype == DTYPE}
    return sorted(measured | {TOMOGRAM}, key=prod, reverse=True)


def _costs(question: Question, evidence: Evidence) -> dict[tuple[str, Layout], tuple]:
    """What a million of an access cost on S3, by access and layout: for requests, and for transfer.

    No latency makes them dearer.
    """
    found = {}
    for name in ACCESSES:
        asked = replace(question, use=Use(name, {name: 1.0}), storage=PLACES[-1].storage)
        for one in candidates.rank(asked, evidence).candidates:
            found[name, one.layout] = (one.requests, one.transfer)
    return found


def _prices(place: StoragePlace) -> list[str]:
    """Where the costs come from, if there are any."""
    if place.storage.kind != S3:
        return []
    used = prices.load()
    return [f"costs are those of {used.name} on {used.date} ({used.source}), in {used.currency}"]


def _row(one: Candidate, layouts: Numbers, question: Question, costs: dict) -> dict:
    row = {
        "layout": layouts.of(one.layout),
        "objects": _figure(one.objects),
        "stored": _figure(one.stored),
        # Stored bytes as the ranking compares them, where what differs by little is the same.
        "size": candidates.aims(question, one)[2],
        "accesses": {name: _access(access) for name, access in one.accesses.items()},
        "write": _figure(one.write.seconds),
    }
    if one.month is not None:
        row["month"] = _number(one.month)
        row["costs"] = {
            name: [_number(part) for part in costs[name, one.layout]] for name in ACCESSES
        }
    return row


def _access(access: Access) -> list:
    return [_figure(access.requests), _figure(access.bytes), _figure(access.seconds)]


def _figure(figure: Figure) -> list:
    return [_number(figure.value), figure.how]


def _number(value: float | Decimal) -> float | int:
    """Short, but with so many digits that the page finds the same order."""
    if math.isnan(value):
        raise UserError("too little was measured for a model of its times")
    return int(value) if value == int(value) else float(f"{value:.9g}")


def _layout(layout: Layout) -> dict:
    return {
        "format": layout.zarr_format,
        "chunks": list(layout.chunks),
        "shards": layout.shards and list(layout.shards),
        "codec": str(layout.codec),
    }


def _closed(
    layouts: list[Layout], lines: list[str], root: Path
) -> dict[str, dict[str, str]] | None:
    """By "line|layout's number": the readers that can't open it, each with the reason. None without a table."""
    try:
        readers.load(root)
    except UserError as error:
        log.warning(f"The Advice page asks for no readers: {error}")
        return None
    found = {}
    for line, (number, layout) in product(lines, enumerate(layouts)):
        said = {name: readers.can_open(name, layout, line, root) for name in readers.READERS}
        if reasons := {name: reason for name, reason in said.items() if reason}:
            found[f"{line}|{number}"] = reasons
    return found
