"""Which cells are explained: an access and a layout, whatever the benchmark that measures them."""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tomobench.bench import exact
from tomobench.bench.grids import BY_CHUNK, BY_SHARD
from tomobench.desk.errors import UserError
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.series import Line
from tomobench.desk.judge.subjects import STORED, USUAL, place_of

COUNTED = {"counts.Chunks": BY_CHUNK, "counts.Shards": BY_SHARD}
"""The suites whose counts are explained, and their grids."""

METRICS = ("requests", "function_starts", "peak_memory")
"""Those counts, of each of the suites."""

FEW = (
    "counts.Chunks(32×32×32, 2)",
    "counts.Chunks(64×64×64, 2)",
    "counts.Chunks(64×64×64, 3)",
    "counts.Shards(32×32×32, 128×128×128)",
)
"""Layouts that take seconds: two numbers of chunks in format 2, which both lines have, format 3, and shards."""


@dataclass(frozen=True, order=True)
class Cell:
    """``access``: one of exact.NAMES. ``layout``: as facts name it. ``suite`` and ``parameters``: where asv has it."""

    access: str
    layout: str
    suite: str
    parameters: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.access}, {self.layout}"


OTHERWISE = frozenset(
    {
        *("pipeline", "kept_in", "blocks", "workers", "processes"),
        *("fault", "write_empty_chunks", "dtype"),
    }
)
"""Parameters by which an access is made otherwise than it is profiled, unless their value is the usual one. What lies
between zarr and a server is none of them."""

_ACCESSES = {re.sub(r"^read [0-9] boxes", "read boxes", name): name for name in exact.NAMES}
# What is stored is made by a whole write.
_ACCESSES[STORED] = "write whole"


def of_line(line: Line) -> Cell | None:
    """The cell whose counts stand behind a line; None where its access is none that is counted, or it is made otherwise
    there, or in no layout that is told."""
    place = place_of(line)
    access = _ACCESSES.get(place.subject.access)
    if access is None or not place.layout or _is_made_otherwise(line):
        return None
    suite = ".".join(line.benchmark.split(".")[:2])
    return Cell(access, place.layout, suite, tuple(value for _, value in line.cell))


def _is_made_otherwise(line: Line) -> bool:
    return any(
        name in OTHERWISE and USUAL.get(name) != value.strip("'") for name, value in line.cell
    )


def few() -> list[Cell]:
    """Every access in the layouts FEW."""
    lines = [
        line for line in counted() if f"{line.benchmark.rpartition('.')[0]}({_layout(line)})" in FEW
    ]
    return _once(lines)


def every() -> list[Cell]:
    """Every access in every layout that is counted."""
    return _once(counted())


def found(expression: str, benchmarks: Mapping[str, dict[str, Any]]) -> list[Cell]:
    """The cells whose benchmark and parameters a regular expression finds, as asv's --bench would.

    ``benchmarks``: asv's descriptions, by name. Raises UserError where it finds none that is counted.
    """
    lines = [
        line
        for line in itertools.chain(counted(), _described(benchmarks))
        if re.search(expression, line.name)
    ]
    if not lines:
        raise UserError(f"no benchmark is found by {expression!r}: asv show lists them")
    if not (cells := _once(lines)):
        raise UserError(
            f"what {expression!r} finds has no access that is counted: name one of counts, read or write"
        )
    return cells


def counted() -> Iterable[Line]:
    """The lines of the suites COUNTED."""
    for suite, grid in COUNTED.items():
        for metric, access in itertools.product(METRICS, exact.NAMES):
            for values in itertools.product(*grid.values):
                cell = (("access", access), *zip(grid.names, map(repr, values)))
                yield Line(f"{suite}.track_{metric}", "", cell, "", Kind.EXACT)


def _described(benchmarks: Mapping[str, dict[str, Any]]) -> Iterable[Line]:
    for name, one in benchmarks.items():
        for values in itertools.product(*one["params"]):
            cell = tuple(zip(one["param_names"], values))
            yield Line(name, one["version"], cell, one["unit"], Kind.EXACT)


def _layout(line: Line) -> str:
    return ", ".join(value for name, value in line.cell if name != "access")


def _once(lines: Iterable[Line]) -> list[Cell]:
    """The cells of lines, each once, in their order."""
    cells: dict[tuple[str, str], Cell] = {}
    for line in lines:
        if (cell := of_line(line)) is not None:
            cells.setdefault((cell.access, cell.layout), cell)
    return list(cells.values())
