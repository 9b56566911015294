"""``tomobench race``."""

import os
import re
from pathlib import Path

import click
from asv.console import log

from tomobench.desk import locks, options
from tomobench.desk.asv import running
from tomobench.desk.asv.session import session
from tomobench.desk.errors import UserError
from tomobench.desk.measure.race import asv_results, field, race, report, turns
from tomobench.desk.releases import lock

UNITS = {"s": 1, "m": 60, "h": 3600}


def _duration(context: click.Context, parameter: click.Parameter, value: str) -> float:
    found = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?)([smh]?)", value)
    if not found or not float(found[1]):
        raise UserError(f"{value!r} is no length of time: say 90s, 10m or 1.5h")
    return float(found[1]) * UNITS[found[2] or "s"]


def _share(context: click.Context, parameter: click.Parameter, value: str) -> float:
    found = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?)\s*%", value)
    if not found or not 0 < float(found[1]) < 100:
        raise UserError(f"{value!r} is no precision: say 2%")
    return float(found[1]) / 100


@click.command("race")
@options.releases
@options.benchmark
@click.option(
    "--cells",
    "cells",
    type=click.Path(path_type=Path),
    callback=options.cells,
    help="Only the cells that this file lists, one a line.",
)
@click.option(
    "--precision",
    default="2%",
    show_default=True,
    callback=_share,
    help="How narrow each interval is to be: half its width.",
)
@click.option(
    "--time-limit", "seconds", default="10m", show_default=True, callback=_duration,
    help="When this command is to stop.",
)  # fmt: skip
@click.option(
    "--renewals",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="The most renewals of a cell; one alone has no interval.",
)
@click.option("--volume", help="The volume's id. Default: as asv run, the first of several.")
@options.measuring_machine
@click.option("--fresh", is_flag=True, help="Forget the turns kept of this race, and begin again.")
def command(
    releases: tuple[str, ...],
    benchmark: str | None,
    cells: list[str],
    precision: float,
    seconds: float,
    renewals: int,
    volume: str | None,
    machine: str | None,
    fresh: bool,
) -> None:
    """Time releases against each other, turn by turn, so that the machine's pace cancels out.

    \b
      tomobench race 3.2.1 3.3.0 --benchmark read.Shards   two releases
      tomobench race ALL --cells key-cells.txt             all of them

    Each release has a process; all are on the same benchmark in the same seconds, one call after the
    other in random order, and ratios are taken within each turn. The processes are renewed several
    times. A range A..B is what follows A, up to B. Run again, an interrupted race continues.

    The turns are kept in results/<machine>/races; asv publish, show and compare have the medians, as
    "measured: race"; tomobench regressions takes these ratios where there are any.
    """
    if cells and benchmark:
        raise UserError("the cells are chosen by --cells or by --benchmark, not by both")
    if not hasattr(os, "fork"):
        raise UserError("a race forks a process for each cell, which this system can't: asv run")
    root = lock.find_root()
    chosen = field.choose(lock.load(root), releases)
    if volume:
        click.get_current_context().with_resource(running.on_volume(volume))
    limits = race.Limits(precision, seconds, renewals)
    with session(root):
        found = field.prepare(root, chosen, options.pattern(cells) if cells else benchmark, machine)
        if unknown := [name for name in cells if name not in found.cells]:
            raise UserError(
                f"there is no cell {unknown[0]!r} to time: cells are spelt as asv's --bench finds them"
            )
        log.flush()
        with locks.writing(race.folder_of(found), "another command with the same race"):
            outcome = _raced(found, limits, fresh)
        asv_results.write(outcome, found)
    _print(outcome, {one.hash: one.version for one in chosen}, limits)


def _raced(found: field.Field, limits: race.Limits, fresh: bool) -> turns.Race:
    begun = race.begin(found, fresh)
    kept = f", going on after {len(begun.renewals)} renewals" if begun.renewals else ""
    click.echo(
        f"race {begun.id}: {len(found.releases)} releases, {len(found.cells)} cells on "
        f"{found.volume}{kept}"
    )
    try:
        return race.run(begun, found, limits, click.echo)
    except KeyboardInterrupt:
        raise UserError(
            "interrupted: finished renewals are kept, and the same command continues from there"
        ) from None


def _print(outcome: turns.Race, names: dict[str, str], limits: race.Limits) -> None:
    found = report.outcomes(outcome, names)
    report.save(outcome, found)
    click.echo()
    if found:
        click.echo(report.table(found).text())
    for line in report.remarks(outcome, names, limits.precision):
        click.echo(f"- {line}")
    if not found:
        raise UserError("no cell was timed with two of the releases: the remarks above say why")
