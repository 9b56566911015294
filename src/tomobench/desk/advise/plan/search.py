"""The search: every layout of the lattice is estimated at once, and the best ones closely.

First the whole lattice in the default codec, as arrays. What is best in something is kept, and tried
in each codec. What is then shown is estimated one by one, where figures that were measured or counted
take the place of the model's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from math import isinf, prod
from pathlib import Path

import numpy as np

from tomobench.bench.layout import Codec, Layout
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.evidence.stored import DEFAULT, Ratios
from tomobench.desk.advise.plan import candidates, lattice, left_out, limits, reasons
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.question import Candidate, Question, Ranking
from tomobench.desk.advise.plan.sweep import Sweep
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
    layout; ``compressed``: where the named one is not compressed, the best that is; ``lines``: the lines of
    zarr of which each writes the named one so that all of the question's readers open it."""

    ranking: Ranking
    compared: int
    ties: list[Candidate]
    formats: dict[int, bool]
    regret: dict[str, tuple[float, Layout]]
    compressed: Candidate | None
    lines: list[str]


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
    rules = left_out.Rules(question, desk.line, root, codecs(desk))
    sweep = Sweep(desk, cuts)
    kept, said = rules.kept(cuts)
    kept, over = sweep.within_limits(kept)
    said |= over
    best, closely = sweep.take(kept), Closely(desk, rules)
    pool = best.cuts.take(_pool(best, closely))
    if not len(pool):
        raise UserError(f"no layout is left: {'; '.join((said | closely.said()).values())}")
    tried = ((rules.allowing(pool, codec), codec) for codec in rules.codecs)
    several = [Sweep(desk, one, codec) for one, codec in tried if len(one)]
    coded, large = Coded.of(several).parted(most_bytes(desk, rules.usable))
    shown = _chosen(closely, coded, lines)
    if shown and len(large):
        said["bytes"] = (
            f"{len(large)} ways to code what was tried closely: more than {SPARE - 1:.0%} more bytes "
            "than the smallest"
        )
    if not shown:
        coded, shown = large, _chosen(closely, large, lines)
    said |= closely.said()
    marked = [replace(one, front=_on_front(question, one, shown)) for one in shown]
    ranking = Ranking(
        question,
        marked,
        said,
        reasons.of_winner(question, marked),
        reasons.notes(desk),
        desk.source,
    )
    return Searched(
        ranking,
        int(kept.sum()),
        _ties(closely, coded, shown[0]),
        {place: _either(closely, one) for place, one in enumerate(marked)},
        _regret(closely, best, several, shown[0]),
        _compressed(closely, coded, shown[0]),
        rules.lines(shown[0].layout),
    )


def most_bytes(desk: Estimate, usable: Iterable[Codec]) -> float:
    """The most bytes of a tomogram that a layout may be stored in: SPARE times those of the codec that
    compresses most, of the usable ones."""
    question = desk.question
    ratio = max(desk.ratios.of((64, 64, 64), codec) for codec in usable)
    return SPARE * prod(question.shape) * question.itemsize / ratio


def codecs(desk: Estimate) -> list[Codec]:
    """The codecs whose times and compression are known; the default one first."""
    given = len({codec for codec, _ in desk.ratios.found}) == 1
    return [DEFAULT] if given else list(dict.fromkeys([DEFAULT, *desk.coding.codecs()]))


class Closely:
    """Layouts that are looked at one by one, each once: what may be named, and its figures. What a sweep
    has of memory is the least that there can be: ranges of a shard are fetched with what lies between them."""

    def __init__(self, desk: Estimate, rules: left_out.Rules):
        self.desk, self.rules, self.question = desk, rules, desk.question
        self._found: dict[Layout, Candidate] = {}
        self._peaks: dict[Layout, dict[Codec, float]] = {}
        self._beyond: dict[Layout, str | None] = {}

    def of(self, layout: Layout) -> Candidate:
        """A layout's figures."""
        if layout not in self._found:
            self._found[layout] = self.desk.candidate(layout)
        return self._found[layout]

    def may_name(self, layout: Layout) -> bool:
        """Whether the question's readers and formats allow a layout, and it takes no more than was allowed."""
        return self.rules.allows(layout) and self._why_beyond(layout) is None

    def _why_beyond(self, layout: Layout) -> str | None:
        if layout not in self._beyond:
            objects = self.desk.objects(layout).value
            self._beyond[layout] = limits.beyond(self.question, layout, objects, self._peak(layout))
        return self._beyond[layout]

    def _peak(self, layout: Layout) -> float:
        """Bytes of memory: 0 where there is no limit, and no more than is beyond it."""
        if isinf(self.question.limits.memory):
            return 0.0
        cut = replace(layout, codec=DEFAULT)
        if cut not in self._peaks:
            self._peaks[cut] = dict(zip(self.rules.codecs, self._peaks_of(cut).tolist()))
        return self._peaks[cut][layout.codec]

    def _peaks_of(self, cut: Layout) -> np.ndarray:
        """Bytes of memory in each codec, (c,): accesses are looked at until all are beyond the limit."""
        found = np.zeros(len(self.rules.codecs))
        for held in self.desk.peaks(cut, self.rules.codecs):
            found = np.maximum(found, held)
            if (found > self.question.limits.memory).all():
                break
        return found

    def said(self) -> dict[str, str]:
        """How many were not within the limits, in words; nothing where all were."""
        over = list(filter(None, self._beyond.values()))
        told = f"{len(over):,} ways to code what was tried closely: {over[0]}" if over else ""
        return {"closely": told} if told else {}


@dataclass(frozen=True)
class Coded:
    """Layouts in each codec, and their aims as swept, (n, 6)."""

    layouts: list[Layout]
    aims: np.ndarray

    @classmethod
    def of(cls, several: list[Sweep]) -> "Coded":
        """Those of sweeps."""
        layouts = [one.layout(place) for one in several for place in range(len(one.cuts))]
        return cls(layouts, np.concatenate([one.aims for one in several]))

    def __len__(self) -> int:
        return len(self.layouts)

    def parted(self, most: float) -> tuple["Coded", "Coded"]:
        """Those of so many bytes at most, and the others."""
        small = self.aims[:, 2] <= most
        return self._where(small), self._where(~small)

    def _where(self, which: np.ndarray) -> "Coded":
        return Coded([one for one, kept in zip(self.layouts, which) if kept], self.aims[which])


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


def _pool(sweep: Sweep, closely: Closely) -> np.ndarray:
    """The places of the layouts that each codec is tried on: the best ones, and those best in something, of
    those that are within the limits in one codec or another."""
    question, left = closely.question, np.arange(len(sweep.cuts))
    while len(left):
        aims = sweep.aims[left]
        order = _order(question, aims)
        first = _first(question, aims, order)
        best = front(aims, [first, *order.tolist()], POOL)
        pool = left[list(dict.fromkeys([first, *order[:POOL].tolist(), *best]))]
        if isinf(question.limits.memory):  # the sweep knows the rest
            return pool
        layouts = map(sweep.cuts.layout, pool.tolist())
        able = [any(map(closely.may_name, closely.rules.coded(one))) for one in layouts]
        if all(able):
            return pool
        left = np.setdiff1d(left, pool[~np.array(able)])
    return left


def _chosen(closely: Closely, coded: Coded, lines: int | None) -> list[Candidate]:
    """The layouts that are shown, estimated one by one, and within the limits; none where no layout is."""
    question, left = closely.question, np.arange(len(coded))
    while len(left):
        places = left[_tried(question, coded.aims[left], lines)]
        able = np.array([closely.may_name(coded.layouts[place]) for place in places])
        if able.all():
            return _shown(question, [closely.of(coded.layouts[place]) for place in places], lines)
        left = np.setdiff1d(left, places[~able])
    return []


def _tried(question: Question, aims: np.ndarray, lines: int | None) -> list[int]:
    """The places of the layouts that are estimated one by one."""
    order = _order(question, aims)
    if lines is not None:
        return order[: lines or None].tolist()
    first = _first(question, aims, order)
    # The fastest is among them, so that the one named is compared with it.
    best = front(aims, [first, *order.tolist()], 2 * LINES)
    return list(dict.fromkeys([int(order[0]), *best]))


def _shown(question: Question, tried: list[Candidate], lines: int | None) -> list[Candidate]:
    """What is shown of the layouts that were estimated one by one."""
    own = np.array([_aims(question, one) for one in tried])
    order = _order(question, own)
    if lines is not None:
        return [tried[place] for place in order]
    first = _first(question, own, order)
    shown = [tried[place] for place in front(own, [first, *order.tolist()], len(own))]
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


def _ties(closely: Closely, coded: Coded, first: Candidate) -> list[Candidate]:
    """Layouts of another cut, in the codec of the named one, whose time is the same."""
    if closely.question.use.archive:
        return []
    cut = (first.layout.chunks, first.layout.shards)
    near = sorted(
        (off, place)
        for place, one in enumerate(coded.layouts)
        if (one.chunks, one.shards) != cut
        and one.codec == first.layout.codec
        and one.zarr_format == first.layout.zarr_format
        and (off := abs(np.log(coded.aims[place, 0] / first.seconds.value))) < TIE
    )
    layouts = filter(closely.may_name, (coded.layouts[place] for _, place in near))
    found = [closely.of(layout) for layout in islice(layouts, 6)]
    return [one for one in found if abs(one.seconds.value / first.seconds.value - 1) < TIE]


def _compressed(closely: Closely, coded: Coded, first: Candidate) -> Candidate | None:
    """The best layout that is compressed, where the one that is named is not: of those that spare at
    least half of the bytes that can be spared."""
    if first.layout.codec.name != "none":
        return None
    small = coded.aims[:, 2] <= (first.stored.value + coded.aims[:, 2].min()) / 2
    packed = np.array([one.codec.name != "none" for one in coded.layouts])
    places = np.flatnonzero(small & packed)
    while len(places):
        own = coded.aims[places]
        best = places[_first(closely.question, own, _order(closely.question, own))]
        if closely.may_name(coded.layouts[best]):
            return closely.of(coded.layouts[best])
        places = places[places != best]
    return None


def _either(closely: Closely, one: Candidate) -> bool:
    """Whether the other Zarr format is as fast, and allowed."""
    other = replace(one.layout, zarr_format=5 - one.layout.zarr_format)
    if one.layout.shards or not closely.may_name(other):
        return False
    return _ratio(closely.of(other), one) < 1 + TIE


def _regret(closely: Closely, best: Sweep, several: list[Sweep], first: Candidate) -> dict:
    """What each term of the use loses by the common layout."""
    terms = closely.question.use.terms
    sweeps = [best, Sweep(best.desk, best.cuts, first.layout.codec), *several]
    found = {}
    for term, weights in terms.items() if len(terms) > 1 else ():
        share = sum(weights.values())
        mine = sum(w * first.accesses[name].seconds.value for name, w in weights.items()) / share
        theirs = [sum(w * one.times[name] for name, w in weights.items()) / share for one in sweeps]
        least, layout = _quicker(closely, sweeps, theirs, mine) or (mine, first.layout)
        found[term] = (mine / least, layout)
    return found


def _quicker(closely: Closely, sweeps, times, most: float) -> tuple[float, Layout] | None:
    """The least of some times, (n,) of each sweep, of a layout that may be named, and that layout; None where
    that is no less than ``most``."""
    able = np.concatenate([one.memory for one in sweeps]) <= closely.question.limits.memory
    flat, ends = np.concatenate(times), np.cumsum([len(one) for one in times])
    for place in np.argsort(flat, kind="stable"):
        if flat[place] >= most:
            break
        which = int(np.searchsorted(ends, place, side="right"))
        layout = sweeps[which].layout(int(place - ends[which]))  # counted from the end
        if able[place] and closely.may_name(layout):
            return float(flat[place]), layout
    return None
