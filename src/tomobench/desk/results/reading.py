"""asv's results as plain rows: one for each machine, volume, release, benchmark and cell of its
parameters."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from tomobench.desk import files, shapes
from tomobench.desk.errors import UserError
from tomobench.desk.progress import told
from tomobench.desk.results import machine as machines
from tomobench.desk.results.configuration import load as config
from tomobench.desk.results.configuration import results_folder
from tomobench.desk.results.parsed import (
    DAMAGE,
    MEASURED,
    RACE,
    RACE_ABOUT,
    RACES,
    Kept,
    Numbers,
    Parsed,
    load_result,
)

BENCHMARKS_VERSION, MACHINE_VERSION = 2, 1
"""asv 0.6.6's ``api_version`` of Benchmarks and Machine: the formats of benchmarks.json and machine.json."""

__all__ = [
    "DAMAGE",
    "MEASURED",
    "RACE",
    "RACES",
    "RACE_ABOUT",
    "Reading",
    "Row",
    "Sheet",
    "config",
    "described_machine",
    "examine",
    "examine_folder",
    "load_result",
    "machine_of",
    "read",
    "results_folder",
    "sheets",
]


class Row(NamedTuple):
    """One number. ``value`` is in the benchmark's unit; None when the benchmark failed, NaN when
    n/a.

    ``release`` is the hash asv files it under; ``cell`` maps parameter names to values as asv shows
    them. ``environment`` is asv's name of it, ``version`` and ``type`` are the benchmark's, and
    ``stats`` holds what asv keeps of the samples (ci_99_a, ci_99_b, q_25, q_75, number, repeat),
    None where it keeps nothing. ``server`` is the S3 server, empty for the default one;
    ``configuration`` zarr's, empty for its own.
    """

    machine: str
    volume: str
    release: str
    benchmark: str
    cell: tuple[tuple[str, str], ...]
    value: float | None
    unit: str
    environment: str = ""
    version: str = ""
    type: str = ""
    stats: dict[str, Any] | None = None
    server: str = ""
    configuration: str = ""

    @property
    def measured(self) -> bool:
        return self.value is not None and not math.isnan(self.value)


class Sheet(NamedTuple):
    """One benchmark's numbers in one file. ``cells``: all cells of today's parameters, as in Row;
    ``places``: which of them have a number here; ``values`` and ``stats``: theirs, as in Row. The
    other fields are Row's.

    Rows are a hundred thousand: where a whole benchmark is asked for, or left out, sheets are quicker.
    """

    machine: str
    volume: str
    release: str
    benchmark: str
    cells: list[tuple[Any, ...]]
    places: list[int]
    values: list[float | None]
    stats: list[dict[str, Any] | None]
    unit: str
    environment: str
    version: str
    type: str
    server: str
    configuration: str

    def measured(self) -> Iterator[bool]:
        """Of each place, whether there is a number: see Row.value."""
        return (value is not None and not math.isnan(value) for value in self.values)

    def rows(self) -> Iterator[Row]:
        """A row for each place."""
        for place, value, stats in zip(self.places, self.values, self.stats):
            yield Row(
                self.machine,
                self.volume,
                self.release,
                self.benchmark,
                self.cells[place],
                value,
                self.unit,
                self.environment,
                self.version,
                self.type,
                stats,
                self.server,
                self.configuration,
            )


@dataclass(frozen=True)
class Reading:
    """What the result files say, and what could not be used of them.

    ``benchmarks``: asv's descriptions, by name. ``damaged``: a line for each file that could not be read, naming it, and
    for those of another machine. Machine, volume, release and benchmark of results that another version of the benchmark
    gave are ``outdated``; of a benchmark that the suite no longer has, ``gone``.
    """

    sheets: list[Sheet] = field(default_factory=list)
    benchmarks: dict[str, dict[str, Any]] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    outdated: list[tuple[str, str, str, str]] = field(default_factory=list)
    gone: list[tuple[str, str, str, str]] = field(default_factory=list)

    @property
    def as_zarr_comes(self) -> "Reading":
        """Without what was measured under a configuration of zarr that somebody chose: it says nothing of zarr as it comes."""
        return replace(self, sheets=[one for one in self.sheets if not one.configuration])

    @cached_property
    def rows(self) -> list[Row]:
        """Every number."""
        return [row for sheet in self.sheets for row in sheet.rows()]


def read(root: Path) -> Iterator[Row]:
    """Every result below ``root``/results whose benchmark is still there in that version.

    Those under a configuration of zarr that somebody chose are left out: they say nothing of zarr as it comes.

    Raises UserError when there are none at all, or a file is no result.
    """
    for sheet in sheets(root):
        yield from sheet.rows()


def sheets(root: Path) -> list[Sheet]:
    """As :func:`read`, benchmark by benchmark of each file."""
    reading = examine(root)
    if reading.damaged:
        raise UserError(reading.damaged[0])
    return reading.as_zarr_comes.sheets


def examine(root: Path) -> Reading:
    """Read every file that can be read below ``root``/results, and say which can't.

    Raises UserError when there is no list of benchmarks, which asv run makes.
    """
    return examine_folder(results_folder(root))


def examine_folder(folder: Path) -> Reading:
    """As :func:`examine`, for a results folder."""
    benchmarks, cells = _benchmarks(folder)
    reading = Reading(benchmarks=benchmarks)
    kept = Kept(folder, benchmarks)
    for machine in sorted(folder.glob("*/")):
        if found := result_files(machine):
            _examine_machine(machine, found, kept, cells, reading)
    kept.save()
    return reading


def _examine_machine(
    machine: Path, found: list[Path], kept: Kept, cells: dict[str, list[Any]], reading: Reading
) -> None:
    try:
        described = described_machine(machine)
    except UserError as problem:
        left_out = f"so its {len(found)} files are left out"
        reading.damaged.append(f"{machine.name}: {problem}, {left_out}")
        return
    strangers: dict[str, list[str]] = {}
    for path in told(f"files of {machine.name} read", found):
        one = _read_file(path, kept, reading)
        if one is None:
            continue
        if difference := machines.difference(one.params, described):
            strangers.setdefault(difference, []).append(path.name)
        else:
            _add(machine.name, one, cells, reading)
    for difference, names in strangers.items():
        number = f"{len(names)} files, such as {names[0]}, are" if names[1:] else f"{names[0]} is"
        reading.damaged.append(
            f"{machine.name}: {number} of another machine ({difference}), and left out: give each "
            "machine a name of its own with TOMOBENCH_MACHINE"
        )


def result_files(machine: Path) -> list[Path]:
    """The result files in a machine's folder."""
    return [path for path in sorted(machine.glob("*.json")) if path.name != "machine.json"]


_DESCRIBED = {
    **dict.fromkeys(("name", "unit", "type", "version"), str),
    "params": list[list[str]],
    "param_names": list[str],
}
"""What is read of asv's description of a benchmark."""


def _benchmarks(folder: Path) -> tuple[dict[str, dict[str, Any]], dict[str, list[Any]]]:
    """asv's list of benchmarks, as its Benchmarks.load reads it, and the cells of each, both by name."""
    listed = folder / "benchmarks.json"
    try:
        found = _versioned(listed, BENCHMARKS_VERSION)
        for one in found.values():
            shapes.require(one, _DESCRIBED)
        described = {one["name"]: one for one in found.values()}
        return described, {name: _cells(one) for name, one in described.items()}
    except DAMAGE as error:
        reason = str(error).splitlines()[0]
        if not isinstance(error, UserError):
            reason = f"{listed} is damaged ({type(error).__name__}: {reason})"
        raise UserError(f"{reason} (results are made by: asv run)") from None


def _versioned(path: Path, version: int) -> dict[str, Any]:
    """The content of a file of asv's, without its version. Raises one of DAMAGE."""
    found: dict[str, Any] = files.parsed(path)
    if (written := found.pop("version", None)) != version:
        raise UserError(f"{path} has version {written} of asv's format, and {version} is read here")
    return found


def machine_of(folder: Path) -> dict[str, Any]:
    """What a machine's folder says of the machine. Raises one of DAMAGE."""
    return _versioned(folder / "machine.json", MACHINE_VERSION)


def described_machine(folder: Path) -> dict[str, Any]:
    """As :func:`machine_of`. Raises UserError where it says nothing, or is another's."""
    try:
        described = machine_of(folder)
    except DAMAGE:
        raise UserError("machine.json is missing or damaged") from None
    if described.get("machine") != folder.name:
        raise UserError("machine.json names another machine")
    return described


def _cells(benchmark: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Row.cell of each of a benchmark's cells."""
    names = benchmark["param_names"]
    return [tuple(zip(names, cell)) for cell in product(*benchmark["params"])]


def _read_file(path: Path, kept: Kept, reading: Reading) -> Parsed | None:
    """What a file says; None for a race's, and for a damaged one, which is named in ``reading``."""
    try:
        return kept.parsed(path)
    except DAMAGE as error:
        name = f"{path.parent.name}/{path.name}"
        problem = f"{type(error).__name__}: {error}".splitlines()[0].replace(str(path), path.name)
        reading.damaged.append(f"{name} is damaged and was left out ({problem}): measure it again")
        return None


def _add(machine: str, found: Parsed, cells: dict[str, list[Any]], reading: Reading) -> None:
    for key, numbers in found.results.items():
        if numbers[0]:
            sheet = _sheet(machine, found, reading.benchmarks[key], cells[key], numbers)
            reading.sheets.append(sheet)
    for key in found.others:
        left_out = reading.outdated if key in reading.benchmarks else reading.gone
        left_out.append((machine, found.volume, found.release, key))


def _sheet(
    machine: str,
    found: Parsed,
    benchmark: dict[str, Any],
    cells: list[tuple[Any, ...]],
    numbers: Numbers,
) -> Sheet:
    return Sheet(
        machine,
        found.volume,
        found.release,
        benchmark["name"],
        cells,
        *numbers,
        benchmark["unit"],
        found.environment,
        benchmark["version"],
        benchmark["type"],
        found.server,
        found.configuration,
    )
