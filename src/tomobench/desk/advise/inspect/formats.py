"""What was examined as text, CSV or JSON."""

from math import inf, prod

from tomobench.bench.layout import say
from tomobench.desk.advise.evidence.figure import MARKS, Figure
from tomobench.desk.advise.inspect.examined import Inspected, voxel_bytes
from tomobench.desk.advise.plan import current
from tomobench.desk.advise.plan.network import Storage
from tomobench.desk.advise.plan.reasons import named, time_said
from tomobench.desk.advise.present.present import Present
from tomobench.desk.digits import plain, size
from tomobench.desk.results.table import Table


def one_said(found: Inspected, style: str, far: Storage) -> str:
    """What a person is told of one Zarr."""
    lines = [sentence(found.present), *current.sentences(found.comparison), ""]
    lines += [Table(_reads(found, far)).said(style), ""]
    if found.awkward:
        lines += ["Awkward:", *(f"- {one.says} [{one.source}]" for one in found.awkward), ""]
    return "\n".join([*lines, *(f"- {note}" for note in notes(found))])


def many_said(found: list[Inspected], style: str) -> str:
    """A line for each of many."""
    rows = [
        {
            "Zarr": one.present.where,
            "voxels": f"{say(one.present.shape)} {one.present.dtype}",
            "layout": _layout(one.present),
            "levels": len(one.present.levels),
            "objects": one.present.objects,
            "MiB": stored(one.present) / 2**20,
            "first": named(one.comparison.first.layout),
            "times as fast": one.comparison.faster,
            "awkward": len(one.awkward),
        }
        for one in found
    ]
    digits = {"levels": "d", "objects": ",", "MiB": ",.4g", "times as fast": ".3g", "awkward": "d"}
    return Table(rows, digits).said(style)


def sentence(one: Present) -> str:
    """What it is."""
    spacing = f", {_spacing(one)}" if one.spacing else ""
    levels = f"{len(one.levels)} levels" if len(one.levels) > 1 else "1 level"
    axes = f", axes {', '.join(one.axes)}" if one.axes else ", axes without names"
    return (
        f"{one.where}: {one.kind}, {say(one.shape)} {one.dtype} "
        f"({size(voxel_bytes(one))}{spacing}{axes}), {_layout(one)} "
        f'({size(one.chunk_bytes, 3)} a chunk, named with "{one.separator}"), {levels}: '
        f"{one.objects:,} objects, {MARKS['modelled']}{size(stored(one))} stored."
    )


def stored(one: Present) -> float:
    """Bytes of all levels, by the sizes that were seen."""
    return sum(level.stored for level in one.levels)


def _layout(one: Present) -> str:
    layout = one.layout
    shards = f" in shards of {say(layout.shards)}" if layout.shards else ""
    return (
        f"Zarr format {layout.zarr_format}, chunks {say(layout.chunks)}{shards}, {one.coding.said}"
    )


def _spacing(one: Present) -> str:
    assert one.spacing is not None
    lengths = dict.fromkeys(f"{length:.4g}" for length in one.spacing)
    return f"{' × '.join(lengths)} Å"


def _reads(found: Inspected, far: Storage) -> list[dict]:
    over = f"S3, {far.latency * 1e3:g} ms"
    return [
        {
            "access": name,
            "requests": _count(read.on_disk.requests),
            "MiB fetched": _mib(read.on_disk.bytes),
            "decoded for each asked": f"{read.on_disk.decoded:.3g}",
            "memory MiB": f"{MARKS['modelled']}{plain(read.memory / 2**20, 3)}",
            "on disk": _time(read.on_disk.seconds),
            over: _time(read.on_s3.seconds),
        }
        for name, read in found.reads.items()
    ]


def notes(found: Inspected) -> list[str]:
    """How sure the figures are."""
    one, ranking = found.present, found.comparison.ranking
    said = [*one.notes, *_sizes(one)]
    if not found.known:
        said.append(
            f"what {one.coding.said} takes to decode was not fitted: times are those of "
            f"{', '.join(found.fitted)}"
        )
    return [*said, *ranking.notes]


def _sizes(one: Present) -> list[str]:
    """What was asked for of its objects, and what that says."""
    sample, keys = one.levels[0].sample, one.levels[0].keys
    asked = f"sizes of {sample.asked} of {keys:,} objects were asked for, and no voxel read"
    if sample.empty:
        others = "" if sample.asked == keys else "; what the others take is not known"
        return [f"{asked}: none of those exists, they hold the fill value{others}"]
    missing = f"{sample.missing} of those {sample.asked} do not exist: they hold the fill value"
    return [
        f"{asked}: stored are {100 / one.ratio:.3g}% of the voxels' bytes",
        *([missing] if sample.missing else []),
    ]


def _count(figure: Figure) -> str:
    digits = 0 if figure.value == int(figure.value) else 1
    return f"{MARKS[figure.how]}{figure.value:,.{digits}f}"


def _mib(figure: Figure) -> str:
    return f"{MARKS[figure.how]}{plain(figure.value / 2**20, 4)}"


def _time(figure: Figure) -> str:
    return f"{MARKS[figure.how]}{time_said(figure.value)}"


def record(found: Inspected) -> dict:
    """A flat record in base units: bytes, seconds, the prices' currency; how sure stands beside."""
    one, both = found.present, found.comparison
    layout, first, taken = one.layout, both.first, both.conversion
    reads: dict[str, object] = {}
    for name, read in found.reads.items():
        for what, figure in (
            ("requests", read.on_disk.requests),
            ("bytes", read.on_disk.bytes),
            ("disk_seconds", read.on_disk.seconds),
            ("s3_seconds", read.on_s3.seconds),
        ):
            reads |= {f"{name}_{what}": figure.value, f"{name}_{what}_how": figure.how}
        reads[f"{name}_memory_bytes"] = read.memory
    return {
        "zarr": one.where,
        "kind": one.kind,
        "zarr_format": layout.zarr_format,
        "shape": str(say(one.shape)),
        "dtype": one.dtype,
        "axes": ",".join(one.axes or ()),
        "spacing_angstrom": ",".join(f"{length:.6g}" for length in one.spacing or ()),
        "chunks": str(say(layout.chunks)),
        "shards": str(say(layout.shards)),
        "codec": one.coding.said,
        "separator": one.separator,
        "levels": len(one.levels),
        "objects": one.objects,
        "voxel_bytes": prod(one.shape) * one.itemsize,
        "stored_bytes": stored(one),
        "sizes_asked": one.levels[0].sample.asked,
        "sizes_missing": one.levels[0].sample.missing,
        **reads,
        "use": both.ranking.question.use.name,
        "mean_seconds": both.now.seconds.value,
        "first_chunks": str(say(first.layout.chunks)),
        "first_shards": str(say(first.layout.shards)),
        "first_format": first.layout.zarr_format,
        "first_codec": str(first.layout.codec),
        "first_objects": first.objects.value,
        "first_stored_bytes": first.stored.value,
        "first_mean_seconds": first.seconds.value,
        "times_as_fast": both.faster,
        "tomograms": both.ranking.question.tomograms,
        "convert_seconds": taken.seconds * both.ranking.question.tomograms,
        "convert_gets": taken.gets * both.ranking.question.tomograms,
        "convert_puts": taken.puts * both.ranking.question.tomograms,
        "convert_requests_cost": _total(taken.requests, both),
        "convert_transfer_cost": _total(taken.transfer, both),
        "month_saved": None if taken.kept is None else float(taken.kept),
        "pays_after_reads": None if both.reads == inf else both.reads,
        "awkward": ",".join(what.name for what in found.awkward),
    }


def _total(amount, both) -> float | None:
    return None if amount is None else float(amount * both.ranking.question.tomograms)
