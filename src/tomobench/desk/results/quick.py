"""The quick table: what the first suites say of each layout, a row each, as the reference report has it."""

import csv
import io
from dataclasses import dataclass

import click
from tabulate import tabulate

from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.results import reading as results
from tomobench.desk.results.machine import name as this_machine


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
#: The suites whose layouts have the default codec and level.
SUITES = ("Chunks", "Shards")
KEYS = ["release", "format", "chunks", "shards"]


def table(rows: list[results.Row], history: lock.History) -> list[dict]:
    """A record for each release and layout of ``rows``: KEYS, then COLUMNS' headings.

    Values are numbers in the heading's unit, or "failed". Layouts that a release can't do are left out.
    """
    records: dict[tuple, dict] = {}
    for row in rows:
        module, suite, benchmark = row.benchmark.split(".")
        column = next((c for c in COLUMNS if c.benchmark == f"{module}.{benchmark}"), None)
        if column is None or suite not in SUITES or (row.value is not None and not row.measured):
            continue
        cell = {"format": "3", "shards": "none", **dict(row.cell)}
        release = history.name_of(row.release)
        record = records.setdefault(
            (row.release, cell["format"], cell["chunks"], cell["shards"]),
            {"release": release, **{key: cell[key] for key in KEYS[1:]}},
        )
        record[column.heading] = row.value * column.factor if row.measured else "failed"
    order = {release.hash: n for n, release in enumerate(history.releases)}
    return [records[key] for key in sorted(records, key=lambda key: _place(key, order))]


def _place(key: tuple, order: dict[str, int]) -> tuple:
    release, zarr_format, chunks, shards = key
    sizes = [int(length) for length in chunks.split("×")]
    return (order[release], zarr_format, shards != "none", len(set(sizes)) > 1, sizes)


def as_text(records: list[dict]) -> str:
    """The records as an aligned table."""
    lines = [
        [record[key] for key in KEYS] + [_say(record.get(c.heading), c.digits) for c in COLUMNS]
        for record in records
    ]
    align = ["left"] * len(KEYS) + ["right"] * len(COLUMNS)
    headings = KEYS + [column.heading for column in COLUMNS]
    return tabulate(lines, headings, colalign=align, disable_numparse=True)


def as_csv(records: list[dict]) -> str:
    """The records as CSV, numbers in full."""
    text = io.StringIO()
    writer = csv.DictWriter(text, KEYS + [column.heading for column in COLUMNS])
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def _say(value, digits: int) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.{digits}f}"


@click.command("table")
@click.argument("releases", nargs=-1)
@click.option("--volume", help="The volume's id. Default: every volume measured.")
@click.option(
    "--machine", help="The machine's name. Default: this one, else the only one with results."
)
@click.option("--csv", "wants_csv", is_flag=True, help="CSV with numbers in full, for a program.")
def command(releases, volume, machine, wants_csv):
    """Print files, times, stored MiB and ratio of each layout, for RELEASES.

    Without RELEASES: the newest release of each line that was measured. A time is asv's median.
    Exit code 1 when a benchmark of the table failed.
    """
    root = lock.find_root()
    history = lock.load(root)
    rows = of_machine(list(results.read(root)), machine)
    if volume:
        rows = [row for row in rows if row.volume == volume]
    wanted = [history.find(name).hash for name in releases] or _tips(rows, history)
    shown = [row for row in rows if row.release in wanted]
    if not shown:
        raise UserError(
            "nothing was measured there yet: measure with asv run, or see tomobench table --help"
        )
    for one in sorted({row.volume for row in shown}):
        records = table([row for row in shown if row.volume == one], history)
        if not wants_csv:
            click.echo(f"Volume {one}, machine {shown[0].machine}\n")
        click.echo(as_csv(records) if wants_csv else as_text(records))
    if any(row.value is None for row in shown):
        raise UserError("some benchmarks failed: asv run --show-stderr shows why")


def of_machine(rows: list[results.Row], machine: str | None) -> list[results.Row]:
    names = sorted({row.machine for row in rows})
    if machine is None:
        machine = this_machine() if this_machine() in names or len(names) != 1 else names[0]
    if rows and machine not in names:
        raise UserError(
            f"there are no results of {machine}: choose one of {', '.join(names)} with --machine"
        )
    return [row for row in rows if row.machine == machine]


def _tips(rows: list[results.Row], history: lock.History) -> list[str]:
    measured = {row.release for row in rows}
    tips = {
        release.line: release.hash for release in history.branch("main") if release.hash in measured
    }
    return list(tips.values())
