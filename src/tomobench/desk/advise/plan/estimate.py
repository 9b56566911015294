"""A layout's figures for one question: exact where they can be, else measured, else modelled."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from math import nan

from tomobench.bench.layout import Layout, Shape
from tomobench.bench.objects import METADATA_OBJECTS, object_count
from tomobench.desk.advise.costs.prices import MILLION, Prices, Usage
from tomobench.desk.advise.costs.prices import load as load_prices
from tomobench.desk.advise.evidence import fetches, stored, work
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.evidence.evidence import WRITE, Evidence, Measurements
from tomobench.desk.advise.evidence.fetches import Fetcher, Fetches
from tomobench.desk.advise.evidence.figure import EXACT, MEASURED, MODELLED, Figure, total
from tomobench.desk.advise.evidence.work import Work
from tomobench.desk.advise.plan import network
from tomobench.desk.advise.plan.fitted import Fitted, fitted
from tomobench.desk.advise.plan.network import DISK, S3
from tomobench.desk.advise.plan.question import Access, Candidate, Question


@dataclass
class Estimate:
    """What one question's figures are computed from."""

    question: Question
    evidence: Evidence

    @cached_property
    def fitted(self) -> Fitted:
        return fitted(self.evidence, self.question.release)

    @property
    def version(self) -> str:
        return self.fitted.version

    @property
    def line(self) -> str:
        return self.evidence.history.find(self.question.release).line

    @property
    def found(self) -> dict[str, Measurements]:
        return self.fitted.found

    @cached_property
    def ratios(self) -> stored.Ratios:
        if self.question.ratios:
            return self.question.ratios
        return stored.ratios(self.evidence, self.question.dtype, self.question.volume)

    @cached_property
    def source(self) -> str | None:
        """The volume that was measured itself: the one asked for, else raw voxels alike in shape
        and element type."""
        wanted = self.question
        if wanted.volume in self.found:
            return wanted.volume
        alike = (
            name
            for name, one in self.found.items()
            if one.raw and (one.shape, one.dtype) == (wanted.shape, wanted.dtype)
        )
        return next(alike, None)

    @cached_property
    def prices(self) -> Prices | None:
        return load_prices() if self.question.storage.kind == S3 else None

    def measured(self, kind: str, key):
        """A finding on the very volume, None where there is none."""
        return getattr(self.found[self.source], kind).get(key) if self.source else None

    def candidate(self, layout: Layout) -> Candidate:
        weights = self.question.use.weights
        done = {name: self.fetched(layout, name) for name in weights}
        accesses = {name: self.access(layout, name, *done[name]) for name in weights}
        share = sum(weights.values())
        mean = [accesses[name].seconds.times(w / share) for name, w in weights.items()]
        seconds = total(mean) if mean else Figure(nan, MODELLED)
        objects, kept = self.objects(layout), self.stored(layout)
        write = self.write(layout, objects, kept)
        costs = self.costs(done, kept) if self.prices else ()
        return Candidate(layout, objects, kept, accesses, write, seconds, *costs)

    def objects(self, layout: Layout) -> Figure:
        metadata = METADATA_OBJECTS[self.line, layout.zarr_format]
        return Figure(object_count(self.question.shape, layout, metadata), EXACT)

    def stored(self, layout: Layout) -> Figure:
        if not self.question.ratios and (nbytes := self.measured("stored", layout)):
            return Figure(nbytes, EXACT)
        wanted = self.question
        return Figure(self.ratios.bytes(wanted.shape, wanted.itemsize, layout), MODELLED)

    def fetched(self, layout: Layout, name: str) -> tuple[Fetches, int, bool]:
        """Fetches of an access (or of several of a kind), how many that is, and whether requests
        are exact."""
        wanted = self.question
        density = wanted.itemsize / self.ratios.of(layout.chunks)
        reader = Fetcher(self.version, wanted.storage.concurrency)
        done, times = _fetches(name, wanted.shape, layout, density, reader)
        return done, times, not (done.ranges and reader.merges)

    def access(self, layout, name, done: Fetches, times: int, exact: bool) -> Access:
        known = uses.suite_name(name)
        counted = {
            what: self.measured("counts", (what, known, layout))
            for what in ("requests", "bytes_fetched")
        }
        requests = Figure(done.requests, EXACT if exact else MODELLED)
        nbytes = Figure(done.bytes, MODELLED)
        if counted["requests"] is not None:
            requests = Figure(counted["requests"], EXACT)
        # Bytes hang on the voxels: those that were counted may be others' than the question's.
        if counted["bytes_fetched"] is not None and not self.question.ratios:
            nbytes = Figure(counted["bytes_fetched"], EXACT)
        worked = _work(name, self.question.shape, layout)
        seconds = self.seconds(layout, known, worked, done)
        requests, nbytes, seconds = (one.times(1 / times) for one in (requests, nbytes, seconds))
        decoded = worked.decoded / worked.asked
        return Access(requests, nbytes, seconds, decoded, done.rounds / times)

    def write(self, layout: Layout, objects: Figure, kept: Figure) -> Access:
        worked = work.of_whole(self.question.shape, layout)
        at_once = self.question.storage.concurrency
        done = fetches.of_write(int(objects.value), kept.value, at_once)
        seconds = self.seconds(layout, WRITE, worked, done)
        return Access(objects, kept, seconds, worked.decoded / worked.asked, done.rounds)

    def seconds(self, layout, known: str | None, worked: Work, done: Fetches) -> Figure:
        itemsize, storage = self.question.itemsize, self.question.storage
        local = self.measured("times", (known, layout))
        how = MEASURED if local else MODELLED
        value = (
            local.value
            if local
            else self.fitted.on_disk.seconds(worked, itemsize, layout, known == WRITE)
        )
        if storage.kind == DISK:
            return Figure(value, how)
        own = self.fitted.own[known == WRITE] or network.NOTHING
        return Figure(network.seconds(value, done, storage, own), MODELLED)

    def costs(self, done: dict, kept: Figure) -> tuple[Decimal, Decimal, Decimal]:
        assert self.prices is not None  # as on S3
        weights = self.question.use.weights
        requests = transfer = Decimal(0)
        for name, (fetched, times, _) in done.items():
            share = Decimal(weights[name]) / Decimal(sum(weights.values())) / times
            heads = fetched.gets if self.question.storage.heads else 0
            ranges = fetched.indices + fetched.ranges
            asked = {"get": fetched.gets, "range get": ranges, "head": heads}
            requests += share * self.prices.of(Usage(asked))
            transfer += share * self.prices.of(Usage({}, int(fetched.bytes)))
        month = self.prices.of_keeping(int(kept.value) * self.question.tomograms)
        return requests * MILLION, transfer * MILLION, month


@lru_cache(maxsize=1024)
def _fetches(
    name: str, shape: Shape, layout: Layout, density: float, reader: Fetcher
) -> tuple[Fetches, int]:
    """What an access of a use fetches, and how many accesses that is: kept for the next question."""
    parts, times = uses.parts(name, shape, layout)
    return fetches.of(parts, shape, layout, density, reader), times


@lru_cache(maxsize=1024)
def _work(name: str, shape: Shape, layout: Layout) -> Work:
    """The work of an access of a use, likewise."""
    return work.of(uses.parts(name, shape, layout)[0], layout)
