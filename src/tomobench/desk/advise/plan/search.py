"""The search: every layout of the lattice is estimated at once, and the best ones closely.

First the whole lattice in the default codec, as arrays. What is best in something is kept, and tried
in each codec. What is then shown is estimated one by one, where figures that were measured or counted
take the place of the model's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from pathlib import Path

import numpy as np

from tomobench.bench.layout import Codec, Layout
from tomobench.bench.objects import METADATA_OBJECTS
from tomobench.desk.advise.evidence import expected, fetches
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.evidence.expected import Cuts
from tomobench.desk.advise.evidence.stored import DEFAULT, Ratios
from tomobench.desk.advise.plan import (
    candidates,
    lattice,
    left_out,
    model,
    network,
    reasons,
)
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.question import Candidate, Question, Ranking
from tomobench.desk.errors import UserError

#: Times that differ by less are one: half of the model's own error is more than that.
TIE = 0.05
#: By how much something has to be better to be worth a line: time, objects, bytes, cost, memory, and
#: the time of writing.
WORTH = (TIE, 0.1, candidates.SAME_BYTES, TIE, 0.25, 0.5)
#: How many times as many bytes as the smallest a layout may be stored in: labels would otherwise be
#: best off not compressed, at fifty times their size, for some milliseconds.
SPARE = 1.25
#: Layouts of the lattice that each codec is tried on, and lines that are shown unless asked.
POOL, LINES = 48, 12


@dataclass(frozen=True)
class Searched:
    """What the search found. ``ranking``: the layouts shown, the named one first; ``compared``: how
    many layouts; ``ties``: other layouts whose time is the same, the nearest first; ``formats``: of
    the shown ones, by place, whether the other Zarr format makes no difference; ``regret``: by term
    of the use, how many times as long as in the layout that is best for that term alone, and that
    layout; ``compressed``: where the named one is not compressed, the best that is."""

    ranking: Ranking
    compared: int
    ties: list[Candidate]
    formats: dict[int, bool]
    regret: dict[str, tuple[float, Layout]]
    compressed: Candidate | None = None


def search(
    question: Question,
    evidence: Evidence,
    root: Path | None = None,
    ratios: Ratios | None = None,
    lines: int | None = None,
) -> Searched:
    """The layouts that serve a question best.

    ``ratios``: the compression, where it is known from the voxels. ``lines``: so many in order of
    time (0: all that were tried in each codec); None: at most LINES, each better in something than
    those above it. Raises UserError as :func:`.candidates.rank`, and where no layout is within the
    limits.
    """
    return of_desk(Estimate(question, evidence, ratios), root, lines)


def of_desk(desk: Estimate, root: Path | None = None, lines: int | None = None) -> Searched:
    """As :func:`search`, with the estimate that is used for the answer's words too."""
    question = desk.question
    grids = tuple(candidates.layouts(question.shape))
    cuts = lattice.cuts(question.shape, question.itemsize, grids)
    rules = left_out.Rules(question, desk.line, root, _codecs(desk))
    sweep = Sweep(desk, cuts)
    kept, said = rules.kept(cuts)
    kept, beyond = sweep.within_limits(kept)
    said |= beyond
    if not kept.any():
        raise UserError(f"no layout is left: {'; '.join(said.values())}")
    best = sweep.take(kept)
    pool = best.cuts.take(_pool(best, question))
    tried = [(one, codec) for codec in _codecs(desk) for one in [rules.allowing(pool, codec)]]
    several = [(Sweep(desk, one, codec), codec) for one, codec in tried if len(one)]
    aims = np.concatenate([one.aims for one, _ in several])
    layouts = [
        replace(one.cuts.layout(place), codec=codec)
        for one, codec in several
        for place in range(len(one.cuts))
    ]
    spare = aims[:, 2] <= most_bytes(desk)
    if spare.any() and not spare.all():
        said["bytes"] = (
            f"{int((~spare).sum())} ways to code what was tried closely: more than {SPARE - 1:.0%} more "
            "bytes than the smallest"
        )
        aims, layouts = aims[spare], [one for one, kept in zip(layouts, spare) if kept]
    shown = _chosen(desk, aims, layouts, lines)
    ties = _ties(desk, aims, layouts, shown[0])
    regret = _regret(question, best, several, shown[0])
    marked = [replace(one, front=_on_front(question, one, shown)) for one in shown]
    ranking = Ranking(
        question,
        marked,
        said,
        reasons.of_winner(question, marked),
        reasons.notes(desk),
        desk.source,
    )
    formats = {place: _either(desk, rules, one) for place, one in enumerate(marked)}
    compressed = _compressed(desk, aims, layouts, shown[0])
    return Searched(ranking, int(kept.sum()), ties, formats, regret, compressed)


def most_bytes(desk: Estimate) -> float:
    """The most bytes of a tomogram that a layout may be stored in: SPARE times those of the codec that
    compresses most."""
    question = desk.question
    ratio = max(desk.ratios.of((64, 64, 64), codec) for codec in _codecs(desk))
    return SPARE * prod(question.shape) * question.itemsize / ratio


def _codecs(desk: Estimate) -> list[Codec]:
    """The codecs whose times and compression are known; the default one first."""
    given = len({codec for codec, _ in desk.ratios.found}) == 1
    return [DEFAULT] if given else list(dict.fromkeys([DEFAULT, *desk.coding.codecs()]))


class Sweep:
    """Estimates of many layouts at once, in one codec."""

    def __init__(self, desk: Estimate, cuts: Cuts, codec: Codec = DEFAULT):
        self.desk, self.cuts, self.codec = desk, cuts, codec

    def take(self, which: np.ndarray) -> "Sweep":
        """Those of some layouts."""
        return Sweep(self.desk, self.cuts.take(which), self.codec)

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
        question = self.desk.question
        held = [
            self.desk.memory(self.works[name], self.density, self.asked(name))
            for name in question.use.reads
        ]
        if uses.WRITES in question.use.weights or not held:
            held.append(self.desk.memory(self.works[uses.WRITES], self.density))
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
        question = self.desk.question
        limits, use = question.limits, question.use
        size = np.prod(self.cuts.chunks, axis=1) * question.itemsize
        rules = {
            "--max-objects": (
                self.objects <= limits.objects,
                f"a tomogram of more than {limits.objects:,.0f} objects",
            ),
            "--max-chunk": (size <= limits.chunk, f"chunks of more than {_size(limits.chunk)}"),
            "--max-memory": (
                self.memory <= limits.memory,
                f"an access that needs more than {_size(limits.memory)} of memory",
            ),
            "workers": (
                self.units >= use.workers,
                f"fewer chunks or shards than {use.workers} workers, so that two would write into one",
            ),
        }
        said = {}
        for name, (within, reason) in rules.items():
            if (beyond := kept & ~within).any():
                said[name] = f"{int(beyond.sum()):,} layouts: {reason}"
                kept = kept & within
        return kept, said


def _size(nbytes: float) -> str:
    return f"{nbytes:,.0f} bytes" if nbytes < 2**20 else f"{nbytes / 2**20:,.4g} MiB"


def _order(question: Question, aims: np.ndarray) -> np.ndarray:
    """The places in order: of time; of an archive, of bytes and objects."""
    if question.use.archive:
        size = np.round(np.log(aims[:, 2]) / candidates.SAME_BYTES)
        return np.lexsort((aims[:, 2], aims[:, 1], size))
    return np.lexsort((aims[:, 2], aims[:, 1], aims[:, 0]))


def _first(question: Question, aims: np.ndarray, order: np.ndarray) -> int:
    """The place of the one that is named: of those whose time is that of the fastest, the one with
    the least product of objects, bytes and the time of writing."""
    if question.use.archive:
        return int(order[0])
    same = np.flatnonzero(aims[:, 0] <= (1 + TIE) * aims[order[0], 0])
    return int(same[np.argmin(aims[same][:, [1, 2, 5]].prod(axis=1))])


def front(aims: np.ndarray, order: Iterable[int], most: int) -> list[int]:
    """Places in this order, each by WORTH better in something than every one before it."""
    alive = np.ones(len(aims), dtype=bool)
    found: list[int] = []
    easier = aims * (1 + np.array(WORTH))
    for place in order:
        if alive[place]:
            found.append(int(place))
            if len(found) == most:
                break
            alive &= ~(aims[place] <= easier).all(axis=1)
    return found


def _pool(sweep: Sweep, question: Question) -> np.ndarray:
    """The layouts that each codec is tried on: the best ones, and those best in something."""
    order = _order(question, sweep.aims)
    first = _first(question, sweep.aims, order)
    best = front(sweep.aims, [first, *order.tolist()], POOL)
    return np.array(list(dict.fromkeys([first, *order[:POOL].tolist(), *best])))


def _chosen(desk: Estimate, aims: np.ndarray, layouts: list[Layout], lines) -> list[Candidate]:
    """The layouts that are shown, estimated one by one."""
    question = desk.question
    order = _order(question, aims)
    if lines is None:
        first = _first(question, aims, order)
        # The fastest is among them, so that the one named is compared with it.
        best = front(aims, [first, *order.tolist()], 2 * LINES)
        places = list(dict.fromkeys([int(order[0]), *best]))
    else:
        places = order[: lines or None].tolist()
    closely = [desk.candidate(layouts[place]) for place in places]
    own = np.array([_aims(question, one) for one in closely])
    order = _order(question, own)
    if lines is not None:
        return [closely[place] for place in order]
    first = _first(question, own, order)
    shown = [closely[place] for place in front(own, [first, *order.tolist()], len(own))]
    return _without_twins(shown)[:LINES]


def _without_twins(shown: list[Candidate]) -> list[Candidate]:
    """Without what differs from a line above in the Zarr format alone, and takes as long."""
    found: list[Candidate] = []
    for one in shown:
        cut = replace(one.layout, zarr_format=3)
        twins = (other for other in found if replace(other.layout, zarr_format=3) == cut)
        if not any(_ratio(one, other) < 1 + TIE for other in twins):
            found.append(one)
    return found


def _ratio(one: Candidate, other: Candidate) -> float:
    """How many times as long one of two takes as the other, 1 and above."""
    times = [
        each.write.seconds.value if not each.accesses else each.seconds.value
        for each in (one, other)
    ]
    return max(times) / min(times)


def _aims(question: Question, one: Candidate) -> tuple[float, ...]:
    time = one.write.seconds if question.use.archive else one.seconds
    cost = float(one.requests or 0)
    written = one.write.seconds.value
    return (time.value, one.objects.value, one.stored.value, cost, one.memory, written)


def _on_front(question: Question, one: Candidate, others: list[Candidate]) -> bool:
    mine = np.array(_aims(question, one))
    theirs = np.array([_aims(question, other) for other in others])
    return not ((theirs <= mine).all(axis=1) & (theirs < mine).any(axis=1)).any()


def _ties(desk: Estimate, aims, layouts: list[Layout], first: Candidate) -> list[Candidate]:
    """Layouts of another cut, in the codec of the named one, whose time is the same."""
    if desk.question.use.archive:
        return []
    cut = (first.layout.chunks, first.layout.shards)
    near = sorted(
        (abs(np.log(aims[place, 0] / first.seconds.value)), place)
        for place, one in enumerate(layouts)
        if (one.chunks, one.shards) != cut
        and one.codec == first.layout.codec
        and one.zarr_format == first.layout.zarr_format
    )
    found = [desk.candidate(layouts[place]) for off, place in near[:6] if off < TIE]
    return [one for one in found if abs(one.seconds.value / first.seconds.value - 1) < TIE]


def _compressed(desk: Estimate, aims, layouts: list[Layout], first: Candidate) -> Candidate | None:
    """The best layout that is compressed, where the one that is named is not: of those that spare at
    least half of the bytes that can be spared."""
    small = np.flatnonzero(aims[:, 2] <= (first.stored.value + aims[:, 2].min()) / 2)
    places = [place for place in small.tolist() if layouts[place].codec.name != "none"]
    if first.layout.codec.name != "none" or not places:
        return None
    own = aims[places]
    return desk.candidate(layouts[places[_first(desk.question, own, _order(desk.question, own))]])


def _either(desk: Estimate, rules: "left_out.Rules", one: Candidate) -> bool:
    """Whether the other Zarr format is as fast, and allowed."""
    other = replace(one.layout, zarr_format=5 - one.layout.zarr_format)
    if one.layout.shards or not rules.allows(other):
        return False
    return _ratio(desk.candidate(other), one) < 1 + TIE


def _regret(question: Question, best: Sweep, several, first: Candidate) -> dict:
    """What each term of the use loses by the common layout."""
    terms, codec = question.use.terms, first.layout.codec
    alike = Sweep(best.desk, best.cuts, codec)
    found = {}
    for term, weights in terms.items() if len(terms) > 1 else ():
        share = sum(weights.values())
        mine = sum(w * first.accesses[name].seconds.value for name, w in weights.items()) / share
        least, layout = np.inf, first.layout
        for sweep, coded in [(best, DEFAULT), (alike, codec), *several]:
            theirs = sum(w * sweep.times[name] for name, w in weights.items()) / share
            place = int(np.argmin(theirs))
            if theirs[place] < least:
                least, layout = float(theirs[place]), replace(sweep.cuts.layout(place), codec=coded)
        found[term] = (max(1.0, mine / least), layout if least < mine else first.layout)
    return found
