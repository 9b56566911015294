"""``tomobench readers``: which readers open which layouts, tried."""

import contextlib
from pathlib import Path

import click
from tabulate import tabulate

from tomobench.bench.kinds import READS, REFUSES, WRONG
from tomobench.desk.advise.readers import verdicts as table
from tomobench.desk.advise.readers.verdicts import FILE, NOT_RUN, READERS, Trial
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock

#: A mark for each verdict, that needs no colour.
MARKS = {READS: "✓", REFUSES: "✗", WRONG: "≠", NOT_RUN: "–"}
LEGEND = "✓ right, bit for bit   ✗ can't open it   ≠ other voxels   – not run   numbers: the reason, below"


@click.command()
@click.option("--show", is_flag=True, help="Print the table of the last run; run nothing.")
def readers(show):
    """Try which readers open which layouts, and get every voxel right.

    \b
      tomobench readers --show   the table of the last run
      tomobench readers          run all of them anew

    The newest zarr 2.18 and the newest zarr 3 write a small volume in each format, sharded and not, with each
    codec and shuffle, and with both ways to name chunks; each reader then reads all of it, a slice and a region,
    and is compared bit for bit. The verdicts go to results/readers.csv, which tomobench plan reads.

    A reader that can't be run here (zarrita without Node) keeps what an earlier run found. Exit code 1 when
    nothing could be read at all.
    """
    root = lock.find_root()
    rows = table.load(root) if show else _run(root)
    click.echo(as_text(rows))
    if not show:
        click.echo(f"\nWritten to {FILE.as_posix()}")
    if not any(row.verdict == READS for row in rows):
        raise UserError("no reader read anything: see the reasons above")


def _run(root: Path) -> list[Trial]:
    # asv, which makes the environments, takes a second to import: not for --show, nor for --help.
    from tomobench.desk.advise.readers import runs as reader_runs

    rows = reader_runs.run(root, lambda line: click.echo(f"… {line}", err=True))
    # No earlier table, or a damaged one: this one takes its place.
    with contextlib.suppress(UserError):
        rows = list(reader_runs.keep_earlier(rows, table.load(root)))
    table.save(root, rows)
    return rows


def as_text(rows: list[Trial]) -> str:
    """A line for each kind of store, a column for each reader, and the reasons below."""
    reasons: dict[str, int] = {}
    cells = {(row.written_by, row.layout, row.reader): _mark(row, reasons) for row in rows}
    kinds = list(dict.fromkeys((row.written_by, row.layout) for row in rows))
    lines, last = [], None
    for writer, layout in kinds:
        found = [cells.get((writer, layout, reader), "") for reader in READERS]
        lines.append([writer if writer != last else "", layout, *found])
        last = writer
    headings = ["written by", "layout", *(_heading(rows, reader) for reader in READERS)]
    notes = [f"{number:>3}  {reason}" for reason, number in reasons.items()]
    return "\n".join([tabulate(lines, headings, disable_numparse=True), "", LEGEND, *notes])


def _mark(row: Trial, reasons: dict[str, int]) -> str:
    if not row.reason:
        return MARKS[row.verdict]
    said = f"{row.reader}: {row.reason}"
    return f"{MARKS[row.verdict]} {reasons.setdefault(said, len(reasons) + 1)}"


def _heading(rows: list[Trial], reader: str) -> str:
    version = next((row.version for row in rows if row.reader == reader and row.version), "")
    return f"{reader}\n{version}"
