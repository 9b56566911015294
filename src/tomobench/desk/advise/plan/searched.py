"""How good the search is: what ``python -m studies.search race`` measured of its answers, as data.

``results/search.csv`` has a row for each question, layout and access: what was measured, with the
layouts in turn in the same seconds, and what the model said. The layout that the search named has
place 0.
"""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.results.table import Table

FILE = Path("results", "search.csv")
#: How far from the best of ten the layout that is named may be.
WITHIN = 0.15


@dataclass(frozen=True)
class RacedLayout:
    """A layout in a race: ``measured`` and ``modelled`` seconds of an access of a question, which has
    this ``share`` of the use. ``place`` 0 is the layout that the search named."""

    question: int
    shape: str
    dtype: str
    use: str
    release: str
    place: int
    chunks: str
    shards: str
    format: int
    codec: str
    access: str
    share: float
    measured: float
    modelled: float


@dataclass(frozen=True)
class RacedAnswer:
    """A question's answer: the layout named, its mean time and the best's in seconds, the model's
    factor (measured over modelled) of each layout, scaled to a median of 1."""

    question: int
    asked: str
    layout: str
    measured: float
    best: float
    best_layout: str
    factors: list[float]

    @property
    def off(self) -> float:
        """How much longer than the best."""
        return self.measured / self.best - 1

    @property
    def within(self) -> bool:
        """Whether it is near enough."""
        return self.off <= WITHIN


HEADINGS = tuple(RacedLayout.__dataclass_fields__)
_KINDS: dict[str, Callable[[str], Any]] = get_type_hints(RacedLayout)


def load(root: Path) -> list[RacedLayout]:
    """What was raced. Raises UserError where nothing was, or the file is damaged."""
    path = root / FILE
    if not files.there(path):
        raise UserError(f"there is no {FILE.as_posix()}: python -m studies.search race")
    try:
        with files.regular(path).open(newline="", encoding="utf-8") as file:
            return [
                RacedLayout(**{name: _KINDS[name](value) for name, value in row.items()})
                for row in csv.DictReader(file, strict=True)
            ]
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise UserError(f"{FILE.as_posix()} is damaged ({error}): restore it from git") from None


def save(root: Path, rows: Iterable[RacedLayout]) -> None:
    """Write the rows whole, or not at all."""
    listed = sorted(rows, key=lambda one: (one.question, one.place))
    Table([vars(one) for one in listed], headings=HEADINGS).save(root / FILE)


def answers(rows: Iterable[RacedLayout]) -> list[RacedAnswer]:
    """The answer to each question, in order."""
    listed = sorted(rows, key=lambda one: (one.question, one.place))
    return [_answer(list(own)) for _, own in groupby(listed, key=lambda one: one.question)]


def _answer(rows: list[RacedLayout]) -> RacedAnswer:
    layouts = [list(own) for _, own in groupby(rows, key=lambda one: one.place)]
    measured = [sum(one.share * one.measured for one in own) for own in layouts]
    modelled = [sum(one.share * one.modelled for one in own) for own in layouts]
    factors = np.array(measured) / modelled
    best = int(np.argmin(measured))
    first = rows[0]
    return RacedAnswer(
        first.question,
        f"{first.shape} {first.dtype}, {first.use}",
        _named(layouts[0][0]),
        measured[0],
        measured[best],
        _named(layouts[best][0]),
        (factors / np.median(factors)).tolist(),
    )


def _named(one: RacedLayout) -> str:
    shards = "" if one.shards == "none" else f" in {one.shards}"
    return f"{one.chunks}{shards}, format {one.format}, {one.codec}"


def said(one: RacedAnswer) -> str:
    """An answer in a line."""
    text = (
        f"{one.question:>2}  {one.asked}: {one.layout} takes {one.measured * 1e3:.3g} ms, "
        f"{one.off:.0%} more than the best of ten"
    )
    return text if one.best_layout == one.layout else f"{text}, {one.best_layout}"


def summary(found: list[RacedAnswer]) -> str:
    """How many answers are near enough, and how far off the model is among layouts of one race."""
    near = sum(one.within for one in found)
    off = np.abs(np.concatenate([np.log(one.factors) for one in found]))
    return (
        f"{near} of {len(found)} layouts named are within {WITHIN:.0%} of the best of ten; within a "
        f"race, half of the model's times are within {np.expm1(np.median(off)):.0%} of each other"
    )
