"""The calibration of a machine: how much its results differ from run to run when nothing changed.

It holds, for each benchmark and cell, the spread of several fresh runs of one release, or of more
than one. What follows from it is decided in tomobench.desk.judge.noise.
"""

import csv
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.results.table import Table

FILE = "calibration.csv"
"""Beside the results of its machine: not .json, or asv would take it for a result."""

ASSUMED = 0.18
"""Standard deviation of ln(value) from run to run where nothing was calibrated: the middle of 809
timed cells in the trial on a shared two-core machine that examples.md of the project's design
reports."""

FLOOR = 0.005
"""The least spread that is believed: in a few runs some cells agree by chance, or to a memory
page."""


@dataclass(frozen=True)
class Spread:
    """A cell's spread over the runs of one release. ``cell`` is judge.series.Line.name.

    ``spread``: the sample standard deviation of ln(value) in the timed tier; the greatest
    difference, in the benchmark's unit, in the exact tier.
    """

    environment: str
    release: str
    cell: str
    version: str
    tier: str
    runs: int
    spread: float


HEADINGS = tuple(one.name for one in fields(Spread))


def save(path: Path, records: Iterable[Spread]) -> None:
    """Write a calibration, whole or not at all."""
    rows = [{**asdict(record), "spread": f"{record.spread:.4g}"} for record in records]
    Table(rows, headings=HEADINGS).save(path)


def load(path: Path) -> list[Spread]:
    """Read a calibration; nothing if there is none. Raises UserError for a damaged one."""
    if not files.there(path):
        return []
    try:
        with files.regular(path).open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if reader.fieldnames != list(HEADINGS):
                raise ValueError("its first line is not that of a calibration")
            return [_record(row) for row in reader]
    except (OSError, UserError, LookupError, ValueError, TypeError, csv.Error) as error:
        raise UserError(
            f"{path.parent.name}/{path.name} is damaged ({type(error).__name__}: {error}): "
            "restore it from git, or make it again with tomobench calibrate"
        ) from None


def _record(row: dict[str, Any]) -> Spread:
    record = Spread(**{**row, "runs": int(row["runs"]), "spread": float(row["spread"])})
    if record.runs < 2 or not 0 <= record.spread < math.inf:
        raise ValueError(f"{record.cell} has spread {record.spread} of {record.runs} runs")
    return record
