"""``tomobench bisect``."""

import re
import shlex
import time
from pathlib import Path
from typing import Any

import click

from tomobench.desk import locks, options
from tomobench.desk.asv import commits as history
from tomobench.desk.errors import UserError
from tomobench.desk.judge import project
from tomobench.desk.judge.explain import cells as chosen
from tomobench.desk.judge.explain import folding, pair, text
from tomobench.desk.judge.fresh.measuring import volume_of
from tomobench.desk.judge.kinds import Kind, kind_of
from tomobench.desk.judge.upstream import asked as asking
from tomobench.desk.judge.upstream import bisection, racing, sides, telling
from tomobench.desk.judge.upstream.asked import AskedCell
from tomobench.desk.judge.upstream.sides import Ends
from tomobench.desk.measure import cells
from tomobench.desk.measure.cells import CellValue
from tomobench.desk.releases import lock
from tomobench.desk.releases.clone import Clone
from tomobench.desk.releases.commits import Commits, Unbuildable
from tomobench.desk.results import configuration
from tomobench.desk.results.table import Table

FOLDER = Path(".asv", "upstream")
GOES_ON = "what was measured is kept, and the same command continues from there"

clone_option = click.option(
    "--clone",
    "place",
    metavar="PLACE",
    help="A clone of zarr-python: a folder, or a URL.  [default: repo of asv.upstream.conf.json]",
)


@click.command("bisect")
@click.argument("range_", metavar="A..B")
@click.argument("what", metavar="CELL | FACT")
@clone_option
@options.volume
@options.machine
@click.option(
    "--all", "everything", is_flag=True, help="Count every commit between, and draw the steps."
)
@click.option(
    "--seconds",
    type=options.Finite(5),
    default=60,
    show_default=True,
    help="How long a race may take, where the cell is timed.",
)
@options.output
def command(
    range_: str,
    what: str,
    place: str | None,
    volume: str | None,
    machine: str | None,
    everything: bool,
    seconds: float,
    format_: str,
) -> None:
    """Say which commit changed a cell or caused a fact, between A and B of zarr-python.

    \b
      tomobench bisect 3.2.1..3.3.0 1   the first fact that regressions tells

    A and B are releases (3.2.1), tags, branches or commits. CELL is spelt as asv has it:
    'counts.Chunks.track_requests(open multiscale, 64×64×64, 3)'. FACT is a number, or words, of what
    tomobench regressions B --against A tells; its largest cell is taken.

    Counts are bisected: a commit is built, installed and counted, which takes seconds. Times are
    raced, pair by pair; the price is said first. Commits that can't be built are skipped and listed.
    Run again, it continues where it was interrupted.
    """
    begun = time.monotonic()
    root = lock.find_root()
    first, dots, last = range_.partition("..")
    if not (dots and first and last) or last.startswith("."):
        raise UserError(f"{range_!r} is no range: say A..B, as 3.2.1..3.3.0")
    with locks.held(root / FOLDER / "lock", "another tomobench command on commits"):
        clone = open_clone(root, place)
        between = sides.ends(clone, first, last)
        cell = _asked(root, between, what, volume, machine)
        if everything and cell.raced:
            raise UserError(f"--all counts every commit, and {cell.cell} is timed: leave --all out")
        _say_what(clone, between, cell)
        try:
            if cell.raced:
                found = racing.search(root, clone, between, cell, seconds)
                told = _raced(found, between, format_)
            else:
                told = _counted(root, clone, between, cell, everything, format_)
        except KeyboardInterrupt:
            raise UserError(f"interrupted: {GOES_ON}") from None
        except OSError as error:
            raise UserError(f"{error.strerror or error}: {GOES_ON}") from None
    click.echo(told)
    click.echo(f"tomobench: {(time.monotonic() - begun) / 60:.1f} min", err=True)


def open_clone(root: Path, place: str | None) -> Clone:
    """The clone that was asked for, or that the configuration names. Raises UserError."""
    clone = history.open_clone(place or configuration.load(root, history.CONFIGURATION).repo, root)
    if changed := clone.changed():
        click.echo(
            f"tomobench: the clone has {len(changed)} changed files: what is not committed is not measured",
            err=True,
        )
    return clone


def _asked(
    root: Path, between: Ends, what: str, volume: str | None, machine: str | None
) -> AskedCell:
    if asking.is_cell(what):
        return AskedCell(what, volume or volume_of(root), asking.is_timed(what))
    found = project.load(root)
    told, several = asking.facts_between(root, found, *between.names, machine)
    fact = asking.choose(told, what, found.history, "..".join(between.names))
    before = found.history.find(between.names[0]).hash
    cell = asking.cell_of(fact, several, before)
    if cell is None:
        raise UserError(
            "this fact is neither counted nor raced, so no commit can be told: race its cells first"
        )
    return AskedCell(
        cell.cell, volume or cell.volume, cell.raced, asking.sentence(fact, found.history)
    )


def _say_what(clone: Clone, between: Ends, cell: AskedCell) -> None:
    number = len(clone.between(between.first.sha, between.last.sha))
    if cell.said:
        click.echo(f"tomobench: {cell.said}", err=True)
    click.echo(
        f"tomobench: {cell.cell} on {cell.volume}, {'..'.join(between.names)}: {number} commits",
        err=True,
    )


def _counted(
    root: Path, clone: Clone, between: Ends, cell: AskedCell, everything: bool, format_: str
) -> str:
    with cells.counting(
        root, str(clone.folder), cell.volume, between.last.sha, [cell.cell]
    ) as counting:
        benchmark = cell.cell.partition("(")[0]
        described = counting.benchmarks[benchmark]
        unit = described["unit"]
        if kind_of(described["type"], unit) is not Kind.EXACT:
            raise UserError(f"{benchmark} is neither a count nor a time_ benchmark")

        def measure(sha: str) -> CellValue:
            new = not counting.known(sha, cell.cell)
            value = counting.measure(sha, [cell.cell])[cell.cell]
            if new:
                click.echo(f"tomobench: {sha[:9]}: {telling.quantity(unit)(value)}", err=True)
            return value

        said = telling.quantity(unit)
        if everything:
            return _every(clone, between, measure, benchmark, unit, format_)
        differing = bisection.differ(benchmark, unit)
        sides.require_change(between, measure, differing, said)
        found = sides.changed(clone, between, measure, differing)
    table = telling.changes(between, found, unit)
    remarks = telling.remarks(between, found, unit)
    if format_ != "table":
        return _beside(table, format_, remarks)
    parts = [_rows(table), *remarks, why(root, clone, found, cell, described)]
    return "\n\n".join(filter(None, parts))


def _raced(found: racing.RacedCommit, between: Ends, format_: str) -> str:
    table, remarks = racing.told(found, between)
    return (
        "\n".join([_rows(table), *remarks])
        if format_ == "table"
        else _beside(table, format_, remarks)
    )


def _beside(table: Table, format_: str, remarks: list[str]) -> str:
    """A table for a program; what is to be said besides stands on stderr."""
    for one in remarks:
        click.echo(f"tomobench: {one}", err=True)
    return table.said(format_)


def _rows(table: Table) -> str:
    """The table for a person: a block for each change, as subjects are long."""
    width = max((len(name) for one in table.records for name in one), default=0)
    return "\n\n".join(
        "\n".join(f"{name.ljust(width)}  {value}" for name, value in one.items() if value)
        for one in table.records
    )


def why(
    root: Path,
    clone: Clone,
    found: list[sides.ChangedSide],
    cell: AskedCell,
    described: dict[str, Any],
) -> str:
    """What explains the largest change, on the two wheels that were built; or why nothing does."""
    built = Commits(clone)
    for side, one in telling.largest(found)[:1]:
        before, after = (
            str(built.wheel_file(built.release(side.commits[n].sha))) for n in (one.first, one.last)
        )
        return _explained(root, before, after, cell, described)
    return ""


def _explained(
    root: Path, before: str, after: str, cell: AskedCell, described: dict[str, Any]
) -> str:
    name = f"^{re.escape(cell.cell)}$"
    command = shlex.join(["tomobench", "explain", before, after, "--benchmark", name])
    click.echo("tomobench: explaining the largest change", err=True)
    try:
        asked = chosen.found(name, {cell.cell.partition("(")[0]: described})
        between = pair.explain(root, before, after, cell.volume, asked)
    except UserError as error:
        return f"not explained: {error}\nwhy: {command}"
    found = between.found
    told = text.as_text(between.before, between.after, folding.fold(found.explained))
    missing = text.notes(found.explained, found.left)
    return "\n\n".join([told, *missing, f"more: {command} --full"])


def _every(
    clone: Clone, between: Ends, measure: sides.Measure, benchmark: str, unit: str, format_: str
) -> str:
    """Every commit's value, as steps; what was skipped is told with the drawing, or beside the other formats.

    Where the first end is not on the line it comes before it: what changed on its branch is the step after it.
    """
    line = sides.line(clone, between)
    values: list[CellValue | None] = []
    skipped = []
    beside = []
    if not between.straight:
        line = [between.first, *line]
        beside = [telling.parted(between)]
    for done, commit in enumerate(line, 1):
        try:
            values.append(measure(commit.sha))
        except Unbuildable as error:
            values.append(None)
            skipped.append(f"  {error}")
        if done % 10 == 0:
            click.echo(f"tomobench: {done} of {len(line)} commits", err=True)
    if skipped:
        number = len(skipped)
        skipped.insert(0, f"skipped, as they can't be measured: {number} commits")
    beside += skipped
    if format_ == "table":
        return "\n".join([telling.drawing(line, values, benchmark, unit), *beside])
    return _beside(telling.steps(line, values, benchmark, unit), format_, beside)
