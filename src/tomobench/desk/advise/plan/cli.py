"""``tomobench plan``: which layout, for a tomogram, a use and a storage."""

import json
import re
from math import inf
from pathlib import Path

import click
import numpy as np

from tomobench.desk import options
from tomobench.desk.advise.evidence import evidence
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.plan import candidates
from tomobench.desk.advise.plan import current as current_layout
from tomobench.desk.advise.plan.candidates import Question
from tomobench.desk.advise.plan.formats import as_json, as_text, record, records
from tomobench.desk.advise.plan.network import DISK, S3, Storage
from tomobench.desk.advise.plan.reasons import named
from tomobench.desk.advise.present.present import Present
from tomobench.desk.advise.readers.verdicts import READERS
from tomobench.desk.advise.script import script
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.results.table import Table

#: A tomogram of dataset 10445 of the CryoET Data Portal.
SHAPE = "184x630x630"


def parse_shape(text: str) -> tuple[int, ...]:
    """``184x630x630`` as (z, y, x). Raises UserError for anything else."""
    match = re.fullmatch(r"([0-9]{1,5})[x×]([0-9]{1,5})[x×]([0-9]{1,5})", text.strip())
    shape = tuple(map(int, match.groups())) if match else ()
    if not shape or not all(shape):
        raise UserError(f"{text!r} is no shape: give z, y and x in voxels, as {SHAPE}")
    return shape


def parse_dtype(text: str) -> str:
    """A NumPy name of a number type. Raises UserError for anything else."""
    try:
        found = np.dtype(text)
    except TypeError:
        found = None
    if found is None or found.kind not in "iuf":
        raise UserError(
            f"{text!r} is no type of numbers: choose for example float32, int16 or uint8"
        )
    return found.name


@click.command("plan")
@click.option("--shape", "shape_", metavar="ZxYxX", help=f"Voxels.  [default: {SHAPE}]")
@click.option(
    "--volume", metavar="ID", help="Shape, type and compression of a volume, in place of --shape."
)
@click.option("--dtype", help="Type of the voxels.  [default: float32]")
@click.option(
    "--tomograms", type=click.IntRange(1), default=1, show_default=True, help="How many are kept."
)
@click.option(
    "--use",
    "use_",
    default="xy",
    show_default=True,
    help="xy, xz, yz, whole, region-N (boxes of N³), with weights as xy=10,whole=1; or archive.",
)
@click.option("--storage", type=click.Choice([DISK, S3]), default=DISK, show_default=True)
@click.option("--latency", type=float, metavar="MS", help="Of a round trip to S3.  [default: 20]")
@click.option(
    "--bandwidth",
    type=float,
    metavar="MB/S",
    help="To S3, of all connections.  [default: no limit]",
)
@click.option(
    "--client",
    type=click.Choice(["one-request", "s3fs"]),
    help="s3fs asks for an object's size first; one-request does not.  [default: one-request]",
)
@click.option(
    "--release", metavar="VERSION", help="Of zarr.  [default: the newest 3 that was timed]"
)
@click.option("--zarr-format", type=click.Choice(["2", "3"]), help="This Zarr format alone.")
@click.option(
    "--readers", metavar="NAMES", help=f"Who must open it, with commas: {', '.join(READERS)}."
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
@options.machine
@click.option("--top", type=click.IntRange(0), default=0, help="Print so many layouts; 0: all.")
@options.output
def plan(machine, top, format_, current, script_file, **asked):
    """Which layout serves a tomogram, for a use and a storage; what it takes, and how sure that is.

    Every layout of the grids is compared, in order of the time of the use; an archive's in order of
    stored bytes, and objects where those are within 1 %. Objects are exact. Requests are exact, but
    where a release merges ranges of a shard and it was not counted on this volume. Times were
    measured where the suites measured this volume, else they come from a model, whose error is
    said. Costs are those of prices.toml, or of the file in TOMOBENCH_PRICES.
    """
    root = lock.find_root()
    layout, one = current_layout.asked(current) if current else (None, None)
    known = evidence.load(root, machine)
    if one:
        asked = _of_present(one, asked)
    question = _question(known, **asked)
    found = None
    if layout:
        found = current_layout.compared(question, known, layout, root, one)
    ranking = found.ranking if found else candidates.rank(question, known, root)
    _print(ranking, known, top, format_, found)
    if script_file:
        _write_script(script_file, ranking, known)


def _write_script(path: Path, ranking, known: Evidence) -> None:
    """The program for the layout that comes first, and a line on it."""
    question, layout = ranking.question, ranking.candidates[0].layout
    line = known.history.find(question.release).line
    script.write(path, layout, line, question.shape, question.dtype)
    click.echo(
        f"{path}: converts tomograms to {named(layout)}: python {path} OUT SOURCE...", err=True
    )


def _of_present(one: Present, asked: dict) -> dict:
    """What is asked, about the volume of a Zarr."""
    if given := [name for name in ("shape_", "dtype", "volume") if asked[name]]:
        raise UserError(
            f"--current names a Zarr, which has a shape and a type: leave --{given[0].rstrip('_')} out"
        )
    return {**asked, "shape_": "x".join(map(str, one.shape)), "dtype": one.dtype}


def _print(ranking, known, top, format_, found: current_layout.Comparison | None) -> None:
    shown = ranking.candidates[: top or None]
    if format_ == "csv":
        now = [record("now", found.now)] if found else []
        click.echo(Table([*now, *records(ranking)]).csv())
    elif format_ == "json":
        said = as_json(ranking, known)
        if found:
            said["current"] = record("now", found.now) | {"says": current_layout.sentences(found)}
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        for line in current_layout.sentences(found) if found else []:
            click.echo(line)
        click.echo(as_text(ranking, shown, known, "github" if format_ == "markdown" else "simple"))


def _question(
    known: Evidence,
    *,
    shape_,
    volume,
    dtype,
    tomograms,
    use_,
    storage,
    release,
    zarr_format,
    readers,
    **net,
) -> Question:
    if volume and (shape_ or dtype):
        raise UserError("--volume has a shape and a type of its own: leave --shape and --dtype out")
    described = evidence.described(volume) if volume else None
    if volume and described is None:
        raise UserError(
            f"there is no volume {volume!r}: see tomobench volume list, or give --shape"
        )
    shape, kind, _ = described or (
        parse_shape(shape_ or SHAPE),
        parse_dtype(dtype or "float32"),
        True,
    )
    return Question(
        shape,
        uses.parse(use_),
        known.release(release),
        _storage(storage, **net),
        kind,
        tomograms,
        (int(zarr_format),) if zarr_format else (2, 3),
        tuple(filter(None, (readers or "").replace(" ", "").split(","))),
        volume,
    )


def _storage(kind: str, latency, bandwidth, client) -> Storage:
    if kind == DISK:
        if given := [
            n for n, v in (("latency", latency), ("bandwidth", bandwidth), ("client", client)) if v
        ]:
            raise UserError(f"--{given[0]} is for --storage s3")
        return Storage()
    latency = 20.0 if latency is None else latency
    if not 0 <= latency < inf:
        raise UserError(f"a latency of {latency:g} ms can't be: give 0 or more")
    if bandwidth is not None and not 0 < bandwidth <= 1e9:
        raise UserError(f"a bandwidth of {bandwidth:g} MB/s can't be: give more than 0")
    rate = inf if bandwidth is None else bandwidth * 1e6
    return Storage(S3, latency / 1e3, rate, heads=client == "s3fs")
