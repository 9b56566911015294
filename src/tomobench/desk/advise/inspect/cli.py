"""``tomobench inspect``: what a Zarr is, what reading it takes, and what another layout would bring."""

from collections.abc import Callable
from math import inf
from pathlib import Path

import click

from tomobench.desk import options, progress
from tomobench.desk.advise.evidence import evidence
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.inspect import examined, formats
from tomobench.desk.advise.inspect.examined import Inspected
from tomobench.desk.advise.plan.network import S3, Storage
from tomobench.desk.advise.plan.question import Question
from tomobench.desk.advise.present import places, present
from tomobench.desk.advise.readers import tools
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.results.table import Table
from tomobench.desk.volumes import fetching
from tomobench.desk.volumes.transfer import S3Client
from tomobench.desk.volumes.zarr_stores import Keys


@click.command("inspect")
@click.argument("where", metavar="PATH|URL")
@click.option("--use", "use_", default="xy", show_default=True, help="As plan's: what is compared.")
@click.option(
    "--tomograms",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many are converted.",
)
@click.option(
    "--latency",
    type=float,
    default=20.0,
    metavar="MS",
    help="Round trip to S3.  [default: 20]",
)
@click.option(
    "--release",
    metavar="VERSION",
    help="A release of zarr.  [default: the newest 3 that was timed]",
)
@click.option(
    "--readers", metavar="NAMES", help="As plan's: who must open what it is compared with."
)
@click.option("--credentials", is_flag=True, help="Sign requests to S3, as the AWS tools would.")
@click.option(
    "--channel", type=click.IntRange(min=0), help="The channel that is meant, of several."
)
@options.machine
@options.output
def command(
    where, use_, tomograms, latency, release, readers, credentials, channel, machine, format_
):
    """What a Zarr is, what reading it takes, and what another layout would bring.

    \b
      tomobench inspect my.zarr                        the layout it has, and what each access costs
      tomobench inspect s3://bucket/my.zarr --use xy   against the best layout for XY slices

    PATH|URL is a Zarr array or an OME-Zarr (Zarr format 2 or 3): a folder, a .zip or .ozx, s3:// or
    https://. A folder or an S3 prefix that holds many gives a table. Metadata and the sizes of some
    chunks are read, and nothing else. Figures are those of plan: docs/inspect.md says how sure.
    """
    if not 0 <= latency < inf:
        raise UserError(f"a latency of {latency:g} ms can't be: give 0 or more")
    root = lock.find_root()
    far = Storage(S3, latency / 1e3)
    use = uses.parse(use_)
    known = evidence.load(root, machine)
    storage = far if fetching.is_address(where) else Storage()
    question = Question(
        (1, 1, 1),
        use,
        known.release(release),
        storage,
        tomograms=tomograms,
        readers=tools.named(readers),
    )
    with places.opened(where, S3Client(credentials)) as stores:
        found, left_out = _each(
            stores, lambda store: _inspected(store, channel, question, known, far, root)
        )
    _print(found, format_, far)
    for line in left_out:
        click.echo(f"tomobench: left out: {line}", err=True)


def _inspected(
    store: Keys, channel: int | None, question: Question, known: Evidence, far: Storage, root: Path
) -> Inspected:
    one = present.of(store, channel)
    try:
        return examined.of(one, question, known, far, root)
    except UserError as error:
        raise UserError(f"{one.where}: {error}") from None


def _each(
    stores: list[Keys], inspected: Callable[[Keys], Inspected]
) -> tuple[list[Inspected], list[str]]:
    """What each store is, and a line for each of many that can't be inspected."""
    if len(stores) == 1:
        return [inspected(stores[0])], []
    found, left_out = [], []
    for store in progress.told("Zarrs", stores):
        try:
            found.append(inspected(store))
        except UserError as error:
            left_out.append(str(error))
    if not found:
        raise UserError(f"none of {len(stores)} Zarrs can be inspected; the first: {left_out[0]}")
    return found, left_out


def _print(found: list[Inspected], format_: str, far: Storage) -> None:
    if format_ in ("csv", "json"):
        click.echo(Table([formats.record(one) for one in found]).said(format_))
    elif len(found) == 1:
        click.echo(formats.one_said(found[0], format_, far))
    else:
        click.echo(formats.many_said(found, format_))
