"""The metric that each benchmark gives, the tier that it is of, and how a change of it is said."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from tomobench.desk.arrays import Array
from tomobench.desk.judge.series import Line
from tomobench.desk.judge.subjects import written_by
from tomobench.desk.judge.tier import Tier

_UNLOCKED = "a writer of a part of a chunk or shard reads it, changes its part and writes it back, and zarr locks nothing"
UNSAFE_WAYS: dict[str, str] = {
    **{
        f"by 2 {writers}, in one {share}": _UNLOCKED
        for writers in ("threads", "processes")
        for share in ("shard", "chunk")
    },
    **{
        written_by(f"{number} {writers}", aligned): _UNLOCKED
        for number in (2, 4)
        for writers in ("threads", "processes")
        for aligned in ("chunks", "nothing")
    },
    "write by Dask's store without its lock": _UNLOCKED,
}
"""Accesses and ways of writing that are unsafe by design, each with the reason: what they lose is shown,
and fails no gate. The names are those of subjects.place_of. Advice and the
scripts that it gives out say the same (``advise/plan/writers.py``)."""

LEAST_WORK = 0.15
"""The least change in function starts that is a fact of its own, as a share. No smaller one was ever seen
in a race: of the raced steps between neighbours in the committed results, the smallest that was slower
for certain, with more starts, had 15.3 % more (python -m tomobench.desk.judge.work; a test holds the two
together). Smaller ones, and as small changes in modules loaded, are counted in one line a release."""


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
AMPLIFICATION, TIME = "amplification", "time"

BYTES = (FETCHED, WRITTEN, AMPLIFICATION)
"""The metrics of which one moves where other bytes are moved."""

METRICS = {
    # What is stored comes first: where it changes, bytes and requests follow.
    "stored_bytes": Metric(SPACE, Tier.TRAFFIC, "take", "space", "less"),
    "files": Metric("objects", Tier.TRAFFIC, "make", "objects"),
    "chunk_voxels": Metric("voxels a chunk", Tier.TRAFFIC, "choose", "voxels a chunk"),
    "shard_voxels": Metric("voxels an object", Tier.TRAFFIC, "choose", "voxels an object"),
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
        "amplification",
        Tier.TRAFFIC,
        "move",
        "bytes for the same voxels",
        part_of=(FETCHED, WRITTEN),
    ),
    # What a store is asked for, it asks of the system: that is told alone where the store does otherwise.
    "system_bytes_read": Metric(
        "bytes read from disk", Tier.TRAFFIC, "read", "bytes from disk", part_of=(FETCHED,)
    ),
    "system_bytes_written": Metric(
        "bytes written to disk", Tier.TRAFFIC, "write", "bytes to disk", part_of=(WRITTEN,)
    ),
    "system_reads": Metric(
        "reads of files", Tier.TRAFFIC, "make", "reads of files", part_of=(REQUESTS,)
    ),
    "system_writes": Metric(
        "writes of files", Tier.TRAFFIC, "make", "writes of files", part_of=(REQUESTS,)
    ),
    "objects": Metric("objects met", Tier.TRAFFIC, "meet", "objects"),
    "opens": Metric("files opened", Tier.TRAFFIC, "open", "files", part_of=(REQUESTS,)),
    "listings": Metric("folders listed", Tier.TRAFFIC, "list", "folders"),
    "renames": Metric("files renamed", Tier.TRAFFIC, "rename", "files"),
    # How requests are sent is told alone where they are as many as before.
    "in_flight": Metric(
        "requests at once", Tier.TRAFFIC, "have", "requests at once", part_of=(REQUESTS,)
    ),
    "rounds": Metric(
        "round trips",
        Tier.TRAFFIC,
        "wait for",
        "round trips one after the other",
        part_of=(REQUESTS,),
    ),
    "at_once": Metric("calls at once", Tier.TRAFFIC, "have", "calls at once"),
    "connections": Metric("connections", Tier.TRAFFIC, "open", "connections"),
    "peak_memory": Metric("memory", Tier.TIME, "hold", "memory", "less"),
    "process_memory": Metric("memory of processes", Tier.TIME, "hold", "memory", "less"),
    "worker_memory": Metric("memory of a worker", Tier.TIME, "hold", "memory", "less"),
    "tasks": Metric("tasks", Tier.TRAFFIC, "make", "tasks"),
    "function_starts": Metric("function starts", Tier.WORK, "start", "Python functions"),
    "modules": Metric("modules", Tier.WORK, "load", "Python modules"),
}
"""By the end of a track_ benchmark's name, in the order in which facts are told."""

_CLOCK = Metric(TIME, Tier.TIME, "take", "time", "less")
_PROCESS = Metric("process memory", Tier.TIME, "hold", "memory of the process", "less")
VOXELS = Metric("wrong voxels", Tier.WRONG, "lose", "voxels")
RAISES = Metric("failures", Tier.WRONG, "raise", "an error")

_FAULT = Metric("wrong outcomes", Tier.WRONG, "hang, or give", "wrong voxels")
_COLLISION = Metric("lost writes", Tier.WRONG, "lose", "what another wrote at the same time")
_CALL = Metric("wrong calls", Tier.WRONG, "give", "something other than was asked for")
_TORN = Metric("torn objects", Tier.WRONG, "leave", "what is neither old nor new")


@dataclass(frozen=True)
class Harm:
    """What a unit of correctness means: a figure is *wrong* ``from_`` this value on, and it is then ``metric``
    that is told. ``counts``: whether the figure is a number of voxels. ``steps``: a word for each step, of a scale.
    ``raised``: the step that says that a call raised. Who makes the call sees that, and loses nothing: so it is told
    of the release in which the call did so first, where it worked in the one compared with. ``may_raise``: whether an
    error is a right answer too, as where a server failed: only what recovered before is worse by it."""

    from_: float
    metric: Metric
    counts: bool = False
    raised: float | None = None
    may_raise: bool = False
    steps: tuple[str, ...] = ()

    def is_wrong(self, figure: float) -> bool:
        """Whether a figure is wrong; one that there is none of (NaN) is not."""
        return figure >= self.from_

    def repairs(self, before: float, after: float) -> bool:
        """Whether a figure is right that was not (``before`` is NaN of what failed): nothing is wrong, and no call
        raised that may not."""
        right = after < self.from_ and (self.may_raise or after != self.raised)
        return right and not after >= before


HARMS = {
    "wrong voxels": Harm(1, VOXELS, counts=True),
    "0 recovered, 1 failed loudly, 2 hung, 3 wrong voxels": Harm(
        2, _FAULT, raised=1, may_raise=True, steps=("recovers", "fails", "hangs", "wrong")
    ),
    "0 safe, 1 loses voxels": Harm(1, _COLLISION, steps=("safe", "loses")),
    "0 all are there, 1 voxels are lost": Harm(1, _COLLISION, steps=("safe", "loses")),
    "kills that leave neither": Harm(1, _TORN),
    "0 worked, 1 raised, 2 wrong": Harm(2, _CALL, raised=1, steps=("works", "raises", "wrong")),
}
"""The units of correctness."""


def where_wrong(units: Sequence[str], figures: Array) -> Array:
    """Which figures are wrong: a row of them for each unit, of which others than HARMS have nothing wrong."""
    limits = [HARMS[unit].from_ if unit in HARMS else math.inf for unit in units]
    found: Array = figures >= np.array(limits).reshape(-1, 1)
    return found


def where_raised(units: Sequence[str], figures: Array) -> Array:
    """Which figures say that a call raised: a row of them for each unit."""
    steps = [HARMS[unit].raised if unit in HARMS else None for unit in units]
    found: Array = figures == np.array(steps, dtype=float).reshape(-1, 1)
    return found


OF_WRONG = [*(one.metric for one in HARMS.values()), RAISES]
"""The metrics of tier *wrong*, in the order in which they are told."""

_ORDER = [one.name for one in (*OF_WRONG, *METRICS.values(), _CLOCK, _PROCESS)]


def place_in_order(metric: Metric) -> int:
    """Where a metric stands among the facts of its tier; one that is not known comes last."""
    return _ORDER.index(metric.name) if metric.name in _ORDER else len(_ORDER)


def makes_facts(line: Line) -> bool:
    """Whether changes of a line are facts: not those of the suite ``floor``, which holds other readers
    and zarr's ratio to them."""
    return not line.benchmark.startswith("floor.")


def metric_of(line: Line) -> Metric:
    """The metric of a line. One that is not known is a count of its unit."""
    return _metric(line.benchmark, line.unit)


@cache
def _metric(benchmark: str, unit: str) -> Metric:
    method = benchmark.rsplit(".", 1)[-1]
    if unit in HARMS:
        return HARMS[unit].metric
    if unit == "seconds":
        return _CLOCK
    if method.startswith("peakmem"):
        return _PROCESS
    what = method.removeprefix("track_")
    return METRICS.get(what) or Metric(what, Tier.TRAFFIC, "make", unit)
