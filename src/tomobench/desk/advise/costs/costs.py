"""``tomobench costs``: what a layout costs on S3, from the requests that were counted and a list of
prices.

An access is billed as it was counted on the volume that was measured. The data set is 484 tomograms
of 184×630×630 voxels: its objects are counted exactly (tomobench.bench.objects); its bytes are
those of the measured volume, scaled by the number of voxels. A whole write takes as many PUTs (and
POSTs, where a client uploads in parts) for each of those objects as it did for each that was
measured; its other requests are as counted: they do not grow with the volume.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import prod
from pathlib import Path

import click

from tomobench.bench.grids import ON_S3, s3_layout
from tomobench.bench.layout import Shape, say
from tomobench.bench.objects import METADATA_OBJECTS, object_count
from tomobench.bench.s3 import S3FS
from tomobench.desk import options
from tomobench.desk.advise.costs import prices
from tomobench.desk.advise.costs.measured import choose
from tomobench.desk.advise.costs.prices import Prices, Usage
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.results import reading as results
from tomobench.desk.results.table import Table
from tomobench.desk.volumes import catalogue
from tomobench.desk.volumes.data_set import TOMOGRAM, TOMOGRAMS

WRITE = "write whole"
#: The suite's benchmarks of requests, and what a price list calls them.
KINDS = {
    "get": "get",
    "range_get": "range get",
    "head": "head",
    "list": "list",
    "put": "put",
    "post": "post",
    "others": "delete",
}


@dataclass(frozen=True)
class Cost:
    """What a layout costs a release and client. Money is in the currency of the prices.

    access, million: an access, once and a million times. writing, keeping, listing: the data set,
    once; for a month; once. objects, stored: of the data set; stored in bytes.
    """

    release: str
    layout: str
    access_name: str
    requests: int
    fetched: int
    access: Decimal
    million: Decimal
    objects: int
    stored: int
    writing: Decimal
    keeping: Decimal
    listing: Decimal


def of_layout(counts: dict, line: str, name: str, shape: Shape, priced: Prices) -> list[dict]:
    """The costs of one layout: for each access but the whole write the fields of Cost, but for the
    release.

    counts: the suite's figures by access and benchmark (``get``, ``bytes_out``, …), on a volume of
    this shape (z, y, x).
    """
    layout = s3_layout(name, TOMOGRAM)
    metadata = METADATA_OBJECTS[line, layout.zarr_format]
    objects = object_count(TOMOGRAM, layout, metadata)
    write = counts[WRITE]
    stored = round(Decimal(write["bytes_in"]) * prod(TOMOGRAM) / prod(shape))
    requests = _writing(write, object_count(shape, s3_layout(name, shape), 0), metadata, objects)
    found = []
    for access, figures in counts.items():
        if access == WRITE:
            continue
        read = Usage(_requests(figures), figures["bytes_out"], figures["bytes_in"])
        money = prices.costs(priced, read, Usage(requests, written=stored), objects, stored)
        found.append(
            {
                "layout": name,
                "access_name": access,
                "requests": sum(read.requests.values()),
                "fetched": read.fetched,
                "access": money.access,
                "million": money.million_accesses,
                "objects": objects * TOMOGRAMS,
                "stored": stored * TOMOGRAMS,
                "writing": money.writing,
                "keeping": money.keeping,
                "listing": money.listing,
            }
        )
    return found


def _writing(write: dict, measured: int, metadata: int, objects: int) -> dict[str, int]:
    """The requests of writing so many objects in all, ``metadata`` of them metadata.

    write: those that were counted where ``measured`` objects held chunks.
    """
    found = _requests(write)
    more = objects - metadata - measured
    # Without POSTs nothing is uploaded in parts: each object is one PUT.
    parts = (found["put"] - metadata) // measured if found["post"] else 1
    found["put"] += parts * more
    found["post"] += found["post"] // measured * more
    return found


def _requests(figures: dict) -> dict[str, int]:
    return {kind: figures[benchmark] for benchmark, kind in KINDS.items()}


def of_rows(
    rows: list[results.Row], client: str, shape: Shape, priced: Prices, history
) -> list[Cost]:
    """The costs of every release and layout in ``rows`` that was counted whole for the client."""
    counted: dict[tuple, dict] = {}
    for row in rows:
        cell = dict(row.cell)
        if row.value is not None and row.measured and cell["client"] == client:
            place = counted.setdefault((row.release, cell["layout"]), {})
            benchmark = row.benchmark.rsplit("track_", 1)[1]
            place.setdefault(cell["access"], {})[benchmark] = int(row.value)
    found = []
    for (release, name), counts in sorted(
        counted.items(), key=lambda item: _order(item[0], history)
    ):
        whole = {
            access: figures
            for access, figures in counts.items()
            if {*KINDS, "bytes_out", "bytes_in"} <= {*figures}
        }
        if WRITE in whole:
            line = history.find(release).line
            found += [
                Cost(release=history.name_of(release), **fields)
                for fields in of_layout(whole, line, name, shape, priced)
            ]
    return found


def _order(key: tuple[str, str], history) -> tuple[int, int]:
    release, name = key
    hashes = [one.hash for one in history.releases]
    return hashes.index(release), list(ON_S3.axes["layout"]).index(name)


def records(costs: list[Cost], currency: str) -> list[dict]:
    """A record for each release, layout and access; numbers in full."""
    return [
        {key: float(value) if isinstance(value, Decimal) else value for key, value in one.items()}
        for one in ({**vars(cost), "currency": currency} for cost in costs)
    ]


def tables(costs: list[Cost], currency: str) -> list[Table]:
    """Two tables: a million of each access; the data set."""
    names = list(dict.fromkeys(cost.access_name for cost in costs))
    layouts: dict[tuple, dict[str, Cost]] = {}
    for cost in costs:
        layouts.setdefault((cost.release, cost.layout), {})[cost.access_name] = cost
    accesses = [
        {"release": release, "layout": layout}
        | {name: _money(found[name].million) if name in found else None for name in names}
        for (release, layout), found in layouts.items()
    ]
    data_set = [
        {
            "release": release,
            "layout": layout,
            "objects": one.objects,
            "GiB": one.stored / 2**30,
            "writing": _money(one.writing),
            "a month": _money(one.keeping),
            "listing": _money(one.listing),
        }
        for (release, layout), found in layouts.items()
        for one in [next(iter(found.values()))]
    ]
    money = dict.fromkeys([*names, "writing", "a month", "listing"], "")
    title = f"{TOMOGRAMS} tomograms of {say(TOMOGRAM)} ({currency})"
    return [
        Table(accesses, money, title=f"A million of each access ({currency})"),
        Table(data_set, {"objects": ",", "GiB": ",.0f"} | money, title=title),
    ]


def _money(amount: Decimal) -> str:
    if amount and amount < Decimal("0.005"):
        return f"{amount:.2g}"
    return f"{amount:,.2f}"


@click.command("costs")
@click.option(
    "--prices",
    "price_file",
    type=click.Path(path_type=Path),
    help="A price list of your own (TOML).",
)
@click.option(
    "--volume", help="The volume's id. Default: phantom-128, else the only one that was counted."
)
@click.option(
    "--release",
    "releases",
    multiple=True,
    help="Default: the newest of each line that was counted.",
)
@options.machine
@click.option(
    "--client", default=S3FS, show_default=True, help="The client the requests were made with."
)
@options.output
def command(price_file, volume, releases, machine, client, format_):
    """Print what accesses, and a data set of 484 tomograms, cost on S3, for each layout.

    \b
      tomobench costs   of the newest releases that were counted

    Requests and bytes of an access are those that were counted on the volume (asv run --bench
    ^billed).
    """
    root = lock.find_root()
    history = lock.load(root)
    priced = prices.load(price_file)
    rows, chosen = choose(root, history, "billed.Layouts.track_", machine, volume, releases)
    shape = catalogue.ensure(chosen).shape
    costs = of_rows(rows, client, shape, priced, history)
    if not costs:
        raise UserError(f"nothing was counted with {client} there: asv run --bench ^billed")
    if format_ in ("csv", "json"):
        click.echo(Table(records(costs, priced.currency)).said(format_))
        return
    click.echo(f"Volume {chosen} ({say(shape)}), client {client}")
    click.echo(f"Prices: {priced.name}, {priced.date}. {priced.source}.")
    for one in tables(costs, priced.currency):
        click.echo(f"\n{one.title}\n\n{one.said(format_)}")
