"""The questions, and the ten layouts that each is raced on: drawn by a seed, the same every time."""

import random
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tomobench.bench.layout import Layout, Shape
from tomobench.desk.advise.evidence import use
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.evidence.stored import DEFAULT
from tomobench.desk.advise.plan import candidates, lattice, left_out, search
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.question import Question
from tomobench.desk.advise.plan.sweep import Sweep

SEED, COUNT = 20261129, 30
#: Of COUNT, so many on a shape of the grids; the others' shapes are drawn.
ON_GRIDS = 6
SHAPES = ((128, 128, 128), (192, 320, 320))
#: Lengths that are drawn: z, and y and x; voxels at most, so that a race takes seconds.
SHORT, LONG, MOST = (24, 200), (150, 640), 14_000_000
DTYPES = ("float32", "float32", "int16", "uint8", "int8", "float16")
USES = (
    "xy", "xz", "yz", "whole", "region-32", "region-48", "region-96", "viewer", "picking",
    "training-64", "xy=10,whole=1", "yz=3,region-64=1", "viewer,training-80",
)  # fmt: skip
RIVALS = 9


@dataclass(frozen=True)
class DrawnQuestion:
    """A question, by its number, and the layouts it is raced on: the named one first."""

    number: int
    question: Question
    layouts: list[Layout]


def drawn(release: str) -> list[Question]:
    """The questions, about a release (a hash)."""
    draw = random.Random(SEED)
    found = []
    for number in range(COUNT):
        shape = _shape(draw, number)
        asked = use.parse(draw.choice(USES))
        found.append(Question(shape, asked, release, dtype=draw.choice(DTYPES)))
    return found


def _shape(draw: random.Random, number: int) -> Shape:
    if number < ON_GRIDS:
        return draw.choice(SHAPES)
    while True:
        shape = (draw.randint(*SHORT), draw.randint(*LONG), draw.randint(*LONG))
        if np.prod(shape) <= MOST:
            return shape


def asked(number: int, question: Question, evidence: Evidence, root: Path) -> DrawnQuestion:
    """A question with the layout that the search names, and nine others: the best three of the
    grids, and six drawn from the best fiftieth and the best tenth of the lattice, by the model; three
    of these in other codecs."""
    draw = np.random.default_rng([SEED, number])
    named = search.search(question, evidence, root).ranking.candidates[0].layout
    grids = [one.layout for one in candidates.rank(question, evidence, root).candidates]
    desk = Estimate(question, evidence)
    sweep = Sweep(desk, lattice.cuts(question.shape, question.itemsize))
    order = np.argsort(sweep.mean, kind="stable")
    few, more = (max(RIVALS, len(order) // part) for part in (50, 10))
    places = [*draw.choice(order[:few], 3, False), *draw.choice(order[few : few + more], 3, False)]
    codecs = [
        named.codec,
        *draw.permutation(np.array(desk.coding.codecs() or [DEFAULT], dtype=object)),
    ]
    # Every other in the codec of the named one; the rest in codecs that are drawn.
    others = [
        replace(sweep.cuts.layout(int(place)), codec=codecs[(n + 1) // 2 if n % 2 else 0])
        for n, place in enumerate(places)
    ]
    rules = left_out.Rules(question, desk.line, root, [named.codec])
    most = search.most_bytes(desk, search.codecs(desk))
    some = [one for one in dict.fromkeys([*grids[:3], *others]) if desk.stored(one).value <= most]
    rivals = [one for one in some if one != named]
    spare = (replace(sweep.cuts.layout(int(place)), codec=named.codec) for place in order)
    for one in spare:
        if len(rivals) == RIVALS:
            break
        if one != named and one not in rivals and rules.why_not(one) is None:
            rivals.append(one)
    return DrawnQuestion(number, question, [named, *rivals])
