"""A layout's figures for one question: exact where they can be, else measured, else modelled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import product
from math import nan

import numpy as np

from tomobench.bench.access import Part
from tomobench.bench.layout import Codec, Layout, Shape
from tomobench.bench.objects import METADATA_OBJECTS, object_count
from tomobench.desk.advise.costs.prices import MILLION, Prices, Usage
from tomobench.desk.advise.costs.prices import load as load_prices
from tomobench.desk.advise.evidence import coding, expected, fetches, like, stored, work
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.evidence.coding import Coding
from tomobench.desk.advise.evidence.evidence import WRITE, Evidence, Measurements
from tomobench.desk.advise.evidence.expected import Cuts, Expectation, Selections
from tomobench.desk.advise.evidence.fetches import Fetcher, Fetches
from tomobench.desk.advise.evidence.figure import EXACT, MEASURED, MODELLED, Figure, total
from tomobench.desk.advise.evidence.work import Work
from tomobench.desk.advise.plan import memory, model, network
from tomobench.desk.advise.plan.fitted import Fitted, fitted
from tomobench.desk.advise.plan.network import S3
from tomobench.desk.advise.plan.question import Access, Candidate, Question


def estimated(
    layout: Layout, question: Question, evidence: Evidence, ratios: stored.Ratios | None = None
) -> Candidate:
    """What a layout takes, whichever it is: for the question's shape, type, use, storage and release.

    ``ratios``: the compression, where it is known from the voxels themselves; None: as for a plan.
    Raises UserError when the release was not timed, or the compression is not known.
    """
    return Estimate(question, evidence, ratios).candidate(layout)


@dataclass
class Estimate:
    """What one question's figures are computed from."""

    question: Question
    evidence: Evidence
    #: The compression, where it is known from the voxels themselves.
    given: stored.Ratios | None = None
    #: How many channels lie together in each chunk: all of them are fetched and decoded for the one that is asked for.
    channels: int = 1
    #: Of the voxels, the share whose chunks exist.
    share: float = 1.0

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
        if self.given:
            return self.given
        wanted = self.question
        volume = wanted.volume or self.source
        known = stored.ratios(self.evidence, wanted.dtype, volume, wanted.kind)
        return known or like.of_phantom(wanted.dtype, wanted.kind)

    @cached_property
    def source(self) -> str | None:
        """The volume that was measured itself: the one asked for, else voxels alike in shape,
        element type and kind; None where the compression is another's."""
        wanted = self.question
        if self.given:
            return None
        if wanted.volume in self.found:
            return wanted.volume
        alike = (
            name
            for name, one in self.found.items()
            if (one.shape, one.dtype, one.kind) == (wanted.shape, wanted.dtype, wanted.kind)
        )
        return next(alike, None)

    @cached_property
    def prices(self) -> Prices | None:
        return load_prices() if self.question.storage.kind == S3 else None

    def measured(self, kind: str, key):
        """A finding on the very volume, None where there is none."""
        return getattr(self.found[self.source], kind).get(key) if self.source else None

    @cached_property
    def coding(self) -> Coding:
        return coding.load(self.evidence.root)

    @cached_property
    def accuracy(self) -> dict[str, model.Errors | None]:
        """How far off modelled times are, by access of the use, and of a whole write."""
        far = self.question.storage.kind == S3
        of = self.fitted.errors_far if far else self.fitted.errors_of
        names = dict.fromkeys([*self.question.use.weights, uses.WRITES])
        return {name: of(uses.alike(name, WRITE)) for name in names}

    def candidate(self, layout: Layout) -> Candidate:
        use = self.question.use
        objects, kept = self.objects(layout), self.stored(layout)
        write = self.write(layout, objects, kept)
        done = {name: self.expected(layout, name) for name in use.reads}
        dense = {name: self.fetched(layout, name, done[name]) for name in use.reads}
        accesses = {
            name: write
            if name == uses.WRITES
            else self.access(layout, name, done[name], dense[name])
            for name in use.weights
        }
        mean = [accesses[name].seconds.times(share) for name, share in use.shares.items()]
        seconds = total(mean) if mean else Figure(nan, MODELLED)
        memory = max((one.memory for one in accesses.values()), default=write.memory)
        asked = {name: one.existing(self.share) for name, one in dense.items()}
        costs = self.costs(asked, objects, kept) if self.prices else ()
        return Candidate(layout, objects, kept, accesses, write, seconds, memory, *costs)

    def objects(self, layout: Layout) -> Figure:
        metadata = METADATA_OBJECTS[self.line, layout.zarr_format]
        return Figure(object_count(self.question.shape, layout, metadata), EXACT)

    def stored(self, layout: Layout) -> Figure:
        if nbytes := self.measured("stored", layout):
            return Figure(nbytes, EXACT)
        wanted = self.question
        return Figure(self.ratios.bytes(wanted.shape, wanted.itemsize, layout), MODELLED)

    def density(self, layout: Layout) -> float:
        """Stored bytes of a voxel, with those of the other channels in its chunk."""
        return self.voxel_bytes / self.ratios.of(layout.chunks, layout.codec)

    @property
    def voxel_bytes(self) -> int:
        """Bytes of a voxel in a decoded chunk, with those of the other channels."""
        return self.question.itemsize * self.channels

    def expected(self, layout: Layout, name: str) -> Expectation:
        """The mean work of an access, over all its positions."""
        return _expected(uses.selections(name), self.question.shape, layout.chunks, layout.shards)

    def fetched(self, layout: Layout, name: str, done: Expectation) -> Fetches:
        """What an access asks a store for where every chunk exists: its mean."""
        found = self.fetched_at(layout, name, done, (self.density(layout),))
        return Fetches(*(float(np.ravel(one)[0]) for one in vars(found).values()))

    def fetched_at(
        self, layout: Layout, name: str, done: Expectation, densities: tuple[float, ...]
    ) -> Fetches:
        """The same where so many bytes of a voxel are stored, for each of the densities."""
        wanted = self.question
        reader = Fetcher(self.version, wanted.storage.concurrency)
        if layout.shards and done.work.split[0]:
            cut = (layout.chunks, layout.shards)
            return _sampled(uses.selections(name), wanted.shape, cut, densities, reader)
        return done.fetches(np.array(densities), reader.concurrency, reader.merges)

    def peaks(self, layout: Layout, codecs: Sequence[Codec]) -> Iterator[np.ndarray]:
        """Bytes of memory that each access needs of a layout in each codec, (c,): what is the quickest to
        work out first. The most of all is :meth:`candidate`'s memory."""
        densities = tuple(self.density(replace(layout, codec=one)) for one in codecs)
        for name in sorted(self.holding, key=_boxed):
            done, reads = self.expected(layout, name), name != uses.WRITES
            asked = self.fetched_at(layout, name, done, densities) if reads else None
            yield np.broadcast_to(self.memory(done, np.array(densities), asked), len(codecs))

    @property
    def holding(self) -> list[str]:
        """The accesses of the use, whose memory counts; of an archive, writing it."""
        use = self.question.use
        written = uses.WRITES in use.weights or not use.reads
        return [*use.reads, *([uses.WRITES] if written else [])]

    def access(self, layout, name, done: Expectation, dense: Fetches) -> Access:
        """``dense``: what it asks for where every chunk exists, as in places that memory has to do for."""
        asked, worked = dense.existing(self.share), done.work.existing(self.share)
        known = uses.suite_name(name)
        counted = {
            what: self.measured("counts", (what, known, layout))
            for what in ("requests", "bytes_fetched")
        }
        exact = not asked.ranges or (self.share == 1 and not Fetcher(self.version).merges)
        requests = Figure(asked.requests, EXACT if exact else MODELLED)
        nbytes = Figure(asked.bytes, MODELLED)
        if None not in counted.values():
            requests, nbytes = (Figure(number, EXACT) for number in counted.values())
        heads = self.question.storage.heads_of(asked)
        requests = Figure(requests.value + heads, requests.how)
        seconds = self.seconds(layout, known, worked, asked)
        decoded = float(worked.decoded[0] / worked.asked) * self.channels
        held = float(self.memory(done, self.density(layout), dense)[0])
        return Access(requests, nbytes, seconds, decoded, float(asked.rounds), held, heads)

    def memory(self, done: Expectation, density, asked: Fetches | None = None) -> np.ndarray:
        """Bytes of memory in each layout, (n,), of an access that asks for so much; without, of writing
        a unit."""
        wanted = self.question
        reader = Fetcher(self.version, wanted.storage.concurrency)
        held = memory.HeldVoxels(done.cuts, wanted.shape, self.voxel_bytes)
        if asked is None:
            return memory.writing(held, density, reader)
        along = [one.asked for one in done.along]
        return memory.reading(done.work, along, held, density, asked.bytes, reader)

    def write(self, layout: Layout, objects: Figure, kept: Figure) -> Access:
        worked = work.of_whole(self.question.shape, layout)
        at_once = self.question.storage.concurrency
        done = fetches.of_write(int(objects.value), kept.value, at_once)
        seconds = self.seconds(layout, WRITE, worked, done)
        held = float(self.memory(self.expected(layout, uses.WRITES), self.density(layout))[0])
        return Access(objects, kept, seconds, worked.decoded / worked.asked, done.rounds, held)

    def seconds(self, layout, known: str | None, worked: Work, done: Fetches) -> Figure:
        wanted, writes = self.question, known == WRITE
        local = self.measured("times", (known, layout))
        how = MEASURED if local else MODELLED
        factor = self.coding.of(wanted.dtype, wanted.kind, layout.codec, writes)
        cut = model.cut_of(layout, self.line)
        value = (
            local.value
            if local
            else self.fitted.on_disk.seconds(worked, self.voxel_bytes, cut, writes, factor)
        )
        value = float(np.ravel(value)[0])
        if wanted.storage.cached:
            return Figure(value, how)
        own = self.fitted.own[writes] or network.NOTHING
        return Figure(float(network.seconds(value, done, wanted.storage, own)), MODELLED)

    def costs(
        self, asked: dict[str, Fetches], objects: Figure, kept: Figure
    ) -> tuple[Decimal, Decimal, Decimal]:
        assert self.prices is not None  # as on S3
        requests = transfer = Decimal(0)
        for name, share in self.question.use.shares.items():
            if name == uses.WRITES:
                usage = Usage({"put": int(objects.value)}, written=int(kept.value))
                requests += Decimal(share) * self.prices.of(usage)
                continue
            fetched = asked[name]
            counted = {
                "get": fetched.gets,
                "range get": fetched.indices + fetched.ranges,
                "head": self.question.storage.heads_of(fetched),
            }
            kinds = {kind: Decimal(number) for kind, number in counted.items()}
            requests += Decimal(share) * self.prices.of(Usage(kinds))
            transfer += Decimal(share) * self.prices.of(Usage({}, int(fetched.bytes)))
        month = self.prices.of_keeping(int(kept.value) * self.question.tomograms)
        return requests * MILLION, transfer * MILLION, month


def _boxed(name: str) -> int:
    """Along how many axes an access has places to be at."""
    return sum(selected not in (expected.ALL, expected.ONE) for selected in uses.selections(name))


@lru_cache(maxsize=4096)
def _expected(
    selections: Selections, shape: Shape, chunks: Shape, shards: Shape | None
) -> Expectation:
    """The work of an access in one layout: kept for the next question."""
    return expected.of(selections, shape, Cuts.of([Layout(chunks, shards, zarr_format=3)]))


#: Positions of a box at which the merging of ranges is looked at: eight, spread evenly.
SPREAD = (1 / 4, 3 / 4)


@lru_cache(maxsize=4096)
def _sampled(
    selections: Selections,
    shape: Shape,
    cut: tuple[Shape, Shape],
    densities: tuple[float, ...],
    reader: Fetcher,
) -> Fetches:
    """What is fetched of shards read in part: in the mean over a few positions, spread evenly.

    ``cut``: chunks and shards. Each figure (d,), of each density.
    """
    along = []
    for selected, length in zip(selections, shape):
        if selected == expected.ALL:
            along.append([slice(0, length)])
        elif selected == expected.ONE:
            along.append([slice(length // 2, length // 2 + 1)])
        else:
            room = max(0, length - int(selected))
            starts = dict.fromkeys(int(share * room) for share in SPREAD)
            along.append([slice(a, min(a + int(selected), length)) for a in starts])
    parts, layout = [Part(one) for one in product(*along)], Layout(*cut, zarr_format=3)
    found = (fetches.of([one], shape, layout, np.array(densities), reader) for one in parts)
    return sum(found, Fetches()).times(1 / len(parts))
