"""``tomobench report``: tables and figures, from the results there are."""

from pathlib import Path

import click

from tomobench.desk import files, options
from tomobench.desk.advise.evidence import evidence
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.errors import UserError
from tomobench.desk.progress import told
from tomobench.desk.publish.report import figure_tables, tables, tidy
from tomobench.desk.publish.report.markdown import text
from tomobench.desk.releases import lock
from tomobench.desk.results.table import Table
from tomobench.desk.volumes.data_set import SMALL_VOLUME

#: The whole of the results, beside the tables.
ALL = "results"


@click.command("report")
@click.option(
    "--release",
    metavar="VERSION",
    help="A release of zarr.  [default: the newest 3 that was timed]",
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("report"), show_default=True)
@click.option(
    "--volume", default=SMALL_VOLUME, show_default=True, help="Whose layouts are compared."
)
@options.machine
def report(release, out, volume, machine):
    """Write a report from the results that are there: report.md, and each table as CSV and Parquet.

    \b
      tomobench report --out report   report.md, tables and figures in a folder

    The tables of the published report, from our results; figures as PNG and SVG, at the width of a column (85 mm) or a page (180 mm). results.csv and
    results.parquet hold every number of the machine, a row each. Files of the same names are
    replaced; others stay.
    """
    root = lock.find_root()
    known = evidence.load(root, machine)
    chosen = known.release(release)
    if (volume, chosen) not in known.found:
        name = known.history.name_of(chosen)
        raise UserError(
            f"{volume} was not measured with zarr {name}: choose with --volume or --release"
        )
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UserError(f"{out} is a file or a link: name a folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    written = write(known, chosen, volume, out)
    for path in written:
        click.echo(path)


def write(known: Evidence, release: str, volume: str, out: Path) -> list[Path]:
    """Write the report into ``out``; says what was written."""
    found = make(known, release, volume)
    written = [
        path
        for table in found
        if table.records
        for path in tidy.save(table.records, out, table.name)
    ]
    written += tidy.save(tidy.records(known), out, ALL)
    drawn = _draw([table for table in found if table.records], out)
    left_out = [f"{table.title}: {_missing(table)}" for table in found if not table.records]
    with files.written(out / "report.md", "w") as file:
        file.write(text(known, release, found, list(drawn), left_out))
    return [out / "report.md", *written, *(path for paths in drawn.values() for path in paths)]


def make(known: Evidence, release: str, volume: str) -> list[Table]:
    """The report's tables; those that nothing was measured for have no records."""
    both = list(dict.fromkeys([*known.tips().values(), release]))
    newest = known.history.find(release).line == "3"
    three = release if newest else known.tips().get("3", release)
    makers = [
        lambda: tables.quick_results(known, both, volume),
        lambda: figure_tables.comparison(known, both, volume),
        lambda: tables.slices(known, release, volume),
        lambda: figure_tables.history(known, volume),
        lambda: tables.sharding(known, three),
        lambda: figure_tables.amplification(known, both, volume),
        lambda: tables.scaling(known, release),
        lambda: tables.dataset(known, release),
        lambda: tables.cost(known, release),
        lambda: figure_tables.front(known, release),
        lambda: figure_tables.latency(known, release),
        lambda: figure_tables.latency_model(known, release),
        lambda: figure_tables.model_errors(known),
        lambda: figure_tables.model_cells(known, release),
    ]
    return [maker() for maker in told("tables of the report made", makers)]


def _missing(table: Table) -> str:
    if table.name.startswith("latency"):
        return "the remote suite has no results of this release (asv run --bench remote)"
    return "nothing was measured for it"


def _draw(found: list[Table], out: Path) -> dict[str, list[Path]]:
    # Matplotlib takes most of a second to import: not for --help.
    from tomobench.desk.publish.report.figures import FIGURES

    drawn = {}
    for table in told("tables of the report drawn", found):
        if draw := FIGURES.get(table.name):
            draw(table, out / table.name)
            drawn[table.name] = [out / f"{table.name}.{kind}" for kind in ("png", "svg")]
    return drawn
