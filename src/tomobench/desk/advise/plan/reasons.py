"""Why a layout comes first, in a sentence, and what the figures rest on, in a few lines."""

from typing import TYPE_CHECKING

from tomobench.bench.layout import CODECS, Codec, Layout, say
from tomobench.desk.advise.evidence import stored
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.plan import model, parallel, searched
from tomobench.desk.digits import plain, size
from tomobench.desk.errors import UserError
from tomobench.desk.results.calibration import ASSUMED

if TYPE_CHECKING:
    from tomobench.desk.advise.plan.estimate import Estimate
    from tomobench.desk.advise.plan.question import Candidate, Question


def named(layout: Layout) -> str:
    """A layout as it is said in a sentence or a table; its codec where it is not the default."""
    codec = "" if layout.codec == stored.DEFAULT else f", {codec_said(layout.codec)}"
    return f"{cut_said(layout)}, format {layout.zarr_format}{codec}"


def cut_said(layout: Layout) -> str:
    """How a layout cuts a volume."""
    shards = f" in {say(layout.shards)}" if layout.shards else ""
    return f"{say(layout.chunks)}{shards}"


def codec_said(codec: Codec) -> str:
    """A codec as it is said."""
    if codec.name == "none":
        return "not compressed"
    shuffle = {"shuffle": "", "bitshuffle": " bitshuffle", "none": " no shuffle"}[codec.shuffle]
    return f"{codec.name} {codec.level}{shuffle if CODECS[codec.name] else ''}"


def time_said(seconds: float) -> str:
    """A time with three digits and a unit that suits it."""
    for unit, scale in (("s", 1), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{plain(seconds / scale, 3)} {unit}"
    return f"{plain(seconds * 1e6, 3)} µs"


def of_winner(question: "Question", ranked: "list[Candidate]") -> str:
    """Why the first is first, against the best of another chunk or shard shape."""
    first = ranked[0]
    cut = (first.layout.chunks, first.layout.shards)
    others = [one for one in ranked if (one.layout.chunks, one.layout.shards) != cut]
    if not others:
        return f"{named(first.layout)} is the only layout left."
    second = others[0]
    if question.use.archive:
        return _of_archive(first, second)
    times = second.seconds.value / first.seconds.value
    return (
        f"{named(first.layout)} takes {time_said(first.seconds.value)} for the mean access where "
        f"{named(second.layout)} takes {time_said(second.seconds.value)} "
        f"({times:.2f} times as long{_doubt(times)}): {_because(question, first, second)}."
    )


def _doubt(times: float) -> str:
    return f", which is within the noise of times, {ASSUMED:.0%}" if times < 1 + ASSUMED else ""


FETCHES, WAITS = "fetches {}", "waits for answers {} times"
#: What a layout does for an access, and how that is said.
DOES = {
    "makes {} requests": lambda access: access.requests.value,
    FETCHES: lambda access: access.bytes.value,
    WAITS: lambda access: access.rounds,
    "decodes {} voxels for each that is asked for": lambda access: access.decoded,
}


def _because(question, first, second) -> str:
    """What the second does most more of."""
    mine, theirs = _does(question, first), _does(question, second)
    if question.storage.kind == "disk":
        mine.pop(WAITS)
    what = max(mine, key=lambda one: theirs[one] / mine[one])
    if theirs[what] <= mine[what]:
        return "it does no less work, but what it does costs less on this machine"
    said = size if what is FETCHES else plain
    return f"it {what.format(said(mine[what], 3))}, the other {said(theirs[what], 3)}"


def _does(question, one) -> dict[str, float]:
    return {
        said: sum(share * figure(one.accesses[name]) for name, share in question.use.shares.items())
        for said, figure in DOES.items()
    }


def _of_archive(first, second) -> str:
    return (
        f"{named(first.layout)} keeps a tomogram in {size(first.stored.value)} and "
        f"{first.objects.value:.0f} objects, where {named(second.layout)} takes "
        f"{size(second.stored.value)} and {second.objects.value:.0f}."
    )


def notes(desk: "Estimate") -> list[str]:
    """What was measured, and how far off the model is where it did not see."""
    found = [of_source(desk), *of_type(desk), *of_errors(desk), of_stored(desk)]
    if desk.question.storage.kind == "s3":
        found.append(of_network(desk))
    return found + list(parallel.notes(desk))


def of_search(desk: "Estimate") -> list[str]:
    """How often the layout that a search names was among the best, where that was raced."""
    try:
        found = searched.answers(searched.load(desk.evidence.root)) if desk.evidence.root else []
    except UserError:
        return []
    return [f"the search, raced: {searched.summary(found)}"] if found else []


def of_source(desk: "Estimate") -> str:
    """Which volumes the figures and the model come from."""
    volumes = sorted({cell.volume for cell in desk.fitted.cells})
    where = f"{', '.join(volumes)} on {desk.evidence.machine}, zarr {desk.version}"
    fitted = f"the model is fitted to {where}"
    if desk.source:
        return f"{desk.source} itself was measured: its figures are used as they are; {fitted}"
    return f"no volume of this shape and type was measured; {fitted}"


def of_type(desk: "Estimate") -> list[str]:
    """How times of an element type or kind come about that the model is not fitted to."""
    asked = desk.question
    if (asked.dtype, asked.kind) == model.FITTED:
        return []
    voxels = asked.dtype if asked.kind == "raw" else f"{asked.kind} {asked.dtype}"
    said = f"the model has no times of {voxels}: they scale with the bytes decoded"
    if desk.coding.knows(asked.dtype, asked.kind):
        reads, writes = (
            desk.coding.of(asked.dtype, asked.kind, stored.DEFAULT, one) for one in (False, True)
        )
        said += (
            f", a byte of which takes {reads:.2f} times as long to decode, and {writes:.2f} times to "
            "encode, as one of float32 (raced in numcodecs)"
        )
    found = desk.fitted.errors_of_types
    for writes, what in ((False, "reads"), (True, "whole writes")):
        if errors := found.get((asked.dtype, asked.kind, writes)):
            said += f"; compared with {what} that were measured, {errors_said(errors)}"
    return [said]


def of_errors(desk: "Estimate") -> list[str]:
    """How far off the model is on a disk, by what is held out, reads and whole writes apart."""
    return [
        f"modelled times of {'whole writes' if writes else 'reads'}, each {by} held out in turn: "
        f"{errors_said(errors)}"
        for by in model.GROUPS
        for writes in (False, True)
        if (errors := desk.fitted.errors[by, writes])
    ]


def of_stored(desk: "Estimate") -> str:
    """Whose compression stored bytes come from, and how far off they are."""
    volume = desk.ratios.volume
    if error := stored.largest_error(desk.evidence, desk.question.dtype):
        return (
            f"modelled stored bytes (compression of {volume}) are within {error:.1%} of those of the "
            "volumes that were measured"
        )
    return f"stored bytes are modelled by the compression of {volume}"


def errors_said(errors: model.Errors) -> str:
    """Errors of a model, as a sentence goes on."""
    return (
        f"half of {errors.cells} cells within {errors.median:.0%}, nine in ten within "
        f"{errors.ninth:.0%}, at most {errors.largest:.1f} times off"
    )


def of_access(name: str, errors: model.Errors | None) -> str:
    """How far off modelled times of an access are."""
    if errors is None:
        return (
            f"the time of {uses.said(name)} was measured nowhere: how far off it is, is not known"
        )
    return f"{uses.said(name)}: {errors_said(errors)}"


def of_network(desk: "Estimate") -> str:
    """What times on S3 are made of, and how far off they are."""
    at_once = desk.question.storage.concurrency
    said = (
        f"times on S3 are modelled: the time on a disk, round trips of {at_once} requests at once, "
        "bytes"
    )
    own = desk.fitted.own[False]
    if own is None:
        return (
            f"{said}; without what client and server take for a request and a byte, because the "
            "remote suite has no results"
        )
    said += (
        f", and {own.request * 1e3:.2g} ms a request, {own.byte * 2**20 * 1e3:.2g} ms a MiB and "
        f"{own.shard * 1e3:.2g} ms a shard read in part, of client and server, as the remote suite has it"
    )
    held = desk.fitted.far_held_out
    for writes, what in ((False, "reads"), (True, "whole writes")):
        pairs = [(one.measured, p) for one, p in held if one.writes is writes]
        if errors := model.errors_of_pairs(pairs):
            said += (
                f"; of its {errors.cells} {what}, each layout held out in turn, half are within "
                f"{errors.median:.0%}, all within {errors.largest:.1f} times"
            )
    return said
