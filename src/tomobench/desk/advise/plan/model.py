"""The time of an access on a disk from the work it makes, fitted to what the suites measured.

A time is a sum of costs, each a number of seconds, none below 0, for a unit of work: of each
selection, object, chunk, byte decoded and so on (:data:`COSTS`). They are fitted to the cells of
one machine and release, over all its volumes of FITTED and all codecs, reads and whole writes apart
(:mod:`.fitting`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np

from tomobench.bench import access
from tomobench.bench.layout import Codec, Layout, Shape
from tomobench.desk.advise.evidence import coding as codings
from tomobench.desk.advise.evidence import work
from tomobench.desk.advise.evidence.evidence import WRITE, Evidence, Measurements
from tomobench.desk.advise.evidence.stored import DEFAULT
from tomobench.desk.advise.evidence.work import Work
from tomobench.desk.advise.plan import fitting

#: Bytes from which on glibc's malloc always asks the system for fresh pages (M_MMAP_THRESHOLD's
#: largest value on 64-bit machines, mallopt(3)), which then have to be made as they are written to.
FRESH = 32 * 2**20


@dataclass(frozen=True)
class Observation:
    """A time that was measured, and the work behind it."""

    volume: str
    layout: Layout
    access: str
    work: Work
    itemsize: int
    seconds: float
    #: How many times as long a byte takes to decode or encode as in the default codec on FITTED.
    coding: float = 1.0
    line: str = "3"

    @property
    def writes(self) -> bool:
        return self.access == WRITE

    @cached_property
    def amounts(self) -> np.ndarray:
        """How much there is of each of COSTS."""
        cut = cut_of(self.layout, self.line)
        return amounts(self.work, self.itemsize, cut, self.coding)


class Cut(NamedTuple):
    """What of a layout a cost depends on: whether it has shards, its Zarr format, and whether zarr 3 codes its
    chunks in threads, or has nothing to code; or arrays of these."""

    sharded: Any
    zarr_format: Any
    threads: Any
    uncoded: Any


#: What a cost is for, and how much of it there is: (work, bytes of a voxel, cut).
COSTS: dict[str, Callable[[Work, int, Cut], Any]] = {
    "selection": lambda done, size, cut: done.parts,
    "object": lambda done, size, cut: done.objects,
    "object of format 3": lambda done, size, cut: done.objects * (cut.zarr_format == 3),
    "shard read in part": lambda done, size, cut: done.split,
    "chunk": lambda done, size, cut: done.chunks,
    "chunk coded in a thread": lambda done, size, cut: done.chunks * cut.threads,
    # Since 3.3.0 these are handed to a thread, too (codecs/_v2.py, _decode_single).
    "chunk of format 2 without a codec": lambda done, size, cut: (
        done.chunks * cut.uncoded * (cut.zarr_format == 2)
    ),
    "byte decoded": lambda done, size, cut: done.decoded * size,
    "byte decoded by the busiest core": lambda done, size, cut: done.longest * size,
    "byte of the answer": lambda done, size, cut: done.asked * size,
    "byte of a large answer from shards": lambda done, size, cut: _large(done, size, cut),
    "unbroken piece": lambda done, size, cut: done.runs,
    "entry of an index": lambda done, size, cut: done.entries,
}
#: Those of COSTS that depend on the codec and the voxels.
CODING = [name.startswith("byte decoded") for name in COSTS]


#: What a whole write has no cost for: it is one selection, so that would be a constant, and what is
#: asked for is what is encoded.
NOT_OF_WRITES = {
    "selection",
    "byte of the answer",
    "byte of a large answer from shards",
    "unbroken piece",
}


def _large(done: Work, size: int, cut: Cut) -> Any:
    answer = done.asked * size
    return answer * (cut.sharded & (answer >= FRESH * max(1, done.parts)))


@dataclass(frozen=True)
class Model:
    """Seconds for each of COSTS, for reads and for whole writes; None where none were measured."""

    read: np.ndarray | None
    write: np.ndarray | None

    def seconds(
        self, done: Work, itemsize: int, cut: Cut, writes: bool = False, coding: Any = 1.0
    ) -> Any:
        """The time of so much work on voxels of ``itemsize`` bytes; NaN without a fit.

        ``coding``: how many times as long a byte takes to decode or encode as with the default codec
        on the voxels that were measured. Arrays of work give an array.
        """
        costs = self.write if writes else self.read
        if costs is None:
            return float("nan")
        return sum(
            cost * amount(done, itemsize, cut) * (coding if codes else 1.0)
            for cost, amount, codes in zip(costs.tolist(), COSTS.values(), CODING)
            if cost
        )

    def of(self, amounts: np.ndarray, writes: bool) -> float:
        """The time of so much of each of COSTS; NaN without a fit."""
        costs = self.write if writes else self.read
        return float("nan") if costs is None else float(amounts @ costs)


def cut_of(layout: Layout, line: str) -> Cut:
    """What of a layout a cost depends on, in a line of zarr."""
    return cut(bool(layout.shards), layout.zarr_format, layout.codec, line)


def cut(sharded: Any, zarr_format: Any, codec: Codec, line: str) -> Cut:
    """The same of a codec; ``sharded`` and ``zarr_format`` may be arrays.

    zarr 3 hands chunks to threads with every codec that compresses (codecs/blosc.py and others, asyncio.to_thread),
    2.18 with none.
    """
    codes = codec.name != "none"
    return Cut(sharded, zarr_format, line == "3" and codes, line == "3" and not codes)


def amounts(done: Work, itemsize: int, cut: Cut, coding: float = 1.0) -> np.ndarray:
    """How much there is of each of COSTS; ``coding``: see :meth:`Model.seconds`."""
    found = np.array([amount(done, itemsize, cut) for amount in COSTS.values()], dtype=float)
    return found * np.where(CODING, coding, 1.0)


#: Element type and kind of the voxels that the model is fitted to. How fast others decode depends on
#: how well they compress (:mod:`.evidence.coding`): their times are left to test the model with.
FITTED = ("float32", "raw")


def cells(evidence: Evidence, release: str) -> list[Observation]:
    """The timed cells of a release (a hash) that the model is fitted to, over its volumes."""
    return [
        cell
        for volume, one in evidence.of(release).items()
        if (one.dtype, one.kind) == FITTED
        for cell in observed(volume, one, evidence, release)
    ]


def observed(volume: str, one: Measurements, evidence: Evidence, release: str) -> list[Observation]:
    """The timed cells of a volume, in each codec of which it is known what a byte takes."""
    coded, line = codings.load(evidence.root), evidence.history.find(release).line
    others = [
        (name, layout, time)
        for (_, name, layout), time in one.coded.items()
        if layout.codec != DEFAULT and coded.found
    ]
    return [
        Observation(
            volume, layout, name, work_of(name, one.shape, layout), one.itemsize, time.value,
            coded.of(one.dtype, one.kind, layout.codec, name == WRITE), line,
        )
        for name, layout, time in [*((*key, time) for key, time in one.times.items()), *others]
    ]  # fmt: skip


@cache
def work_of(name: str, shape: Shape, layout: Layout) -> Work:
    """The work of an access of the suites, whole writes among them."""
    if name == WRITE:
        return work.of_whole(shape, layout)
    return work.of(access.READS[name](shape, layout), layout)


def fit(cells: Iterable[Observation]) -> Model:
    """The model that is nearest to the cells."""
    return _fits([cells])[0]


def _fits(several: Iterable[Iterable[Observation]]) -> list[Model]:
    """As :func:`fit`, of several lots of cells at once: their answers are kept together."""
    lots = [
        [one for one in cells if one.writes is writes]
        for cells in map(list, several)
        for writes in (False, True)
    ]
    costs = fitting.costs([_equations(cells) for cells in lots])
    found = [None if one is None else np.array(one) for one in costs]
    return [Model(read, write) for read, write in zip(found[::2], found[1::2])]


def _equations(cells: list[Observation]) -> fitting.Equations:
    matrix = np.array([cell.amounts for cell in cells])
    if cells and cells[0].writes:
        matrix[:, [name in NOT_OF_WRITES for name in COSTS]] = 0
    return matrix.tolist(), [cell.seconds for cell in cells]


@dataclass(frozen=True)
class Held:
    """A cell that the model did not see, and what it said: ``by`` what was held out (of GROUPS)."""

    cell: Observation
    predicted: float
    by: str

    @property
    def error(self) -> float:
        """Of the time measured: 0.1 is 10 % off either way."""
        return abs(self.predicted / self.cell.seconds - 1)

    @property
    def factor(self) -> float:
        """How many times too long or too short, 1 and above."""
        ratio = self.predicted / self.cell.seconds
        return max(ratio, 1 / ratio) if ratio > 0 else float("inf")


#: What is held out together: a layout's chunk and shard shape in both formats, a volume, or a codec.
GROUPS: dict[str, Callable[[Observation], object]] = {
    "layout": lambda cell: (cell.layout.chunks, cell.layout.shards),
    "volume": lambda cell: cell.volume,
    "codec": lambda cell: cell.layout.codec,
}


def _asked(cell: Observation, by: str) -> bool:
    """Whether a cell is predicted: few layouts were measured in other codecs than the default, so that
    how codecs differ is asked by codec alone."""
    return (cell.layout.codec != DEFAULT) is (by == "codec")


def _without(
    one: object, cells: list[Observation], group: Callable[[Observation], object]
) -> list[Observation]:
    return [cell for cell in cells if group(cell) != one]


def held_out(cells: list[Observation], by: str) -> Iterator[Held]:
    """Predict cells from those of other layouts (volumes, codecs); nothing when there is one."""
    group = GROUPS[by]
    groups = list(dict.fromkeys(group(cell) for cell in cells if _asked(cell, by)))
    if len({group(cell) for cell in cells}) < 2:
        return
    for one, fitted in zip(groups, _fits(_without(one, cells, group) for one in groups)):
        for cell in cells:
            if group(cell) == one and _asked(cell, by):
                said = fitted.of(cell.amounts, cell.writes)
                if not np.isnan(said):
                    yield Held(cell, said, by)


@dataclass(frozen=True)
class Errors:
    """Of held-out cells: how many, the median error, the nine in ten that are nearer, and the
    largest factor."""

    cells: int
    median: float
    ninth: float
    largest: float


def errors(held: Iterable[Held]) -> Errors | None:
    """The errors of held-out cells, None without any."""
    return errors_of_pairs([(one.cell.seconds, one.predicted) for one in held])


def errors_of_pairs(pairs: Collection[tuple[float, float]]) -> Errors | None:
    """The errors of pairs of measured and predicted times, None without any."""
    if not pairs:
        return None
    measured, predicted = np.array(list(pairs)).T
    found = np.abs(predicted / measured - 1)
    factors = np.where(
        predicted > 0, np.maximum(predicted / measured, measured / predicted), np.inf
    )
    return Errors(
        len(found), float(np.median(found)), float(np.quantile(found, 0.9)), float(factors.max())
    )
