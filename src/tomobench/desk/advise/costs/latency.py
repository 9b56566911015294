"""``tomobench latency``: the times of each access over S3, by layout and round trip."""

import csv
import io

import click
from tabulate import tabulate

from tomobench.bench.grids import ON_S3
from tomobench.desk.advise.costs.measured import choose
from tomobench.desk.releases import lock
from tomobench.desk.results import reading as results

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


def table(rows: list[results.Row], history) -> list[dict]:
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


def as_text(records: list[dict]) -> str:
    """A table for each access: a row for each layout, a column for each release and round trip."""
    return "\n\n".join(
        f"{access}, ms\n\n{_grid([one for one in records if one['access'] == access])}"
        for access in dict.fromkeys(record["access"] for record in records)
    )


def _grid(records: list[dict]) -> str:
    columns = sorted({(one["release"], one["round trip ms"]) for one in records}, key=_column)
    layouts = dict.fromkeys(one["layout"] for one in records)
    found = {(one["layout"], one["release"], one["round trip ms"]): one["ms"] for one in records}
    lines = [[name, *(_say(found.get((name, *column))) for column in columns)] for name in layouts]
    headings = ["layout", *(f"{release}\n{trip} ms" for release, trip in columns)]
    align = ["left"] + ["right"] * len(columns)
    return tabulate(lines, headings, colalign=align, disable_numparse=True)


def _column(key: tuple[str, int]) -> tuple:
    release, trip = key
    return [int(part) if part.isdigit() else -1 for part in release.split(".")], trip


def _say(value) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:,.1f}"


def as_csv(records: list[dict]) -> str:
    """The records as CSV, numbers in full."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*KEYS, "ms"])
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


@click.command("latency")
@click.argument("releases", nargs=-1)
@click.option(
    "--volume", help="The volume's id. Default: phantom-128, else the only one that was measured."
)
@click.option("--machine", help="Default: this one, else the only one with results.")
@click.option("--csv", "wants_csv", is_flag=True, help="CSV with numbers in full, for a program.")
def command(releases, volume, machine, wants_csv):
    """Print times over S3 by layout and round trip, for RELEASES.

    Without RELEASES: the newest release of each line that was measured. A time is asv's median.
    """
    root = lock.find_root()
    history = lock.load(root)
    rows, chosen = choose(root, history, "remote.", machine, volume, releases)
    records = table(rows, history)
    if wants_csv:
        click.echo(as_csv(records), nl=False)
    else:
        click.echo(f"Volume {chosen}, machine {rows[0].machine}\n\n{as_text(records)}")
