"""``tomobench latency``: the times of each access over S3, by layout and round trip."""

import re

import click

from tomobench.bench.grids import ON_S3
from tomobench.desk import options
from tomobench.desk.advise.costs.measured import choose
from tomobench.desk.releases import lock
from tomobench.desk.results import reading as results
from tomobench.desk.results.table import Table

#: What is shown, in this order: asv's benchmarks, and the access each times.
ACCESSES = {
    "remote.Reads.time_open": "open an array",
    "remote.Reads.time_whole": "read the whole volume",
    "remote.Reads.time_slice_xy": "read one XY slice",
    "remote.Reads.time_slice_xz": "read one XZ slice",
    "remote.Reads.time_slice_yz": "read one YZ slice",
    "remote.Reads.time_region_unaligned": "read a 64³ region, unaligned",
    "remote.Reads.time_boxes": "read 2 random boxes of 96³",
    "remote.Writes.time_whole": "write the whole volume",
}
KEYS = ("access", "release", "layout", "round trip ms")


def records(rows: list[results.Row], history) -> list[dict]:
    """A record for each access, release, layout and round trip: KEYS, and ``ms``, a median or
    "failed"."""
    order = {one.hash: n for n, one in enumerate(history.releases)}
    layouts = list(ON_S3.axes["layout"])
    found = [
        row for row in rows if row.benchmark in ACCESSES and (row.value is None or row.measured)
    ]

    def place(row: results.Row) -> tuple:
        cell = dict(row.cell)
        access = list(ACCESSES).index(row.benchmark)
        return access, layouts.index(cell["layout"]), order[row.release], int(cell["round_trip_ms"])

    return [
        {
            "access": ACCESSES[row.benchmark],
            "release": history.name_of(row.release),
            "layout": dict(row.cell)["layout"],
            "round trip ms": int(dict(row.cell)["round_trip_ms"]),
            "ms": "failed" if row.value is None else row.value * 1e3,
        }
        for row in sorted(found, key=place)
    ]


def grids(records: list[dict]) -> list[Table]:
    """A table for each access: a row for each layout, a column for each release and round trip."""
    accesses = dict.fromkeys(record["access"] for record in records)
    return [_grid(name, [one for one in records if one["access"] == name]) for name in accesses]


def _grid(access: str, records: list[dict]) -> Table:
    columns = sorted({(one["release"], one["round trip ms"]) for one in records}, key=_column)
    found = {(one["layout"], one["release"], one["round trip ms"]): one["ms"] for one in records}
    headings = {column: f"{column[0]}\n{column[1]} ms" for column in columns}
    rows = [
        {"layout": name} | {headings[one]: found.get((name, *one)) for one in columns}
        for name in dict.fromkeys(one["layout"] for one in records)
    ]
    return Table(rows, dict.fromkeys(headings.values(), ",.1f"), title=f"{access}, ms")


def _column(key: tuple[str, int]) -> tuple:
    release, trip = key
    return [int(part) if re.fullmatch("[0-9]+", part) else -1 for part in release.split(".")], trip


@click.command("latency")
@options.releases
@click.option(
    "--volume", help="The volume's id. Default: phantom-128, else the only one that was measured."
)
@options.machine
@options.output
def command(releases, volume, machine, format_):
    """Print times over S3 by layout and round trip, for RELEASES.

    \b
      tomobench latency         of the newest release of each line
      tomobench latency 3.4.2   of one release

    Without RELEASES: the newest release of each line that was measured. A time is asv's median.
    """
    root = lock.find_root()
    history = lock.load(root)
    rows, chosen = choose(root, history, "remote.", machine, volume, releases)
    found = records(rows, history)
    if format_ in ("csv", "json"):
        click.echo(Table(found, headings=(*KEYS, "ms")).said(format_))
        return
    click.echo(f"Volume {chosen}, machine {rows[0].machine}")
    for one in grids(found):
        click.echo(f"\n{one.title}\n\n{one.said(format_)}")
