"""``python -m studies.faults``."""

import csv
import itertools
import math
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from studies.faults import environment, inputs, outcome, project
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.results.table import Table

TABLE = Path("results", "reference", "faults.csv")
PARTS = (inputs.PART, environment.FAULTS, environment.KILLS)


@click.command("faults")
@click.argument("parts", nargs=-1, metavar="[PART]...")
@click.option(
    "--only",
    metavar="TEXT",
    help="Only cases whose command or kind contains this; the table's other rows stay.",
)
@click.option(
    "--minutes", type=click.IntRange(1), help="Stop after so many; the table counts what was tried."
)
def command(parts: tuple[str, ...], only: str | None, minutes: int | None) -> None:
    """Try bad inputs and faults of the machine on every command, and write how each ended.

    The table is results/reference/faults.csv; what did not end clearly is printed. Exit code 1 if any did not.
    """
    if unknown := set(parts) - set(PARTS):
        raise UserError(f"there is no part {min(unknown)}: choose from {', '.join(PARTS)}")
    root = lock.find_root()
    found: list[outcome.Ended] = []
    end = time.monotonic() + 60 * minutes if minutes else math.inf
    for one in itertools.takewhile(
        lambda _: time.monotonic() < end, _found(root, parts or PARTS, only)
    ):
        found.append(one)
        if one.outcome != outcome.CLEAR:
            click.echo(f"{one.outcome}: {one.command}, {one.kind}: {one.said[:200]!r}")
    counts = Counter(one.outcome for one in found)
    click.echo(f"{len(found)} tried: {', '.join(f'{n} {how}' for how, n in counts.items())}")
    _save(root / TABLE, found)
    if set(counts) - {outcome.CLEAR}:
        raise UserError("not all ended clearly: see above")


def _found(root: Path, parts: tuple[str, ...], only: str | None) -> Iterator[outcome.Ended]:
    def chosen(command: str, kind: str) -> bool:
        return only is None or only in f"{command} {kind}"

    with tempfile.TemporaryDirectory() as scratch:
        os.environ["TOMOBENCH_CACHE"] = f"{scratch}/cache"
        if inputs.PART in parts:
            for n, case in enumerate(inputs.cases()):
                if chosen(case.command, case.kind):
                    yield inputs.run(case, project.make(root, Path(scratch, f"project-{n}")))
        if environment.FAULTS in parts:
            yield from environment.under_faults(root, Path(scratch), chosen)
        if environment.KILLS in parts:
            yield from environment.killed(root, Path(scratch), chosen)


def _save(path: Path, found: list[outcome.Ended]) -> None:
    """Put these rows in the place of those of the same part, command and kind; the others stay."""
    rows = {
        tuple(row[key] for key in outcome.KEYS): row for row in _kept(path) + outcome.rows(found)
    }
    Table([rows[key] for key in sorted(rows)]).save(path)


def _kept(path: Path) -> list[dict]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
