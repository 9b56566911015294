"""Uses: which accesses a person makes, and how often."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tomobench.bench import access
from tomobench.bench.access import Part
from tomobench.bench.layout import Layout, Shape
from tomobench.desk import digits
from tomobench.desk.errors import UserError

#: Accesses by the name a person types, and the suites' name for the same.
NAMES = {"xy": "XY slice", "xz": "XZ slice", "yz": "YZ slice", "whole": "whole"}
ARCHIVE = "archive"
_REGION = re.compile(r"region-([0-9]{1,6})")


@dataclass(frozen=True)
class Use:
    """How often each access is made: ``weights`` by name (xy, xz, yz, whole, region-96).

    An archive is written once, kept and hardly read: it has no weights, and what counts is bytes
    and objects.
    """

    name: str
    weights: Mapping[str, float]

    @property
    def archive(self) -> bool:
        return not self.weights


def parse(text: str) -> Use:
    """A use as a person types it: ``xy``, ``xy=10,whole=1``, ``region-64``, ``archive``.

    Raises UserError for an unknown access, a weight that is no number above 0, and archive with
    anything else.
    """
    weights: dict[str, float] = {}
    for term in text.replace(" ", "").split(","):
        name, given, weight = term.partition("=")
        if name != ARCHIVE:
            _check(name)
        if name in weights:
            raise UserError(f"the use names {name} twice: give it one weight")
        weights[name] = _weight(term, weight) if given else 1.0
    if ARCHIVE not in weights:
        return Use(text, weights)
    if text.strip() != ARCHIVE:
        raise UserError("an archive is not read: ask for archive alone, without a weight")
    return Use(ARCHIVE, {})


def _check(name: str) -> None:
    region = _REGION.fullmatch(name)
    if name not in NAMES and not (region and int(region[1])):
        choices = ", ".join([*NAMES, "region-N (a box of N³ voxels)", ARCHIVE])
        raise UserError(f"there is no use {name!r}: choose from {choices}")


def _weight(term: str, text: str) -> float:
    weight = digits.positive(text)
    if weight is None:
        raise UserError(f"the weight in {term!r} is no number above 0: write for example xy=10")
    return weight


def edge_of(name: str) -> int | None:
    """The edge in voxels of a region's name, None for another access."""
    region = _REGION.fullmatch(name)
    return int(region[1]) if region else None


def parts(name: str, shape: Shape, layout: Layout) -> tuple[list[Part], int]:
    """What is read for an access of a use, and how many accesses that is.

    A region is eight, as the suites' boxes: where it lies decides how many chunks it cuts.
    """
    edge = edge_of(name)
    if edge is None:
        return access.READS[NAMES[name]](shape, layout), 1
    draw = random.Random(access.SEED)
    starts = [
        [draw.randint(0, max(0, length - edge)) for length in shape] for _ in range(access.BOXES)
    ]
    return [_box(start, edge, shape) for start in starts], access.BOXES


def suite_name(name: str) -> str | None:
    """The suites' name (access.READS) for what :func:`parts` gives, None where they have none."""
    return "8 boxes of 96³" if edge_of(name) == access.BOX else NAMES.get(name)


def _box(start: list[int], edge: int, shape: Shape) -> Part:
    return Part(tuple(slice(a, min(a + edge, length)) for a, length in zip(start, shape)))
