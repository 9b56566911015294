"""``tomobench plan``: which layout, for a tomogram, a use and a storage."""

import json
import re
from math import inf, prod
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from tomobench.bench.layout import Shape
from tomobench.desk import options
from tomobench.desk.advise.costs import prices
from tomobench.desk.advise.evidence import evidence
from tomobench.desk.advise.evidence import like as likes
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.evidence.stored import DEFAULT, Ratios
from tomobench.desk.advise.plan import current as current_layout
from tomobench.desk.advise.plan import parallel, search, snippets
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.formats import as_json, as_text, record, records
from tomobench.desk.advise.plan.network import DISK, S3, Storage
from tomobench.desk.advise.plan.question import MOST_VOXELS, LayoutLimits, Question
from tomobench.desk.advise.plan.reasons import named
from tomobench.desk.advise.readers import tools
from tomobench.desk.advise.script import script
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.results import again, choosing
from tomobench.desk.results.table import Table
from tomobench.desk.volumes import phantom

if TYPE_CHECKING:
    from tomobench.desk.advise.present.present import Present

#: A tomogram of dataset 10445 of the CryoET Data Portal.
SHAPE = "184x630x630"
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def parse_shape(text: str) -> tuple[int, ...]:
    """``184x630x630`` as (z, y, x). Raises UserError for anything else."""
    match = re.fullmatch(r"([0-9]{1,9})[x×]([0-9]{1,9})[x×]([0-9]{1,9})", text.strip())
    shape = tuple(map(int, match.groups())) if match else ()
    if not shape or not all(shape):
        raise UserError(f"{text!r} is no shape: give z, y and x in voxels, as {SHAPE}")
    if prod(shape) > MOST_VOXELS or max(shape) > 99_999:
        raise UserError(
            f"{text!r} is larger than any tomogram: give z, y and x in voxels, as {SHAPE}"
        )
    return shape


def parse_dtype(text: str) -> str:
    """A NumPy name of a number type. Raises UserError for anything else."""
    try:
        found = np.dtype(text).name
    except (TypeError, ValueError):
        found = None
    if found not in phantom.TYPES:
        raise UserError(
            f"{text!r} is no type of numbers that is compared: choose from {', '.join(phantom.TYPES)}"
        )
    return found


def parse_bytes(context, parameter, text: str | None) -> float:
    """A click callback: ``64MiB``, ``2G`` or bytes; infinity for none. Raises UserError."""
    if text is None:
        return inf
    match = re.fullmatch(r"([0-9]{1,15}(?:[.][0-9]{1,6})?)\s*([kmgt]?)(i?b)?", text.strip().lower())
    if not match or not float(match[1]):
        raise UserError(
            f"{parameter.opts[0]}: {text!r} is no number of bytes: give for example 64MiB"
        )
    return float(match[1]) * _UNITS[match[2]]


@click.command("plan")
@click.option("--shape", "shape_", metavar="ZxYxX", help=f"Voxels.  [default: {SHAPE}]")
@click.option(
    "--like",
    metavar="TOMOGRAM",
    help="Shape, type and compression of a volume, a file, a Zarr or an address: chunks of it are "
    "coded here.",
)
@click.option(
    "--volume", metavar="ID", help="Shape, type and compression of a volume that was measured."
)
@click.option("--dtype", help="Type of the voxels.  [default: float32]")
@click.option(
    "--kind", type=click.Choice(list(phantom.KINDS)), help="What the voxels are.  [default: raw]"
)
@click.option(
    "--ratio", type=float, help="Compression, where it is known: voxel bytes over stored."
)
@click.option(
    "--tomograms",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many such tomograms are kept.",
)
@click.option(
    "--use",
    "use_",
    default="xy",
    show_default=True,
    help="xy, xz, yz, whole, region-N (boxes of N³), viewer, picking, training-N, pipeline-W (W "
    "workers), write, with weights as xy=10,whole=1; or archive.",
)
@click.option("--storage", type=click.Choice([DISK, S3]), default=DISK, show_default=True)
@click.option("--latency", type=float, metavar="MS", help="Round trip to S3.  [default: 20]")
@click.option(
    "--bandwidth",
    type=float,
    metavar="MB/S",
    help="Rate of the disk, or of all connections to S3.  [default: a warm page cache, or no limit]",
)
@click.option(
    "--client",
    type=click.Choice(["one-request", "s3fs"]),
    help="s3fs asks for an object's size first; one-request does not.  [default: one-request]",
)
@click.option(
    "--release",
    metavar="VERSION",
    help="A release of zarr.  [default: the newest 3 that was timed]",
)
@click.option(
    "--codec-pipeline",
    type=click.Choice(parallel.PIPELINES),
    default=parallel.DEFAULT,
    show_default=True,
    help="What zarr 3 is told to code chunks with.",
)
@click.option("--zarr-format", type=click.Choice(["2", "3"]), help="This Zarr format alone.")
@click.option(
    "--readers", metavar="NAMES", help=f"Who must open it, with commas: {', '.join(tools.NAMES)}."
)
@click.option("--max-objects", type=click.IntRange(1), help="At most so many objects a tomogram.")
@click.option(
    "--max-memory",
    metavar="SIZE",
    callback=parse_bytes,
    help="At most so much memory for an access, as 500MiB.",
)
@click.option(
    "--max-chunk", metavar="SIZE", callback=parse_bytes, help="At most such a chunk, decoded."
)
@click.option(
    "--current",
    metavar="LAYOUT|PATH|URL",
    help="What you have: a Zarr, or as 64x64x64/256x256x256,3,blosc-zstd-5 (CHUNKS/SHARDS,FORMAT,CODEC).",
)
@click.option(
    "--script",
    "script_file",
    type=click.Path(path_type=Path),
    callback=options.output_file,
    metavar="FILE",
    help="Write a program that converts many MRC, TIFF or OME-Zarr to the first layout.",
)
@click.option(
    "--try",
    "try_",
    type=click.IntRange(1, 12),
    metavar="N",
    help="Write the first N layouts here, from these voxels, and read them as asked: a minute or two.",
)
@click.option(
    "--try-in",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="The disk to try them on.  [default: the cache's]",
)
@options.machine
@click.option(
    "--top",
    type=click.IntRange(0),
    help="So many layouts in order; 0: all that were tried closely.  [default: at most a dozen, each "
    "better in something than those above]",
)
@click.option("--code", is_flag=True, help="Print the script that writes the first layout, too.")
@options.output
def plan(machine, top, code, format_, current, script_file, try_, try_in, **asked):
    """Which layout serves a tomogram, for a use and a storage; what it takes, and how sure that is.

    \b
      tomobench plan --use xy=10,whole=1     ten XY slices for each whole read
      tomobench plan --use xy --storage s3   the same over S3
      tomobench plan --like my.mrc --try 3   the first three, tried on your voxels

    Chunk shapes, shards, codecs and formats are searched, in order of the time of the use; an
    archive's in order of stored bytes, and objects where those are within 1 %. Objects are exact.
    Requests are exact, but where a release merges ranges of a shard and it was not counted on this
    volume. Those of a region are the mean over all its positions. Times were measured where the
    suites measured this volume, else they come from a model, whose error is said. Costs are those of
    prices.toml, or of the file in TOMOBENCH_PRICES.

    --try writes into a folder of its own, or on S3 below a prefix of its own (TOMOBENCH_S3_URL says
    where, else a server is started), and removes it.
    """
    if try_in and not try_:
        raise UserError("--try-in is for --try: add --try 3")
    root = lock.find_root()
    if not (current or try_ or script_file or asked["like"]):
        text, beside = again.answered(
            root,
            ("plan", machine, top, code, format_, *sorted(asked.items())),
            lambda: _answer(root, machine, top, code, format_, asked),
            [prices.file()],
        )
        for line in beside:
            choosing.on_stderr(line)
        click.echo(text)
        return
    layout, one = current_layout.asked(current) if current else (None, None)
    known = evidence.load(root, machine)
    if one:
        asked = _of_present(one, asked)
    desk = _asked(known, **asked)
    found = current_layout.compared(desk, layout, root, one, top) if layout else None
    searched = found.searched if found else search.of_desk(desk, root, top)
    if try_:
        _try(desk, searched, layout, try_, try_in, current if one else asked["like"], root, format_)
    else:
        click.echo(_text(searched, desk, format_, code, found))
    if script_file:
        _write_script(script_file, searched, known)


def _answer(root: Path, machine, top, code, format_, asked: dict) -> tuple[str, list[str]]:
    """What is said to a question about no file of anybody's, and the lines beside it."""
    beside: list[str] = []
    desk = _asked(evidence.load(root, machine, beside.append), **asked)
    return _text(search.of_desk(desk, root, top), desk, format_, code, None), beside


def _write_script(path: Path, searched: search.Searched, known: Evidence) -> None:
    """The program for the layout that comes first, and a line on it."""
    question, layout = searched.ranking.question, searched.ranking.candidates[0].layout
    line = known.history.find(question.release).line
    pipeline = snippets.path_of(question.codec_pipeline)
    script.write(path, layout, line, question.shape, question.dtype, pipeline)
    click.echo(
        f"{path}: converts tomograms to {named(layout)}: python {path} OUT SOURCE...", err=True
    )


def _of_present(one: "Present", asked: dict) -> dict:
    """What is asked, about the volume of a Zarr."""
    if given := [name for name in ("shape_", "dtype", "volume", "like") if asked[name]]:
        raise UserError(
            f"--current names a Zarr, which has a shape and a type: leave --{given[0].rstrip('_')} out"
        )
    return {**asked, "shape_": "x".join(map(str, one.shape)), "dtype": one.dtype}


def _text(searched, desk: Estimate, format_, code, found: current_layout.Comparison | None) -> str:
    if format_ == "csv":
        now = [record("now", found.now)] if found else []
        return Table([*now, *records(searched)]).csv()
    if format_ == "json":
        said = as_json(searched, desk)
        if found:
            said["current"] = record("now", found.now) | {"says": current_layout.sentences(found)}
        return json.dumps(said, indent=2, ensure_ascii=False)
    compared = current_layout.sentences(found) if found else []
    text = as_text(searched, desk, "github" if format_ == "markdown" else "simple", code)
    return "\n".join([*compared, text])


def _try(
    desk, found: search.Searched, now, count: int, folder, source, root: Path, format_
) -> None:
    """Try the first layouts, and the one that somebody has ``now``; say what came of it."""
    # Not at the top: asv's import is a third of what plan takes.
    from tomobench.desk.advise.plan import trial, trial_said

    layouts = [one.layout for one in found.ranking.candidates[:count]]
    if now and now not in layouts:
        layouts.append(now)
    if desk.question.storage.kind == S3 and folder:
        raise UserError("--try-in is for a disk: leave it out with --storage s3")
    tried = trial.tried(desk, layouts, source, folder, root)
    if format_ == "csv":
        click.echo(Table(trial_said.records(tried)).csv())
    elif format_ == "json":
        click.echo(json.dumps(trial_said.records(tried), indent=2, ensure_ascii=False))
    else:
        click.echo(trial_said.text(tried, desk.question, format_))


def _asked(
    known: Evidence,
    *,
    use_,
    storage,
    tomograms,
    release,
    codec_pipeline,
    zarr_format,
    readers,
    max_objects,
    max_memory,
    max_chunk,
    shape_,
    like,
    volume,
    dtype,
    kind,
    ratio,
    **net,
) -> Estimate:
    use = uses.parse(use_)
    place = _storage(storage, **net)
    about = known.release(release)
    shape, type_, kind_, ratios = _voxels(shape_, like, volume, dtype, kind, ratio)
    limits = LayoutLimits(max_objects or inf, max_memory, max_chunk)
    question = Question(
        shape,
        use,
        about,
        place,
        type_,
        tomograms,
        (int(zarr_format),) if zarr_format else (2, 3),
        tools.named(readers),
        volume,
        kind_,
        limits,
        codec_pipeline,
    )
    return Estimate(question, known, ratios)


def _voxels(shape_, like, volume, dtype, kind, ratio) -> tuple[Shape, str, str, Ratios | None]:
    """Shape, element type, kind, and the compression where it is not that of the evidence."""
    given = {"--like": like, "--volume": volume}
    source = [name for name, value in given.items() if value]
    described = {"--shape": shape_, "--dtype": dtype, "--kind": kind}
    both = [name for name, value in described.items() if value]
    if source and both and (source[0], both) != ("--like", ["--shape"]):
        raise UserError(
            f"{source[0]} has a shape and a type of its own: leave {' and '.join(both)} out"
        )
    if len(source) > 1 or (like and ratio is not None):
        raise UserError("--like says it all: leave --volume and --ratio out")
    ratios = None if ratio is None else _of_ratio(ratio)
    if like:
        found = likes.tomogram(like)
        shape = parse_shape(shape_) if shape_ else found.shape
        return shape, found.dtype, found.kind, found.ratios
    if volume:
        if not (known := evidence.described(volume)):
            raise UserError(
                f"there is no volume {volume!r}: see tomobench volume list, or give --shape"
            )
        return *known, ratios
    type_ = parse_dtype(dtype or phantom.KINDS[kind or "raw"])
    if kind == "labels" and np.dtype(type_).kind == "f":
        raise UserError(f"labels are whole numbers, not {type_}: give for example --dtype uint16")
    return parse_shape(shape_ or SHAPE), type_, kind or "raw", ratios


def _of_ratio(ratio: float) -> Ratios:
    if not 0.5 <= ratio <= 1e6:
        raise UserError(
            f"a compression of {ratio:g} can't be: give voxel bytes over stored, as 1.5"
        )
    return Ratios(f"--ratio {ratio:g}", {(DEFAULT, (64, 64, 64)): ratio})


def _storage(kind: str, latency, bandwidth, client) -> Storage:
    if bandwidth is not None and not 0 < bandwidth <= 1e9:
        raise UserError(f"a bandwidth of {bandwidth:g} MB/s can't be: give more than 0")
    rate = inf if bandwidth is None else bandwidth * 1e6
    if kind == DISK:
        if given := [n for n, v in (("latency", latency), ("client", client)) if v is not None]:
            raise UserError(f"--{given[0]} is for --storage s3")
        return Storage(bandwidth=rate)
    latency = 20.0 if latency is None else latency
    if not 0 <= latency < inf:
        raise UserError(f"a latency of {latency:g} ms can't be: give 0 or more")
    return Storage(S3, latency / 1e3, rate, heads=client == "s3fs")
