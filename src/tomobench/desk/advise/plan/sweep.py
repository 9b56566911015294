"""The figures of many layouts at once, in one codec: what a search goes through."""

from dataclasses import replace
from functools import cached_property
from math import prod

import numpy as np

from tomobench.bench.layout import Codec, Layout
from tomobench.bench.objects import METADATA_OBJECTS
from tomobench.desk.advise.evidence import expected, fetches
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.evidence.expected import Cuts
from tomobench.desk.advise.evidence.stored import DEFAULT
from tomobench.desk.advise.plan import lattice, limits, model, network
from tomobench.desk.advise.plan.estimate import Estimate


class Sweep:
    """Estimates of many layouts at once, in one codec."""

    def __init__(self, desk: Estimate, cuts: Cuts, codec: Codec = DEFAULT):
        self.desk, self.cuts, self.codec = desk, cuts, codec

    def take(self, which: np.ndarray) -> "Sweep":
        """Those of some layouts."""
        return Sweep(self.desk, self.cuts.take(which), self.codec)

    def layout(self, place: int) -> Layout:
        """One of the layouts, in the codec."""
        return replace(self.cuts.layout(place), codec=self.codec)

    @cached_property
    def density(self) -> np.ndarray:
        """Stored bytes of a voxel, (n,)."""
        sizes = np.prod(self.cuts.chunks, axis=1)
        ratios = self.desk.ratios
        if self.codec == DEFAULT:
            return self.desk.question.itemsize / ratios.of_sizes(sizes)
        distinct, back = np.unique(self.cuts.chunks, axis=0, return_inverse=True)
        found = [ratios.of(tuple(map(int, one)), self.codec) for one in distinct]
        return self.desk.question.itemsize / np.array(found)[back.ravel()]

    @cached_property
    def objects(self) -> np.ndarray:
        """Objects of a tomogram, (n,)."""
        metadata = np.where(
            self.cuts.zarr_format == 2,
            METADATA_OBJECTS[self.desk.line, 2],
            METADATA_OBJECTS.get((self.desk.line, 3), 0),
        )
        return self.units + metadata

    @cached_property
    def units(self) -> np.ndarray:
        return lattice.units(self.desk.question.shape, self.cuts)

    @cached_property
    def stored(self) -> np.ndarray:
        """Stored bytes of a tomogram, (n,)."""
        indices = self.units * (fetches.ENTRY * self.cuts.within + fetches.CHECKSUM)
        return prod(self.desk.question.shape) * self.density + np.where(
            self.cuts.sharded, indices, 0
        )

    @cached_property
    def works(self) -> dict[str, expected.Expectation]:
        question = self.desk.question
        return {
            name: expected.of(uses.selections(name), question.shape, self.cuts)
            for name in [*question.use.reads, uses.WRITES]
        }

    def asked(self, name: str) -> fetches.Fetches:
        """What an access that reads asks a store for."""
        fetcher = fetches.Fetcher(self.desk.version, self.desk.question.storage.concurrency)
        return self.works[name].fetches(self.density, fetcher.concurrency, fetcher.merges)

    @cached_property
    def times(self) -> dict[str, np.ndarray]:
        """Seconds of each access of the use, and of a whole write, (n,)."""
        return {name: self._seconds(name) for name in self.works}

    def _seconds(self, name: str) -> np.ndarray:
        question, writes = self.desk.question, name == uses.WRITES
        factor = self.desk.coding.of(question.dtype, question.kind, self.codec, writes)
        cut = model.cut(self.cuts.sharded, self.cuts.zarr_format, self.codec, self.desk.line)
        local = self.desk.fitted.on_disk.seconds(
            self.works[name].work, question.itemsize, cut, writes, factor
        )
        storage = question.storage
        if storage.cached:
            return np.broadcast_to(local, (len(self.cuts),))
        if writes:
            rounds = fetches.TRIPS_OF_PUT * np.ceil(self.objects / storage.concurrency)
            more = (fetches.TRIPS_OF_PUT - 1) * self.objects
            done = fetches.Fetches(0, 0, self.objects, self.stored, rounds, more)
        else:
            done = self.asked(name)
        own = self.desk.fitted.own[writes] or network.NOTHING
        return network.seconds(local, done, storage, own)

    @cached_property
    def mean(self) -> np.ndarray:
        """Seconds of the mean access; of an archive, of writing it, (n,)."""
        shares = self.desk.question.use.shares
        if not shares:
            return self.times[uses.WRITES]
        return sum((share * self.times[name] for name, share in shares.items()), np.zeros(1))

    @cached_property
    def memory(self) -> np.ndarray:
        """Bytes that the greediest access needs, (n,)."""
        held = [
            self.desk.memory(
                self.works[name], self.density, None if name == uses.WRITES else self.asked(name)
            )
            for name in self.desk.holding
        ]
        return np.max(held, axis=0)

    @cached_property
    def cost(self) -> np.ndarray:
        """What requests of a million accesses cost, (n,); 0 on a disk."""
        prices, question = self.desk.prices, self.desk.question
        total = np.zeros(len(self.cuts))
        if prices is None:
            return total
        each = {kind: float(price) / 1000 for kind, price in prices.per_thousand_requests.items()}
        for name, share in question.use.shares.items():
            if name == uses.WRITES:
                total += share * each["put"] * self.objects
                continue
            asked = self.asked(name)
            total += share * each["get"] * asked.gets
            total += share * each["head"] * question.storage.heads_of(asked)
            total += share * each["range get"] * (asked.indices + asked.ranges)
        return total * 1e6

    @cached_property
    def aims(self) -> np.ndarray:
        """What is the better the less there is of it, (n, 6): see WORTH. Of an archive bytes come
        first, and its time is that of writing it."""
        written = self.times[uses.WRITES]
        aims = [self.mean, self.objects, self.stored, self.cost, self.memory, written]
        return np.stack(aims, axis=1)

    def within_limits(self, kept: np.ndarray) -> tuple[np.ndarray, dict[str, str]]:
        """Which of the kept layouts take no more than was allowed, and why others are left out."""
        question, said = self.desk.question, {}
        size = np.prod(self.cuts.chunks, axis=1) * question.itemsize
        found = limits.kept(question, self.objects, size, self.memory, self.units)
        for name, (within, reason) in found.items():
            if (beyond := kept & ~within).any():
                said[name] = f"{int(beyond.sum()):,} layouts: {reason}"
                kept = kept & within
        return kept, said
