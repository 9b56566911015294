"""Four tiers of facts, by what a change means to a user, and the metric that each benchmark gives."""

from dataclasses import dataclass
from enum import StrEnum

from tomobench.desk.judge.series import Line


class Tier(StrEnum):
    """In order of what a user must know first.

    WRONG: voxels lost or unreadable, calls that raise; absolute, never a ratio. TRAFFIC: requests,
    bytes, objects, stored bytes. TIME: time and memory. WORK: Python function starts.
    """

    WRONG = "wrong"
    TRAFFIC = "traffic"
    TIME = "time"
    WORK = "work"


UNSAFE_WAYS: dict[str, str] = {}
"""Accesses and ways of writing that are unsafe by design, each with the reason: what they lose is shown,
and fails no gate. The names are those of the suites' parameters ``access`` and ``way``."""

LEAST_WORK = 0.15
"""The least change in function starts that is a fact of its own, as a share. No smaller one was ever seen
in a race: of the raced steps between neighbours in the committed results, the smallest that was slower
for certain, with more starts, had 15.3 % more (python -m tomobench.desk.judge.work; a test holds the two
together). Smaller ones are counted in one line a release."""


@dataclass(frozen=True)
class Metric:
    """What a figure counts, and how a person says that it changed: ``verb`` X times the ``noun``.

    ``part_of``: the metrics that this is a part or a ratio of; where one of them moved in a cell, this is
    not told.
    """

    name: str
    tier: Tier
    verb: str
    noun: str
    fewer: str = "fewer"
    part_of: tuple[str, ...] = ()


SPACE, REQUESTS, FETCHED, WRITTEN = "stored bytes", "requests", "bytes fetched", "bytes written"
TIME = "time"

_METRICS = {
    # What is stored comes first: where it changes, bytes and requests follow.
    "stored_bytes": Metric(SPACE, Tier.TRAFFIC, "take", "space", "less"),
    "files": Metric("objects", Tier.TRAFFIC, "make", "objects"),
    "changed_files": Metric("objects changed", Tier.TRAFFIC, "change", "objects"),
    "bytes_written": Metric(WRITTEN, Tier.TRAFFIC, "write", "bytes"),
    "bytes_in": Metric(WRITTEN, Tier.TRAFFIC, "write", "bytes"),
    "bytes_fetched": Metric(FETCHED, Tier.TRAFFIC, "fetch", "bytes"),
    "bytes_out": Metric(FETCHED, Tier.TRAFFIC, "fetch", "bytes"),
    "requests": Metric(REQUESTS, Tier.TRAFFIC, "make", "requests"),
    "gets": Metric("GETs", Tier.TRAFFIC, "make", "GETs", part_of=(REQUESTS,)),
    "range_gets": Metric("range GETs", Tier.TRAFFIC, "make", "range GETs", part_of=(REQUESTS,)),
    "puts": Metric("PUTs", Tier.TRAFFIC, "make", "PUTs", part_of=(REQUESTS,)),
    "get": Metric("GETs", Tier.TRAFFIC, "make", "GETs"),
    "range_get": Metric("range GETs", Tier.TRAFFIC, "make", "range GETs"),
    "head": Metric("HEADs", Tier.TRAFFIC, "make", "HEADs"),
    "list": Metric("LISTs", Tier.TRAFFIC, "make", "LISTs"),
    "put": Metric("PUTs", Tier.TRAFFIC, "make", "PUTs"),
    "post": Metric("POSTs", Tier.TRAFFIC, "make", "POSTs"),
    "others": Metric("other requests", Tier.TRAFFIC, "make", "other requests"),
    "ratio": Metric("compression", Tier.TRAFFIC, "reach", "compression", "less", (SPACE,)),
    "amplification": Metric(
        "amplification", Tier.TRAFFIC, "move", "bytes a byte", part_of=(FETCHED, WRITTEN)
    ),
    "connections": Metric("connections", Tier.TRAFFIC, "open", "connections"),
    "peak_memory": Metric("memory", Tier.TIME, "hold", "memory", "less"),
    "process_memory": Metric("memory of processes", Tier.TIME, "hold", "memory", "less"),
    "worker_memory": Metric("memory of a worker", Tier.TIME, "hold", "memory", "less"),
    "tasks": Metric("tasks", Tier.TRAFFIC, "make", "tasks"),
    "function_starts": Metric("function starts", Tier.WORK, "start", "Python functions"),
}
"""By the end of a track_ benchmark's name, in the order in which facts are told."""

_CLOCK = Metric(TIME, Tier.TIME, "take", "time", "less")
_PROCESS = Metric("process memory", Tier.TIME, "hold", "memory of the process", "less")
VOXELS = Metric("wrong voxels", Tier.WRONG, "lose", "voxels")
RAISES = Metric("failures", Tier.WRONG, "raise", "errors")

WRONG_FROM = {"wrong voxels": 1, "0 recovered, 1 failed loudly, 2 hung, 3 wrong voxels": 2}
"""Units of correctness, and from which value on a figure is *wrong*."""

_ORDER = [one.name for one in (VOXELS, RAISES, *_METRICS.values(), _CLOCK, _PROCESS)]


def place_in_order(metric: Metric) -> int:
    """Where a metric stands among the facts of its tier; one that is not known comes last."""
    return _ORDER.index(metric.name) if metric.name in _ORDER else len(_ORDER)


def makes_facts(line: Line) -> bool:
    """Whether changes of a line are facts: not those of the suite ``floor``, which holds other readers
    and zarr's ratio to them."""
    return not line.benchmark.startswith("floor.")


def metric_of(line: Line) -> Metric:
    """The metric of a line. One that is not known is a count of its unit."""
    method = line.benchmark.rsplit(".", 1)[-1]
    if line.unit in WRONG_FROM:
        return VOXELS
    if line.unit == "seconds":
        return _CLOCK
    if method.startswith("peakmem"):
        return _PROCESS
    what = method.removeprefix("track_")
    return _METRICS.get(what) or Metric(what, Tier.TRAFFIC, "make", line.unit)
