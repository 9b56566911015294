"""Where a store is, and what a network adds to the time of an access.

Work is the time on a disk, and what client and server take for each request, each byte and each
shard read in part. Waits are rounds × round trip: a round is what can be asked for at once
(``concurrency`` requests), and the next waits for its answer. Answers come one by one, so that from
the second round on work is done while other requests wait (:func:`.fitting.together`). Bytes / bandwidth is
added, and so is making an array, which takes round trips of its own, one after another. What client
and server take is fitted to the remote suite, reads and whole writes apart, where there are results
of it, and 0 where there are none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isinf, prod
from typing import Any

import numpy as np

from tomobench.bench import access
from tomobench.bench.grids import S3_LAYOUTS, s3_layout
from tomobench.bench.layout import Layout
from tomobench.bench.objects import object_count
from tomobench.desk.advise.evidence import fetches, work
from tomobench.desk.advise.evidence.evidence import WRITE, Evidence, Measurements
from tomobench.desk.advise.evidence.fetches import Fetcher, Fetches
from tomobench.desk.advise.evidence.work import Work
from tomobench.desk.advise.plan import fitting
from tomobench.desk.advise.plan.model import Model, cut_of

DISK, S3 = "disk", "s3"
#: Requests in flight at once: botocore's connections (max_pool_connections) in both lines, and
#: zarr 3's async.concurrency.
CONCURRENCY = 10


@dataclass(frozen=True)
class Storage:
    """A disk, or S3.

    ``latency``: seconds of a round trip. ``bandwidth``: bytes a second, of a disk or of all
    connections together; a disk without a limit has all in the page cache.
    ``heads``: whether the client asks for the size of each whole object first, as s3fs does unless
    it has max_concurrency=1 (fsspec/s3fs issue 1027).
    """

    kind: str = DISK
    latency: float = 0.0
    bandwidth: float = inf
    concurrency: int = CONCURRENCY
    heads: bool = False

    @property
    def cached(self) -> bool:
        """Whether it is a warm page cache."""
        return self.kind == DISK and isinf(self.bandwidth)

    def heads_of(self, done: Fetches) -> Any:
        """HEADs that come before what is fetched: one for each whole object, where the client asks."""
        return done.gets if self.heads else 0


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
    """The time of what takes ``local`` seconds in a warm page cache; arrays give an array."""
    moved = done.bytes / storage.bandwidth
    if storage.kind == DISK:
        return local + moved
    heads = storage.heads_of(done)
    busy = local + (done.requests + heads) * own.request + done.bytes * own.byte
    flow = _flow(done, storage)
    making = own.making * storage.latency
    return fitting.together(busy + done.indices * own.shard, *flow) + making + moved


def _flow(done: Fetches, storage: Storage) -> tuple[Any, Any, Any]:
    """Seconds of waits, rounds, and requests in a round."""
    heads = storage.heads_of(done)
    rounds = done.rounds + np.ceil(heads / storage.concurrency)
    at_once = (done.waits + heads) / np.maximum(rounds, 1)
    return (
        rounds * storage.latency,
        np.maximum(rounds, 1),
        np.clip(at_once, 1, storage.concurrency),
    )


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


def far(evidence: Evidence, release: str, fitted: Model) -> Iterator[Far]:
    """What the remote suite measured of a release (a hash), beside what the model says it is made of."""
    about = evidence.history.find(release)
    version = evidence.history.name_of(release)
    for volume, one in evidence.of(release).items():
        for (name, said, round_trip), time in one.remote.items():
            if said not in S3_LAYOUTS or not one.stored:
                continue
            layout = s3_layout(said, one.shape)
            done, worked = _done(name, one, layout, version)
            local = fitted.seconds(worked, one.itemsize, cut_of(layout, about.line), name == WRITE)
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
    """What client and server take in reads or in whole writes, by relative error; None without
    results."""
    found = [one for one in found if one.writes is writes]
    if not found:
        return None
    rows = [
        [one.measured, one.local, *map(float, _flow(one.fetched, _storage(one)))] for one in found
    ]
    return Own(*fitting.costs_with_waits(rows, [list(map(float, _amounts(one))) for one in found]))


def _amounts(one: Far) -> tuple[float, ...]:
    """How much there is of each cost of Own."""
    done = one.fetched
    making = one.round_trip if one.writes else 0
    return done.requests + done.gets, done.bytes, done.indices, making


def _storage(one: Far) -> Storage:
    """The remote suite's: its client is s3fs as it comes, and its network has no limit of bytes."""
    return Storage(S3, one.round_trip, heads=True)


def predicted(one: Far, own: Own) -> float:
    """What the model says the remote suite should have measured."""
    return seconds(one.local, one.fetched, _storage(one), own)


def held_out(found: list[Far]) -> Iterator[tuple[Far, float]]:
    """Each time of the remote suite, and what the model says that saw the other layouts alone."""
    layouts = list(dict.fromkeys(one.layout for one in found))
    for layout in layouts if len(layouts) > 1 else []:
        rest = [one for one in found if one.layout != layout]
        own = {writes: fit(rest, writes) for writes in (False, True)}
        for one in found:
            if one.layout == layout and (fitted := own[one.writes]):
                yield one, predicted(one, fitted)
