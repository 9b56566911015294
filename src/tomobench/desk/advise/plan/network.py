"""Where a store is, and what a network adds to the time of an access.

The time on a disk, and: rounds × round trip + bytes / bandwidth + what client and server take for
each request, each byte and each shard read in part. A round is what can be asked for at once
(``concurrency`` requests); the next waits for its answer. Making an array takes round trips of its
own, one after another. What client and server take is fitted to the remote suite, reads and whole
writes apart, where there are results of it, and 0 where there are none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, prod
from typing import Any

import numpy as np

from tomobench.bench import access
from tomobench.bench.grids import S3_LAYOUTS, s3_layout
from tomobench.bench.layout import Layout
from tomobench.bench.objects import object_count
from tomobench.desk.advise.evidence import fetches, work
from tomobench.desk.advise.evidence.evidence import WRITE, Measurements
from tomobench.desk.advise.evidence.fetches import Fetcher, Fetches
from tomobench.desk.advise.evidence.work import Work
from tomobench.desk.advise.plan.model import Model, cut_of
from tomobench.desk.results import answers

DISK, S3 = "disk", "s3"
#: Requests in flight at once: botocore's connections (max_pool_connections) in both lines, and
#: zarr 3's async.concurrency.
CONCURRENCY = 10


@dataclass(frozen=True)
class Storage:
    """A disk with a warm page cache, or S3.

    ``latency``: seconds of a round trip. ``bandwidth``: bytes a second of all connections together.
    ``heads``: whether the client asks for the size of each whole object first, as s3fs does unless
    it has max_concurrency=1 (fsspec/s3fs issue 1027).
    """

    kind: str = DISK
    latency: float = 0.0
    bandwidth: float = inf
    concurrency: int = CONCURRENCY
    heads: bool = False


@dataclass(frozen=True)
class Own:
    """What client and server take themselves: seconds for a request, for a byte, and for a shard of
    which some chunks are read (beside the requests for its index and them); and the round trips in
    which an array is made, before its first chunk is written."""

    request: float = 0.0
    byte: float = 0.0
    shard: float = 0.0
    making: float = 0.0


NOTHING = Own()


def seconds(local: Any, done: Fetches, storage: Storage, own: Own = NOTHING) -> Any:
    """The time over a network of what takes ``local`` seconds on a disk; arrays give an array."""
    if storage.kind == DISK:
        return local
    heads = done.gets if storage.heads else 0
    rounds = done.rounds + np.ceil(heads / storage.concurrency) + own.making
    waiting = rounds * storage.latency + done.bytes / storage.bandwidth
    taken = (done.requests + heads) * own.request + done.bytes * own.byte
    return local + waiting + taken + done.indices * own.shard


@dataclass(frozen=True)
class Far:
    """A time of the remote suite, and what it is made of: what is fetched (or stored), the time on a
    disk."""

    volume: str
    access: str
    layout: Layout
    round_trip: float
    measured: float
    fetched: Fetches
    local: float

    @property
    def writes(self) -> bool:
        return self.access == WRITE


def far(found: dict[str, Measurements], fitted: Model, version: str) -> Iterator[Far]:
    """What the remote suite measured of a release, beside what the model says it is made of."""
    for volume, one in found.items():
        for (name, said, round_trip), time in one.remote.items():
            if said not in S3_LAYOUTS or not one.stored:
                continue
            layout = s3_layout(said, one.shape)
            done, worked = _done(name, one, layout, version)
            local = fitted.seconds(worked, one.itemsize, cut_of(layout), name == WRITE)
            yield Far(volume, name, layout, round_trip, time.value, done, local)


def _done(name: str, one: Measurements, layout: Layout, version: str) -> tuple[Fetches, Work]:
    """What an access of the remote suite fetches or stores, and the work it makes."""
    kept = one.stored.get(layout) or next(iter(one.stored.values()))
    if name == WRITE:
        objects = object_count(one.shape, layout, 0)
        return fetches.of_write(objects, kept, CONCURRENCY), work.of_whole(one.shape, layout)
    parts = access.READS_ON_S3[name](one.shape, layout)
    reader = Fetcher(version, CONCURRENCY)
    done = fetches.of(parts, one.shape, layout, kept / prod(one.shape), reader)
    return done, work.of(parts, layout)


def fit(found: list[Far], writes: bool) -> Own | None:
    """What client and server take in reads or in whole writes, by relative error (SciPy's nnls);
    None without results."""
    found = [one for one in found if one.writes is writes]
    if not found:
        return None
    measured = np.array([one.measured for one in found])
    rest = measured - [predicted(one, NOTHING) for one in found]
    amounts = np.array([_amounts(one) for one in found], dtype=float)
    scale = amounts.max(axis=0)
    scale[scale == 0] = np.inf  # nothing measured needs it: it costs nothing
    relative = amounts / scale / measured[:, None]
    costs = _least_squares(relative.tolist(), (np.maximum(rest, 0) / measured).tolist()) / scale
    return Own(*map(float, costs))


@answers.kept
def _least_squares(matrix: list[list[float]], times: list[float]) -> list[float]:
    from scipy.optimize import nnls  # half a second; not needed where the answer is kept

    return nnls(np.array(matrix), np.array(times))[0].tolist()


def _amounts(one: Far) -> tuple[float, ...]:
    """How much there is of each cost of Own."""
    done = one.fetched
    making = one.round_trip if one.writes else 0
    return done.requests + done.gets, done.bytes, done.indices, making


def predicted(one: Far, own: Own) -> float:
    """What the model says the remote suite should have measured."""
    # The suite's client is s3fs as it comes, and its network has no limit of bytes.
    return seconds(one.local, one.fetched, Storage(S3, one.round_trip, heads=True), own)


def held_out(found: list[Far]) -> Iterator[tuple[Far, float]]:
    """Each time of the remote suite, and what the model says that saw the other layouts alone."""
    layouts = list(dict.fromkeys(one.layout for one in found))
    for layout in layouts if len(layouts) > 1 else []:
        rest = [one for one in found if one.layout != layout]
        own = {writes: fit(rest, writes) for writes in (False, True)}
        for one in found:
            if one.layout == layout and (fitted := own[one.writes]):
                yield one, predicted(one, fitted)
