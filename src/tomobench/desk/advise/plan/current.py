"""The layout that somebody has now, beside the one that comes first: what changing it brings and takes."""

from dataclasses import dataclass, replace
from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING

from tomobench.bench.layout import Layout
from tomobench.desk.advise.costs.prices import Usage
from tomobench.desk.advise.evidence import stored
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.evidence.figure import EXACT, MODELLED, Figure
from tomobench.desk.advise.evidence.stored import DEFAULT, Ratios
from tomobench.desk.advise.plan import left_out, limits, search, snippets
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.network import S3
from tomobench.desk.advise.plan.question import Candidate, Question, Ranking
from tomobench.desk.advise.plan.reasons import named, time_said
from tomobench.desk.advise.plan.search import Searched
from tomobench.desk.advise.present import spelled
from tomobench.desk.digits import size
from tomobench.desk.errors import UserError
from tomobench.desk.results.calibration import ASSUMED

if TYPE_CHECKING:
    from tomobench.desk.advise.present.present import Present

WHOLE = "whole"
#: Codecs that compress alike: what one makes of voxels says what the others do (within a few %).
ALIKE = ("blosc-zstd", "zstd", "gzip")


@dataclass(frozen=True)
class Conversion:
    """What it takes to write one tomogram anew: seconds, requests to read it (get, and head before them)
    and to write it (put), and, on S3, what those and the bytes that leave it cost; ``kept``: what the
    data set of the question then costs a month less (below 0: more)."""

    seconds: float
    gets: float
    heads: float
    puts: float
    requests: Decimal | None
    transfer: Decimal | None
    kept: Decimal | None


@dataclass(frozen=True)
class Comparison:
    """``now``: the present layout. ``first``: the one that the search (``searched``) names.
    ``forbidden``: why the question rules the present layout out, None where it does not.
    ``reads``: the mean accesses of the use after which converting has paid, inf for never."""

    now: Candidate
    searched: Searched
    conversion: Conversion
    forbidden: str | None

    @property
    def ranking(self) -> Ranking:
        return self.searched.ranking

    @property
    def first(self) -> Candidate:
        return self.ranking.candidates[0]

    @property
    def faster(self) -> float:
        """How many times as fast the mean access of the use is in the first layout."""
        return self.now.seconds.value / self.first.seconds.value

    @property
    def reads(self) -> float:
        gained = self.now.seconds.value - self.first.seconds.value
        return self.conversion.seconds / gained if gained > 0 else inf

    @property
    def tie(self) -> bool:
        """Whether the times differ by no more than times do that are the same."""
        return self.faster < 1 + ASSUMED


def asked(text: str) -> tuple[Layout, "Present | None"]:
    """The layout that somebody has: as he spells it, or that of the Zarr at a path or an address.

    Raises UserError for what is neither, or holds many.
    """
    if spelled.is_one(text):
        return spelled.parse(text), None
    # Not at the top: what reads from elsewhere takes as long to import as all the rest of plan.
    from tomobench.desk.advise.present import places, present

    with places.opened(text) as stores:
        if len(stores) > 1:
            raise UserError(
                f"{text}: holds {len(stores)} Zarrs; name one of them, or inspect them all"
            )
        one = present.of(stores[0])
    return one.layout, one


def compared(
    desk: Estimate, layout: Layout, root, one: "Present | None" = None, lines: int | None = None
) -> Comparison:
    """A layout beside the first of the question. ``one``: the Zarr that is in it, where there is one; ``lines``: as
    :func:`.search.search` takes it.

    Raises UserError when the question's release can't read the layout, or none is left to compare.
    """
    question, evidence = desk.question, desk.evidence
    if reason := snippets.impossible(layout, desk.line):
        version = evidence.history.name_of(question.release)
        raise UserError(f"{reason}: it can't be compared in zarr {version}, leave --release out")
    others = of_others(one, evidence) if one and not desk.given else desk.given
    found = search.of_desk(Estimate(question, evidence, others), root, lines)
    own = as_it_is(question, evidence, one) if one else desk
    now = candidate(own, layout, one)
    rules = left_out.Rules(question, desk.line, root, [layout.codec])
    beyond = limits.beyond(question, layout, now.objects.value, now.memory)
    forbidden = rules.why_not(layout) or beyond
    return Comparison(now, found, _conversion(own, now, found.ranking), forbidden)


def as_it_is(question: Question, evidence: Evidence, one: "Present") -> Estimate:
    """What a question's figures are computed from for a Zarr as it is: the compression of its chunks, the share of them that
    exists, and the channels in them. What a chunk has beyond the array takes no room."""
    ratio = one.ratio_of_stored / one.filled
    found = {(codec, one.layout.chunks): ratio for codec in (DEFAULT, one.layout.codec)}
    share = one.levels[0].sample.share
    return Estimate(question, evidence, Ratios(one.where, found), one.channels, share)


def of_others(one: "Present", evidence: Evidence) -> Ratios:
    """The compression of its voxels in other chunk shapes and codecs: as measured on voxels of the type, scaled
    to what its own chunks show; by a codec unlike those compared to more alone: what lz4 makes little of,
    zstd may. Where none was measured, that of its chunks."""
    chunks, codec = one.layout.chunks, one.layout.codec
    if (known := stored.ratios(evidence, one.dtype)) is None:
        return Ratios(one.where, {(DEFAULT, chunks): max(1.0, one.ratio)})
    scale = one.ratio / known.of(chunks, codec)
    if codec.name not in ALIKE:
        scale = max(1.0, scale)
    return Ratios(one.where, {key: ratio * scale for key, ratio in known.found.items()})


def candidate(desk: Estimate, layout: Layout, one: "Present | None" = None) -> Candidate:
    """The figures of a layout for a question; of a Zarr that is in it, objects and bytes as found."""
    found = desk.candidate(layout)
    if one is None:
        return found
    level = one.levels[0]
    objects = Figure(level.keys + (2 if layout.zarr_format == 2 else 1), EXACT)
    return replace(found, objects=objects, stored=Figure(level.stored, MODELLED))


def _conversion(own: Estimate, now: Candidate, ranking: Ranking) -> Conversion:
    """Reading a tomogram whole from the layout it has, and writing it in the first."""
    question = own.question
    desk = replace(own, question=replace(question, use=uses.parse(WHOLE)))
    first = ranking.candidates[0]
    read = desk.candidate(now.layout).accesses[WHOLE]
    seconds = read.seconds.value + first.write.seconds.value
    gets, heads, puts = read.requests.value - read.heads, read.heads, first.objects.value
    if question.storage.kind != S3 or desk.prices is None:
        return Conversion(seconds, gets, heads, puts, None, None, None)
    usage = Usage({"get": int(gets), "head": int(heads), "put": int(puts)})
    leaving = desk.prices.of(Usage({}, int(read.bytes.value)))
    less = now.stored.value - first.stored.value
    keeping = desk.prices.of_keeping(abs(int(less)) * question.tomograms)
    kept = keeping if less >= 0 else -keeping
    return Conversion(seconds, gets, heads, puts, desk.prices.of(usage), leaving, kept)


def sentences(found: Comparison) -> list[str]:
    """What changing brings, and what it takes, a sentence each."""
    now = named(found.now.layout)
    if _is_first(found):
        return [f"{now} is what comes first: leave it as it is."]
    must = [f"{now} has to be converted: {found.forbidden}."] if found.forbidden else []
    return [*must, brings(found), takes(found)]


def _is_first(found: Comparison) -> bool:
    """Whether it is the first layout, or differs from it in the Zarr format alone, which makes no difference."""
    now, first = found.now.layout, found.first.layout
    same = (now.chunks, now.shards, now.codec) == (first.chunks, first.shards, first.codec)
    return same and (now.zarr_format == first.zarr_format or found.searched.formats[0])


def brings(found: Comparison) -> str:
    """How the first layout compares with the present one."""
    question, now, first = found.ranking.question, found.now, found.first
    objects = f"{first.objects.value:,.0f} objects instead of {now.objects.value:,.0f}"
    room = f"{size(first.stored.value)} instead of {size(now.stored.value)}"
    if question.use.archive:
        return f"{named(first.layout)} keeps it in {room}, {objects}."
    times = f"{time_said(now.seconds.value)} now, {time_said(first.seconds.value)} then"
    if found.tie:
        return (
            f"{named(first.layout)} comes first for {question.use.name}, and is no faster beyond the "
            f"noise of times ({times}); {objects}, {room}."
        )
    return (
        f"{named(first.layout)} is {found.faster:.3g} times as fast for {question.use.name} ({times}); "
        f"{objects}, {room}."
    )


def takes(found: Comparison) -> str:
    """What converting all tomograms of the question takes, and when it has paid."""
    question, one = found.ranking.question, found.conversion
    many = question.tomograms
    what = "it" if many == 1 else f"{many:,} of them"
    said = f"Converting {what} takes {duration(one.seconds * many)} by one process"
    if question.storage.kind == S3:
        heads = f", {one.heads * many:,.0f} HEADs" if one.heads else ""
        said += f", {one.gets * many:,.0f} GETs{heads} and {one.puts * many:,.0f} PUTs"
    if one.requests is not None and one.transfer is not None and one.kept is not None:
        change = "saves" if one.kept >= 0 else "adds"
        said += (
            f" ({_money(one.requests * many)} of requests; {_money(one.transfer * many)} more where the "
            f"bytes leave the region), and {change} {_money(abs(one.kept))} a month"
        )
    if not question.use.reads or found.forbidden:  # what is written anew needs no conversion
        return f"{said}."
    once, often = (
        ("access", "accesses") if uses.WRITES in question.use.weights else ("read", "reads")
    )
    if found.tie or found.reads == inf:
        return f"{said}; no number of {often} pays for that."
    times = f"one {once}" if found.reads <= 1 else f"{found.reads:,.0f} {often}"
    return f"{said}; it has paid in time after {times} of a tomogram."


def duration(seconds: float) -> str:
    """A time that may be hours."""
    if seconds < 60:
        return time_said(seconds)
    return f"{seconds / 60:.3g} minutes" if seconds < 5400 else f"{seconds / 3600:.3g} hours"


def _money(amount: Decimal) -> str:
    if amount >= Decimal("0.005"):
        return f"${amount:,.2f}"
    return f"${amount:.1g}" if amount else "$0"
