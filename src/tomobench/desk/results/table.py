"""A table: records with equal keys, for a person (text, Markdown) or a program (CSV, JSON)."""

import csv
import io
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tabulate import tabulate

from tomobench.desk import files

NONE = "–"
"""Stands for a value that there is none of, where a person reads."""


@dataclass(frozen=True)
class Table:
    """Records with equal keys, the headings, in order.

    Records hold numbers in full, None (or NaN) where there is none. ``digits``: how a person is
    shown a column's numbers, as format() takes it, by heading; other columns are text.
    ``headings``: the columns of a table without records. ``name`` is its file's.
    """

    records: list[dict[str, Any]]
    digits: dict[str, str] = field(default_factory=dict)
    headings: tuple[str, ...] = ()
    name: str = ""
    title: str = ""
    note: str = ""

    @property
    def columns(self) -> list[str]:
        """Headings, in order."""
        return list(self.records[0]) if self.records else list(self.headings)

    def said(self, format_: str) -> str:
        """The table in one of the formats of ``--format`` (tomobench.desk.options)."""
        return {
            "table": self.text,
            "markdown": self.markdown,
            "csv": self.csv,
            "json": self.json,
        }[format_]()

    def text(self) -> str:
        """Aligned text, numbers rounded as their columns say."""
        return self._tabulated("simple", str)

    def markdown(self) -> str:
        """A table that GitHub shows as one; stars and bars in cells stand for themselves."""
        return self._tabulated("github", _escaped)

    def csv(self) -> str:
        """CSV with numbers in full, an empty field where there is none."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {key: None if _is_nan(value) else value for key, value in record.items()}
            for record in self.records
        )
        return text.getvalue().rstrip("\n")

    def save(self, path: Path) -> None:
        """Write it as CSV, whole or not at all."""
        with files.written(path, "w") as file:
            file.write(f"{self.csv()}\n")

    def json(self) -> str:
        """A list of objects, numbers in full, null where there is none."""
        records = [
            {key: None if _is_nan(value) else value for key, value in record.items()}
            for record in self.records
        ]
        return json.dumps(records, indent=1, ensure_ascii=False)

    def _tabulated(self, style: str, spelled: Callable[[str], str]) -> str:
        cells = [
            [spelled(self._cell(column, record[column])) for column in self.columns]
            for record in self.records
        ]
        align = ["right" if column in self.digits else "left" for column in self.columns]
        return tabulate(
            cells,
            [spelled(column) for column in self.columns],
            tablefmt=style,
            colalign=align if cells else None,
            disable_numparse=True,
        )

    def _cell(self, column: str, value: object) -> str:
        if value is None or _is_nan(value):
            return NONE
        if isinstance(value, str) or column not in self.digits:
            return str(value)
        return format(value, self.digits[column])


def mib(nbytes: float | None) -> float | None:
    """Bytes as MiB, for a column of a table."""
    return None if nbytes is None else nbytes / 2**20


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
