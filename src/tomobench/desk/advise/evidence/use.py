"""Uses: which accesses a person makes, and how often."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tomobench.bench import access
from tomobench.desk import digits
from tomobench.desk.advise.evidence.expected import ALL, ONE, Selections
from tomobench.desk.errors import UserError

#: Accesses by the name a person types, and the suites' name for the same.
NAMES = {"xy": "XY slice", "xz": "XZ slice", "yz": "YZ slice", "whole": "whole"}
#: Writing a whole tomogram, where a use writes too.
WRITES = "write"
#: What each selects along z, y and x.
_SELECTED: dict[str, Selections] = {
    "xy": (ONE, ALL, ALL),
    "xz": (ALL, ONE, ALL),
    "yz": (ALL, ALL, ONE),
    "whole": (ALL, ALL, ALL),
    WRITES: (ALL, ALL, ALL),
}
ARCHIVE = "archive"
#: Weights beyond this are typing errors: no one makes an access so much more often than another.
HEAVIEST = 1e9
_REGION = re.compile(r"region-([0-9]{1,6})")
_TRAINING = re.compile(r"training(?:-([0-9]{1,6}))?")
_PIPELINE = re.compile(r"pipeline(?:-([0-9]{1,4}))?")
#: Edge of a patch where none is named, and workers.
PATCH, WORKERS = 64, 4

#: Named uses: the accesses that each is made of, in shares.
#: viewer: the three planes through a point, as neuroglancer, napari's orthoviews and IMOD's XYZ
#: window show them. picking: planes are looked through, and a box is cut out around each of ten
#: particles a plane.
NAMED: dict[str, dict[str, float]] = {
    "viewer": {"xy": 1, "xz": 1, "yz": 1},
    "picking": {"xy": 1, f"region-{access.BOX}": 10},
}
CHOICES = (
    *NAMES, "region-N (a box of N³ voxels)", *NAMED, "training-N (patches of N³)",
    "pipeline-W (blocks, W workers)", WRITES, ARCHIVE,
)  # fmt: skip


@dataclass(frozen=True)
class Use:
    """How often each access is made: ``weights`` by name (xy, xz, yz, whole, region-96, write).

    An archive is written once, kept and hardly read: it has no weights, and what counts is bytes
    and objects. ``terms``: what was asked for, by the name typed, each with the weights of its
    accesses; ``workers``: how many write at once.
    """

    name: str
    weights: Mapping[str, float]
    terms: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    workers: int = 1

    @property
    def archive(self) -> bool:
        return not self.weights

    @cached_property
    def shares(self) -> dict[str, float]:
        """The weights as parts of 1."""
        share = sum(self.weights.values())
        return {name: weight / share for name, weight in self.weights.items()}

    @property
    def reads(self) -> list[str]:
        """The accesses that read."""
        return [name for name in self.weights if name != WRITES]


def parse(text: str) -> Use:
    """A use as a person types it: ``xy``, ``xy=10,whole=1``, ``viewer``, ``region-64``, ``archive``.

    Raises UserError for an unknown access, a weight that is no number above 0, and archive with
    anything else.
    """
    given: dict[str, float] = {}
    for term in text.replace(" ", "").split(","):
        name, equals, weight = term.partition("=")
        if name in given:
            raise UserError(f"the use names {name} twice: give it one weight")
        given[name] = _weight(term, weight) if equals else 1.0
    if ARCHIVE in given:
        if text.strip() != ARCHIVE:
            raise UserError("an archive is not read: ask for archive alone, without a weight")
        return Use(ARCHIVE, {})
    terms: dict[str, dict[str, float]] = {}
    weights: dict[str, float] = {}
    for name, often in given.items():
        made_of = _made_of(name)
        share = sum(made_of.values())
        terms[name] = {one: often * part / share for one, part in made_of.items()}
        for one, part in terms[name].items():
            weights[one] = weights.get(one, 0.0) + part
    return Use(text, weights, terms, max(1, *map(_workers, given)))


def _made_of(name: str) -> Mapping[str, float]:
    """The accesses of a use's name, in shares."""
    if name in NAMES or name == WRITES or edge_of(name):
        return {name: 1.0}
    if name in NAMED:
        return NAMED[name]
    if (match := _TRAINING.fullmatch(name)) and (edge := int(match[1] or PATCH)):
        return {f"region-{edge}": 1.0}
    if _workers(name):
        return {"whole": 1.0, WRITES: 1.0}
    raise UserError(f"there is no use {name!r}: choose from {', '.join(CHOICES)}")


def _workers(name: str) -> int:
    """The workers of a pipeline's name; 1 of another that is known, 0 of a pipeline without any."""
    match = _PIPELINE.fullmatch(name)
    return int(match[1] or WORKERS) if match else int(name in NAMES or name in NAMED)


def _weight(term: str, text: str) -> float:
    weight = digits.positive(text)
    if weight is None:
        raise UserError(f"the weight in {term!r} is no number above 0: write for example xy=10")
    if not 1 / HEAVIEST <= weight <= HEAVIEST:
        raise UserError(
            f"the weight in {term!r} is beyond {HEAVIEST:.0e} or below {1 / HEAVIEST:.0e}: write for "
            "example xy=10"
        )
    return weight


def edge_of(name: str) -> int | None:
    """The edge in voxels of a region's name, None for another access."""
    region = _REGION.fullmatch(name)
    return int(region[1]) or None if region else None


def selections(name: str) -> Selections:
    """What an access selects along each axis. A region is at every place, each as
    likely."""
    edge = edge_of(name)
    return (edge, edge, edge) if edge else _SELECTED[name]


#: The suites' accesses that say how far off a time of a region may be.
_REGIONS = ("64³ aligned", "64³ unaligned", "8 boxes of 96³", "2 boxes of 96³")


def alike(name: str, write: str) -> tuple[str, ...]:
    """The suites' accesses that an access's error is taken from; ``write``: their name of a whole
    write."""
    if name == WRITES:
        return (write,)
    return (NAMES[name],) if name in NAMES else _REGIONS


def said(name: str) -> str:
    """An access, as a sentence says it."""
    if edge := edge_of(name):
        return f"a region of {edge}³"
    return {
        "xy": "an XY slice", "xz": "an XZ slice", "yz": "a YZ slice",
        "whole": "the whole tomogram", WRITES: "writing it",
    }[name]  # fmt: skip


def suite_name(name: str) -> str | None:
    """The suites' name (access.READS) for the same, None where they have none."""
    return NAMES.get(name)
