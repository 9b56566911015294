"""asv's results as plain rows: one for each machine, volume, release, benchmark and cell of its
parameters."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import NamedTuple

from asv import util
from asv.benchmarks import Benchmarks
from asv.config import Config
from asv.machine import Machine

from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.progress import told
from tomobench.desk.results.configuration import load as config
from tomobench.desk.results.parsed import DAMAGE, MEASURED, RACE, RACE_ABOUT, RACES, Kept, Parsed

__all__ = [
    "DAMAGE",
    "MEASURED",
    "RACE",
    "RACES",
    "RACE_ABOUT",
    "Reading",
    "Row",
    "config",
    "examine",
    "examine_folder",
    "read",
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
    stats: dict | None = None
    server: str = ""
    configuration: str = ""

    @property
    def measured(self) -> bool:
        return self.value is not None and not math.isnan(self.value)


@dataclass(frozen=True)
class Reading:
    """What the result files say, and what could not be used of them.

    ``benchmarks``: asv's descriptions, by name. ``damaged``: a line for each file that could not be read, naming it. Machine, release and
    benchmark of results that another version of the benchmark gave are ``outdated``; of a benchmark
    that the suite no longer has, ``gone``.
    """

    rows: list[Row] = field(default_factory=list)
    benchmarks: dict[str, dict] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    outdated: list[tuple[str, str, str]] = field(default_factory=list)
    gone: list[tuple[str, str, str]] = field(default_factory=list)


def read(root: Path) -> Iterator[Row]:
    """Every result below ``root``/results whose benchmark is still there in that version.

    Those under a configuration of zarr that somebody chose are left out: they say nothing of zarr as it comes.

    Raises UserError when there are none at all, or a file is no result.
    """
    reading = examine(root)
    if reading.damaged:
        raise UserError(reading.damaged[0])
    yield from (row for row in reading.rows if not row.configuration)


def examine(root: Path) -> Reading:
    """Read every file that can be read below ``root``/results, and say which can't.

    Raises UserError when there is no list of benchmarks, which asv run makes.
    """
    return examine_folder(config(root))


def examine_folder(conf: Config) -> Reading:
    """As :func:`examine`, for the results folder of ``conf``."""
    benchmarks = _benchmarks(conf)
    reading = Reading(benchmarks=dict(benchmarks))
    kept = Kept(Path(conf.results_dir), benchmarks)
    cells = {name: _cells(one) for name, one in benchmarks.items()}
    for machine in sorted(Path(conf.results_dir).glob("*/")):
        found = [path for path in sorted(machine.glob("*.json")) if path.name != "machine.json"]
        if found and (problem := _machine_problem(machine)):
            left_out = f"so its {len(found)} files are left out"
            reading.damaged.append(f"{machine.name}: {problem}, {left_out}")
            continue
        for path in told(f"files of {machine.name} read", found):
            _examine_file(path, kept, cells, reading)
    kept.save()
    return reading


def _benchmarks(conf: Config) -> Benchmarks:
    listed = Path(conf.results_dir, "benchmarks.json")
    try:
        if listed.exists():
            files.regular(listed)
        return Benchmarks.load(conf)
    except DAMAGE as error:
        reason = str(error).splitlines()[0]
        if not isinstance(error, util.UserError | UserError):
            reason = f"{listed} is damaged ({type(error).__name__}: {reason})"
        raise UserError(f"{reason} (results are made by: asv run)") from None


def _machine_problem(folder: Path) -> str | None:
    try:
        path = files.regular(folder / "machine.json")
        named = util.load_json(str(path), Machine.api_version).get("machine")
    except DAMAGE:
        return "machine.json is missing or damaged"
    return None if named == folder.name else "machine.json names another machine"


def _cells(benchmark: dict) -> list[tuple]:
    """Row.cell of each of a benchmark's cells."""
    names = benchmark["param_names"]
    return [tuple(zip(names, cell)) for cell in product(*benchmark["params"])]


def _examine_file(path: Path, kept: Kept, cells: dict[str, list], reading: Reading) -> None:
    try:
        found = kept.parsed(path)
    except DAMAGE as error:
        name = f"{path.parent.name}/{path.name}"
        problem = f"{type(error).__name__}: {error}".splitlines()[0].replace(str(path), path.name)
        reading.damaged.append(f"{name} is damaged and was left out ({problem}): measure it again")
        return
    if found is None:
        return
    machine = path.parent.name
    for key in found.results:
        reading.rows.extend(_rows(machine, found, reading.benchmarks[key], cells[key]))
    for key in found.others:
        left_out = reading.outdated if key in reading.benchmarks else reading.gone
        left_out.append((machine, found.release, key))


def _rows(machine: str, found: Parsed, benchmark: dict, cells: list[tuple]) -> Iterator[Row]:
    key = benchmark["name"]
    unit, version, kind = benchmark["unit"], benchmark["version"], benchmark["type"]
    for n, value, stats in found.results[key]:
        yield Row(
            machine,
            found.volume,
            found.release,
            key,
            cells[n],
            value,
            unit,
            found.environment,
            version,
            kind,
            stats,
            found.server,
            found.configuration,
        )
