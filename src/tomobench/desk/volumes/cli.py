"""The ``tomobench volume`` commands."""

import json
from pathlib import Path

import click
from tabulate import tabulate

from tomobench.bench import volume as volumes
from tomobench.bench.layout import say
from tomobench.bench.volume import Volume, VolumeError
from tomobench.desk.errors import UserError
from tomobench.desk.results.table import Table, mib
from tomobench.desk.volumes import catalogue, compare, fetching, phantom, preview


@click.group()
def volume():
    """The voxels to measure on: phantoms, and tomograms of yours.

    A volume lives in the cache (~/.cache/tomobench, or $TOMOBENCH_CACHE) under an id, with its
    source, voxel spacing and checksum. Without a choice of yours, phantom-128 is measured.

    \b
      tomobench volume import TS_1.mrc            bring in a file; prints the id
      tomobench volume fetch 10445/TS_100_3       bring in a tomogram of the CryoET Data Portal
      make bench VOLUME=TS_1.mrc                  or import it and measure on it in one go
      TOMOBENCH_VOLUME=TS_1-0f3a77c2 asv run      measure on it with asv's own commands
    """


def _part_options(command):
    """The options that say which part of a source is wanted, and how to print what came of it."""
    for option in (
        click.option(
            "--print-id", is_flag=True, help="Print the id and nothing else, for scripts."
        ),
        click.option(
            "--level",
            type=click.IntRange(min=0),
            default=0,
            show_default=True,
            help="Resolution of an OME-Zarr; 0 is the highest.",
        ),
        click.option(
            "--region",
            metavar="Z0:Z1,Y0:Y1,X0:X1",
            help="Only these voxels, ends excluded; ':' for a whole axis, e.g. 0:128,:,64:192.",
        ),
        click.option("--name", help="Name and start of the id.  [default: the source's]"),
    ):
        command = option(command)
    return command


@volume.command("import")
@click.argument("file")
@_part_options
@click.option(
    "--kind",
    type=click.Choice(catalogue.KINDS),
    default="unspecified",
    show_default=True,
    help="What the voxels are.",
)
def import_(file, name, region, kind, level, print_id):
    """Bring FILE into the cache, so that benchmarks can be run on it.

    FILE is an MRC file (.mrc .map .rec .st .ali .ccp4, also packed as .gz), a .npy array, or the
    folder of a Zarr array (format 2 or 3) or OME-Zarr image. The array must have three axes, z, y,
    x. The element type is kept; the file itself is not changed. Importing it again changes nothing.
    """
    _say(catalogue.add_file(file, name, region, kind, level), print_id)


@volume.command()
@click.argument("source")
@click.option("--list", "list_only", is_flag=True, help="Show the tomograms there are, and stop.")
@click.option(
    "--spacing", type=float, metavar="Å", help="The tomogram of about this voxel spacing."
)
@click.option("--processing", help="The tomogram so processed: raw, filtered, denoised, ...")
@click.option("--tomogram", type=int, metavar="ID", help="The tomogram of this id.")
@click.option("--kind", type=click.Choice(catalogue.KINDS), help="What the voxels are.")
@_part_options
def fetch(source, list_only, spacing, processing, tomogram, kind, name, region, level, print_id):
    """Bring a tomogram from elsewhere into the cache: SOURCE is one of

    \b
      10445/TS_100_3            dataset and run of the CryoET Data Portal
      s3://BUCKET/PATH.zarr     a Zarr array or OME-Zarr image in a public bucket
      https://HOST/PATH.zarr    the same on a web server
      https://HOST/PATH.mrc     an MRC file, also packed as .gz
      FILE                      as in `tomobench volume import FILE`

    Of a Zarr, only the chunks that the region needs are fetched. If it is interrupted, or fails,
    the same command goes on from there; if it was fetched before, it is not fetched again.
    AWS_ENDPOINT_URL and TOMOBENCH_PORTAL_URL name another S3 service, another portal.
    """
    if list_only:
        click.echo(_tomograms(source))
        return
    wanted = fetching.Wanted(source, region, level, spacing, processing, tomogram)
    wanted.check()
    if fetching.is_remote(source):
        _say(catalogue.fetch(wanted, name, kind), print_id)
    else:
        _say(catalogue.add_file(source, name, region, kind or "unspecified", level), print_id)


def _tomograms(source: str) -> str:
    rows = [
        {
            "id": tomo.id,
            "run": tomo.run,
            "z×y×x": say(tomo.shape),
            "Å": tomo.spacing,
            "processing": tomo.processing,
            "method": tomo.reconstruction,
            "MiB Zarr": mib(tomo.zarr_bytes),
            "MiB MRC": mib(tomo.mrc_bytes),
        }
        for tomo in fetching.listing(source)
    ]
    return Table(rows, {"Å": "g", "MiB Zarr": ".1f", "MiB MRC": ".1f"}).text()


def _say(added: Volume, print_id: bool) -> None:
    """The id of a volume that was brought in, and how to go on."""
    if print_id:
        click.echo(added.id)
        return
    click.echo(f"{added.id}: {say(added.shape)} {added.dtype}, {_spacing(added)}")
    click.echo("Measure on it:")
    click.echo(f"  make bench VOLUME={added.id}")
    click.echo(f"  TOMOBENCH_VOLUME={added.id} asv run")


@volume.command("list")
def list_():
    """List the volumes in the cache, and the phantoms that can be made."""
    rows = [_row(volume_id, described) for volume_id, described in catalogue.listing()]
    cached = {row["id"] for row in rows}
    rows += [_row_of_missing(name) for name in phantom.IDS if name not in cached]
    click.echo(Table(rows, {"MiB": ".1f"}).text())


@volume.command()
@click.argument("volume_id", metavar="ID")
def info(volume_id):
    """Show all that is known of the volume ID, and whether its voxels are intact."""
    described = _known(volumes.describe, volume_id)
    provenance = json.dumps(described.provenance, ensure_ascii=False)
    rows = [
        ("id", described.id),
        ("name", described.name),
        ("kind", described.kind),
        ("source", described.source),
        ("shape", f"{say(described.shape)} (z×y×x)"),
        ("dtype", described.dtype),
        ("size", f"{mib(described.nbytes):.1f} MiB"),
        ("spacing", f"{_spacing(described)} (z×y×x)"),
        ("sha256", described.sha256),
        ("made", f"{described.made_at} with {described.made_with}"),
        ("provenance", provenance),
        ("folder", volumes.folder(described.id)),
        ("voxels", _condition(described)),
    ]
    click.echo(tabulate(rows, tablefmt="plain", disable_numparse=True))


@volume.command("preview")
@click.argument("volume_id", metavar="ID")
@click.option(
    "-o", "output", type=click.Path(path_type=Path), help="Where to write.  [default: ID.png here]"
)
def preview_(volume_id, output):
    """Draw the three central slices of the volume ID into a PNG file.

    A phantom that is not in the cache yet is made first.
    """
    catalogue.ensure(volume_id)
    click.echo(_known(preview.write, volume_id, output or Path(f"{volume_id}.png")))


@volume.command("compare")
@click.argument("volume_id", metavar="A")
@click.argument("other_id", metavar="B")
@click.option(
    "-o", "picture", type=click.Path(path_type=Path), help="Draw them into this PNG file."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Write all figures into this .json or .csv file.",
)
def compare_(volume_id, other_id, picture, data):
    """Show the volumes A and B side by side: values, bytes, spectrum, compression.

    Their central regions of at most 128×128×128 voxels are measured, in cubic chunks and Zarr
    format 2. Last in the table: the ratios that the published report found in TS_100_3. A phantom
    that is not in the cache yet is made first.
    """
    sides = tuple(_known(_side, one) for one in (volume_id, other_id))
    click.echo(compare.table(sides))
    if picture:
        compare.write_figure(sides, picture)
    if data:
        compare.write_data(sides, data)


def _side(volume_id: str) -> compare.Side:
    catalogue.ensure(volume_id)
    return compare.side(*volumes.load(volume_id))


@volume.command()
@click.argument("volume_id", metavar="ID")
def make(volume_id):
    """Make the phantom ID, unless it is in the cache and intact.

    \b
    phantom-128           128×128×128, the default; less than a second
    phantom-192x320x320   large enough for shards; a few seconds
    phantom-184x630x630   the full size of a tomogram, 279 MiB
    phantom-ZxYxX         any other shape
    phantom-128-denoised  the same specimen with little noise; of any shape
    phantom-128-labels    the same specimen as a segmentation, uint8; of any shape

    A phantom has the same voxels on every machine. asv and make bench make it when they need it.
    """
    if not phantom.shape_of(volume_id):
        raise UserError(f"{volume_id!r} is no phantom: ask for phantom-128 or phantom-ZxYxX")
    made = catalogue.ensure(volume_id)
    click.echo(f"{made.id}: {say(made.shape)} {made.dtype}, {_spacing(made)}")


def _known(function, volume_id: str, *arguments):
    """Call a function of the bench half; its complaint about a volume becomes a line for people."""
    try:
        return function(volume_id, *arguments)
    except VolumeError as error:
        raise UserError(str(error)) from error


def _condition(described: Volume) -> str:
    try:
        volumes.verify(described)
    except VolumeError as error:
        return f"DAMAGED: {error}"
    return "intact"


def _row(volume_id: str, described: Volume | None) -> dict:
    if described is None:
        return _listed(volume_id, source="DAMAGED: its description can't be read")
    shape, size, spacing = say(described.shape), mib(described.nbytes), _spacing(described)
    return _listed(volume_id, shape, described.dtype, size, spacing, described.source)


def _row_of_missing(volume_id: str) -> dict:
    shape = say(phantom.shape_of(volume_id) or ())
    dtype = phantom.KINDS[phantom.kind_of(volume_id)]
    return _listed(
        volume_id, shape, dtype, spacing=f"{phantom.SPACING} Å", source="phantom, made when needed"
    )


def _listed(volume_id, shape=None, dtype=None, size=None, spacing=None, source=None) -> dict:
    return {
        "id": volume_id,
        "shape (z×y×x)": shape,
        "dtype": dtype,
        "MiB": size,
        "spacing": spacing,
        "source": source,
    }


def _spacing(described: Volume) -> str:
    """``10.012 Å``, or the three edges where they differ."""
    if described.voxel_spacing is None:
        return "spacing unknown"
    edges = [f"{edge:g}" for edge in described.voxel_spacing]
    return f"{edges[0] if len(set(edges)) == 1 else '×'.join(edges)} Å"
