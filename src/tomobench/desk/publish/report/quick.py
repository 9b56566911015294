"""The quick table: what the first suites say of each layout, a row each, as the published report has it."""

from dataclasses import dataclass

import click

from tomobench.desk import options
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.results import choosing
from tomobench.desk.results import reading as results
from tomobench.desk.results.table import Table


@dataclass(frozen=True)
class Column:
    """A column: its heading, the benchmark (without its suite's class) and what to multiply it with."""

    heading: str
    benchmark: str
    factor: float
    digits: int


COLUMNS = [
    Column("files", "footprint.track_files", 1, 0),
    Column("write ms", "write.time_whole", 1e3, 1),
    Column("read whole ms", "read.time_whole", 1e3, 1),
    Column("one chunk ms", "read.time_one_chunk", 1e3, 2),
    Column("XY slice ms", "read.time_slice_xy", 1e3, 2),
    Column("stored MiB", "footprint.track_stored_bytes", 2**-20, 2),
    Column("ratio", "footprint.track_ratio", 1, 2),
]
DIGITS = {column.heading: f".{column.digits}f" for column in COLUMNS}
#: The suites whose layouts have the default codec and level.
SUITES = ("Chunks", "Shards")
KEYS = ["release", "format", "chunks", "shards"]


def records(rows: list[results.Row], history: lock.History) -> list[dict]:
    """A record for each release and layout of ``rows``: KEYS, then COLUMNS' headings.

    Values are numbers in the heading's unit, or "failed". Layouts that a release can't do are left out.
    """
    found: dict[tuple, dict] = {}
    for row in rows:
        column = _column(row)
        if column is None or (row.value is not None and not row.measured):
            continue
        cell = {"format": "3", "shards": "none", **dict(row.cell)}
        release = history.name_of(row.release)
        record = found.setdefault(
            (row.release, cell["format"], cell["chunks"], cell["shards"]),
            {"release": release, **{key: cell[key] for key in KEYS[1:]}},
        )
        record[column.heading] = "failed" if row.value is None else row.value * column.factor
    order = {release.hash: n for n, release in enumerate(history.releases)}
    return [found[key] for key in sorted(found, key=lambda key: _place(key, order))]


def _place(key: tuple, order: dict[str, int]) -> tuple:
    release, zarr_format, chunks, shards = key
    sizes = [int(length) for length in chunks.split("×")]
    return (order[release], zarr_format, shards != "none", len(set(sizes)) > 1, sizes)


def table(rows: list[results.Row], history: lock.History) -> Table:
    """The records as a table; a column that a layout has no value of is empty."""
    headings = KEYS + [column.heading for column in COLUMNS]
    found = records(rows, history)
    return Table([{key: record.get(key) for key in headings} for record in found], DIGITS)


def _column(row: results.Row) -> Column | None:
    module, suite, benchmark = row.benchmark.split(".")
    name = f"{module}.{benchmark}"
    return next((one for one in COLUMNS if one.benchmark == name and suite in SUITES), None)


@click.command("table")
@options.releases
@options.volume
@options.machine
@options.output
def command(releases, volume, machine, format_):
    """Print files, times, stored MiB and ratio of each layout, for RELEASES.

    \b
      tomobench table                      of the newest release of each line
      tomobench table 3.4.2 --format csv   of one release, as data

    Without RELEASES: the newest release of each line that was measured. A time is asv's median.
    Exit code 1 when a benchmark of the table failed.
    """
    root = lock.find_root()
    history = lock.load(root)
    rows = [row for row in results.read(root) if volume in (None, row.volume) and _column(row)]
    wanted = [one.hash for one in history.choose(releases)] or choosing.tips(rows, history)
    shown = choosing.of_machine([row for row in rows if row.release in wanted], machine)
    tables = {
        one: table([row for row in shown if row.volume == one], history)
        for one in sorted({row.volume for row in shown})
    }
    if format_ == options.FORMATS[0]:
        for one, found in tables.items():
            click.echo(f"Volume {one}, machine {shown[0].machine}\n")
            click.echo(found.said(format_))
    else:
        records = [{"volume": one, **of} for one, found in tables.items() for of in found.records]
        click.echo(Table(records, DIGITS).said(format_))
    if any(row.value is None for row in shown):
        raise UserError("some benchmarks failed: asv run --show-stderr shows why")
