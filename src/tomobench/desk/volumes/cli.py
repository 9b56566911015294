"""The ``tomobench volume`` commands."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from tabulate import tabulate

from tomobench.bench import volume as volumes
from tomobench.bench.layout import say
from tomobench.bench.volume import Volume, VolumeError
from tomobench.desk import digits, files, options
from tomobench.desk.errors import UserError
from tomobench.desk.files import inside
from tomobench.desk.results.table import Table, mib
from tomobench.desk.volumes import (
    catalogue,
    importers,
    phantom,
    recognition,
    statistics,
    units,
)
from tomobench.desk.volumes.opened import Excerpt

if TYPE_CHECKING:
    from tomobench.desk.volumes import compare


@click.group()
def volume():
    """The voxels to measure on: phantoms, and tomograms of yours.

    \b
      tomobench volume import TS_1.mrc            bring in a file; prints the id
      tomobench volume fetch 10445/TS_100_3       bring in a tomogram of the CryoET Data Portal
      make bench VOLUME=TS_1.mrc                  or import it and measure on it in one go
      TOMOBENCH_VOLUME=TS_1-0f3a77c2 asv run      measure on it with asv's own commands

    A volume lives in the cache (~/.cache/tomobench, or $TOMOBENCH_CACHE) under an id, with its
    source, voxel spacing and checksum. Without a choice of yours, phantom-128 is measured.
    """


def _part_options(command):
    """The options that say which part of a source is wanted, and how to print what came of it."""
    for option in (
        click.option(
            "--print-id", is_flag=True, help="Print the id and nothing else, for scripts."
        ),
        click.option(
            "--dry-run", is_flag=True, help="Say what would be read and stop; nothing is kept."
        ),
        click.option(
            "--nan-to",
            type=float,
            metavar="VALUE",
            help="Put VALUE where voxels are NaN or infinite.",
        ),
        click.option(
            "--unsigned/--signed",
            default=None,
            help="How the bytes of an MRC file are meant.  [default: as its header says]",
        ),
        click.option("--dataset", metavar="PATH", help="The array in an HDF5 file."),
        click.option(
            "--channel",
            type=click.IntRange(min=0),
            help="The channel to take, where there are more.",
        ),
        click.option(
            "--voxel-spacing",
            type=_Spacing(),
            help="Å a voxel, or three along z,y,x; the source's own is not looked at.",
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


class _Spacing(click.ParamType):
    """One length or three (z, y, x), in Å."""

    name = "Å"

    def convert(self, value, param, ctx):
        """As click has it; (z, y, x)."""
        lengths = [digits.number(length) for length in value.split(",")]
        spacing = units.spacing(lengths * 3 if len(lengths) == 1 else lengths)
        if spacing is None:
            self.fail(f"{value!r}: write one length in Å, or three along z,y,x", param, ctx)
        return spacing


@volume.command("import", short_help="Bring each FILE into the cache, to measure on it.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@_part_options
@click.option(
    "--kind",
    type=click.Choice(catalogue.KINDS),
    default="unspecified",
    show_default=True,
    help="What the voxels are.",
)
def import_(files, name, kind, print_id, dry_run, **part):
    """Bring each FILE into the cache, so that benchmarks can be run on it.

    \b
      tomobench volume import TS_1.mrc                  one file
      tomobench volume import TS_1.mrc TS_2.h5 folder   several, and all in a folder

    FILE is an MRC file (plain or packed as .gz), a .npy array, a TIFF stack, an HDF5 or EM file, or
    a Zarr array (format 2 or 3) or OME-Zarr image, as a folder or an .ozx or .zip. What it is shows
    in its content, not its name. Of any other folder, every volume in it is taken.

    The array must have three axes, z, y, x. The element type is kept, and FILE is not changed.
    Importing it again changes nothing. docs/volumes.md says what is read and what is refused.
    """
    _import_all(files, name, kind, Excerpt(**part), print_id, dry_run)


def _import_all(
    files: Sequence[str], name: str | None, kind: str, part: Excerpt, print_id: bool, dry_run: bool
) -> None:
    """Import files, and all volumes of folders; of several, one that fails does not keep the others from it."""
    paths = [path for file in files for path in _volumes_of(file)]
    if len(paths) == 1:
        _import(paths[0](), name, kind, part, print_id, dry_run)
        return
    failed = 0
    for path in paths:
        try:
            _import(path(), name, kind, part, print_id, dry_run)
        except UserError as error:
            failed += 1
            click.echo(f"tomobench: {error}", err=True)
    if failed:
        raise UserError(f"{failed} of {len(paths)} could not be imported; the lines above say why")


def _volumes_of(file: str) -> list[Callable[[], Path]]:
    """What to import of an argument: itself, or all volumes of a folder that is none itself.

    Raises UserError, and so does a call for a link that leads out of such a folder.
    """
    if "://" in file:
        raise UserError(f"{file}: an address; bring it in with `tomobench volume fetch`")
    path = files.expanded(file)
    folder = os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for a path that may not be read
    found = recognition.files_in(path) if folder else []
    return [partial(inside, path, one) for one in found] or [lambda: path]


def _import(path: Path, name: str | None, kind: str, part: Excerpt, print_id: bool, dry_run: bool):
    if dry_run:
        with importers.opened_file(path.absolute(), part) as found:
            found.prepare()
            click.echo(_dry_run(found))
    else:
        _say(catalogue.add_file(path, name, kind, part), print_id)


def _dry_run(found: importers.Found) -> str:
    """What would be read."""
    lines = [
        f"{found.source}: {found.format}",
        f"  shape    {'×'.join(map(str, found.shape))} (z×y×x)",
        f"  type     {found.dtype.name}",
        f"  spacing  {_spacing(found)} (z×y×x)",
        f"  size     {found.nbytes / 2**20:,.1f} MiB in the cache",
        *(f"  note     {note}" for note in found.notes),
    ]
    return "\n".join(lines)


@volume.command()
@click.argument("source")
@click.option("--list", "list_only", is_flag=True, help="Show the tomograms there are, and stop.")
@click.option(
    "--spacing", type=float, metavar="Å", help="The tomogram of about this voxel spacing."
)
@click.option("--processing", help="The tomogram so processed: raw, filtered, denoised, ...")
@click.option("--tomogram", type=int, metavar="ID", help="The tomogram of this id.")
@click.option("--kind", type=click.Choice(catalogue.KINDS), help="What the voxels are.")
@click.option(
    "--credentials",
    is_flag=True,
    help="Sign requests to S3 as the AWS tools would: environment, ~/.aws, AWS_PROFILE.",
)
@click.option(
    "--requester-pays", is_flag=True, help="Pay for requests to S3; implies --credentials."
)
@_part_options
def fetch(source, list_only, kind, name, print_id, dry_run, **wanted):
    """Bring a tomogram from elsewhere into the cache.

    \b
      tomobench volume fetch 10445/TS_100_3 --list              the tomograms of a run
      tomobench volume fetch 10445/TS_100_3 --processing raw    one of them

    SOURCE is one of

    \b
      10445/TS_100_3            dataset and run of the CryoET Data Portal
      s3://BUCKET/PATH.zarr     a Zarr array or OME-Zarr image in a bucket
      https://HOST/PATH.zarr    the same on a web server
      https://HOST/PATH.mrc     a file of any kind that can be imported
      FILE                      as in `tomobench volume import FILE`

    Of a Zarr, only the chunks that the region needs are fetched. If it is interrupted, or fails,
    the same command continues from there; if it was fetched before, it is not fetched again.
    AWS_ENDPOINT_URL and TOMOBENCH_PORTAL_URL name another S3 service, another portal. Buckets are
    read anonymously, unless --credentials is given.
    """
    if list_only:
        click.echo(_tomograms(source))
        return
    # Its libraries, and matplotlib below, take a second.
    from tomobench.desk.volumes import fetching

    wanted = fetching.Wanted(source=source, **wanted)
    wanted.check()
    if not fetching.is_remote(source):
        part = Excerpt(**{field.name: getattr(wanted, field.name) for field in fields(Excerpt)})
        _import_all([source], name, kind or "unspecified", part, print_id, dry_run)
    elif dry_run:
        with fetching.opened(wanted) as fetched:
            click.echo(_dry_run(fetched.found))
    else:
        _say(catalogue.fetch(wanted, name, kind), print_id)


def _tomograms(source: str) -> str:
    from tomobench.desk.volumes import fetching

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


@volume.command(short_help="Show all that is known of the volume ID.")
@click.argument("volume_id", metavar="ID")
def info(volume_id):
    """Show all that is known of the volume ID, and whether its voxels are intact.

    \b
      tomobench volume info TS_1-0f3a77c2
    """
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
        *statistics.rows(described),
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
    "-o",
    "output",
    type=click.Path(path_type=Path),
    callback=options.output_file,
    help="Where to write.  [default: ID.png here]",
)
def preview_(volume_id, output):
    """Draw the three central slices of the volume ID into a PNG file.

    \b
      tomobench volume preview TS_1-0f3a77c2

    A phantom that is not in the cache yet is made first.
    """
    catalogue.ensure(volume_id)
    from tomobench.desk.volumes import preview

    click.echo(_known(preview.write, volume_id, output or Path(f"{volume_id}.png")))


@volume.command("compare", short_help="Show the volumes A and B side by side.")
@click.argument("volume_id", metavar="A")
@click.argument("other_id", metavar="B")
@click.option(
    "-o",
    "picture",
    type=click.Path(path_type=Path),
    callback=options.output_file,
    help="Draw them into this PNG file.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    callback=options.output_file,
    help="Write all figures into this .json or .csv file.",
)
def compare_(volume_id, other_id, picture, data):
    """Show the volumes A and B side by side: values, bytes, spectrum, compression.

    \b
      tomobench volume compare phantom-128 TS_1-0f3a77c2

    Their central regions of at most 128×128×128 voxels are measured, in cubic chunks and Zarr
    format 2. Last in the table: the ratios that the published report found in TS_100_3. A phantom
    that is not in the cache yet is made first.
    """
    from tomobench.desk.volumes import compare

    sides = tuple(_known(_side, one) for one in (volume_id, other_id))
    click.echo(compare.table(sides))
    if picture:
        compare.write_figure(sides, picture)
    if data:
        compare.write_data(sides, data)


def _side(volume_id: str) -> "compare.Side":
    from tomobench.desk.volumes import compare

    catalogue.ensure(volume_id)
    return compare.side(*volumes.load(volume_id))


@volume.command()
@click.argument("volume_id", metavar="ID")
def make(volume_id):
    """Make the phantom ID, unless it is in the cache and intact.

    \b
      tomobench volume make phantom-184x630x630

    ID is one of

    \b
    phantom-128           128×128×128, the default; less than a second
    phantom-192x320x320   large enough for shards; a few seconds
    phantom-184x630x630   the full size of a tomogram, 279 MiB
    phantom-ZxYxX         any other shape
    phantom-128-denoised  the same specimen with little noise; of any shape
    phantom-128-labels    the same specimen as a segmentation, uint8; of any shape
    phantom-128-int16     any of these in another type, as int8 or float16

    A phantom has the same voxels on every machine. asv and make bench make it when they need it.
    """
    if not phantom.shape_of(volume_id):
        raise UserError(f"{volume_id!r} is no phantom: ask for phantom-128 or phantom-ZxYxX")
    made = catalogue.ensure(volume_id)
    click.echo(f"{made.id}: {say(made.shape)} {made.dtype}, {_spacing(made)}")


@volume.command()
@click.argument("volume_ids", metavar="ID...", nargs=-1, required=True)
def remove(volume_ids):
    """Remove the volumes ID... from the cache. Files that they came from are not touched.

    \b
      tomobench volume remove TS_1-0f3a77c2
    """
    for volume_id in volume_ids:
        catalogue.remove(volume_id)
        click.echo(f"{volume_id}: removed")


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
    dtype = phantom.dtype_of(volume_id)
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


def _spacing(described: Volume | importers.Found) -> str:
    """``10.012 Å``, or the three edges where they differ."""
    if described.voxel_spacing is None:
        return "spacing unknown"
    edges = [f"{edge:g}" for edge in described.voxel_spacing]
    return f"{edges[0] if len(set(edges)) == 1 else '×'.join(edges)} Å"
