"""Result files that are whole or not there: what a run gave is added to what is kept, in one rename.

asv writes a release's results in place, benchmark after benchmark, so that a kill can leave half a file, or
an old version of one benchmark beside a new one of another. Here asv writes into a folder of its own, and
what it finished is joined with the kept file afterwards.
"""

import itertools
import math
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from asv import util
from asv.machine import Machine
from asv.results import Results

from tomobench.bench.cache import kept_json, whole_copy
from tomobench.desk import locks
from tomobench.desk.asv import failures
from tomobench.desk.asv.damaged import BENCHMARKS
from tomobench.desk.errors import UserError
from tomobench.desk.releases import installed
from tomobench.desk.results import one_machine
from tomobench.desk.results.reading import DAMAGE, load_result, result_files

SERIES = ("commit_hash", "env_name", "params", "python", "requirements", "env_vars")
"""The fields of a result file that make it one series with another."""


def add(source: Path, results_dir: Path, replacing: bool = False) -> int:
    """Add the results in ``source``, a results folder as asv lays it out, to those in ``results_dir``.

    Of a benchmark that both have, one measurement is kept, whole: that of the version which ``results_dir`` describes,
    else the later one. ``replacing``: that of ``source``, which was measured just now, whatever a clock says. Machines stay
    apart. A file in which all is n/a is not kept: it would stand for a release that was measured. Returns the number of
    result files that anything was taken from. Raises UserError, before anything is written, when a file is damaged, or a machine of one name is another
    machine there.
    """
    with locks.writing(results_dir):
        return _add(source, results_dir, replacing)


def _add(source: Path, results_dir: Path, replacing: bool) -> int:
    folders = machine_folders(source)
    for folder in folders:
        one_machine.require(one_machine.description_of(folder), results_dir / folder.name)
    files = [path for folder in folders for path in result_files(folder)]
    versions = _versions(results_dir)
    joined = {
        path: _joined(path, results_dir / path.parent.name / path.name, versions, replacing)
        for path in files
    }
    joined = {path: one for path, one in joined.items() if one.taken and _says_anything(one.data)}
    for folder in folders:
        if not (results_dir / folder.name / "machine.json").exists():
            whole_copy(folder / "machine.json", results_dir / folder.name / "machine.json")
    for path, one in joined.items():
        _save(one.data, results_dir / path.parent.name / path.name)
        _join_failures(path, results_dir / path.parent.name / path.name, one.taken)
        if (record := installed.beside(path)).exists():
            whole_copy(record, results_dir / path.parent.name / record.name)
    return len(joined)


def machine_folders(results_dir: Path) -> list[Path]:
    """The folders of machines in a results folder."""
    return [path.parent for path in sorted(results_dir.glob("*/machine.json"))]


def set_aside(machine: Path, aside: Path) -> list[str]:
    """Move result files that can't be read to the folder ``aside``; their names.

    What a killed write left under a temporary name is removed.
    """
    if not (_unfinished(machine) or _damaged(machine)):
        return []
    with locks.writing(machine.parent):  # by now they may be whole
        for left in _unfinished(machine):
            left.unlink()
        damaged = _damaged(machine)
        for path in damaged:
            aside.mkdir(parents=True, exist_ok=True)
            free = (aside / f"{path.name}.{n}" for n in itertools.count(1))
            path.rename(next(target for target in free if not target.exists()))
    return [path.name for path in damaged]


def _unfinished(machine: Path) -> list[Path]:
    return list(machine.glob(".*.*.*"))


def _damaged(machine: Path) -> list[Path]:
    return [path for path in result_files(machine) if not _readable(path)]


def _readable(path: Path) -> bool:
    try:
        load_result(path)
    except DAMAGE:
        return False
    return True


def describe(folder: Path, description: dict[str, str]) -> None:
    """Have a machine's folder say which machine it is."""
    util.write_json(str(folder / "machine.json"), description, Machine.api_version)


def _versions(results_dir: Path) -> dict[str, str]:
    """The versions of the benchmarks that a results folder describes, by their names."""
    described = kept_json(results_dir / BENCHMARKS, dict) or {}
    known = {name: one.get("version") for name, one in described.items() if isinstance(one, dict)}
    return {name: version for name, version in known.items() if version}


class _Joined(NamedTuple):
    """The contents of a result file, and the benchmarks that are ``taken`` from the new one."""

    data: dict[str, Any]
    taken: set[str]


def _joined(path: Path, kept: Path, versions: dict[str, str], replacing: bool) -> _Joined:
    """A result file, with what the kept one has where there is one.

    ``versions``: of the benchmarks, as far as they are known; ``replacing`` as :func:`add`.
    """
    for file in (path, kept):
        if file.exists() and not _readable(file):
            raise UserError(f"{file.parent.name}/{file.name} is damaged: measure it again")
    new = _load(path)
    one_machine.require(new["params"], path.parent)
    if not kept.exists():
        return _Joined(new, set(new["results"]))
    old = _load(kept)
    for field in SERIES:
        if new[field] != old[field]:
            raise UserError(
                f"{kept.parent.name}/{kept.name} is of another series: its {field} differs"
            )
    rows = {name: _as_columns(row, old, new) for name, row in old["results"].items()}
    taken = {
        name
        for name, row in new["results"].items()
        if replacing or name not in rows or _is_above(row, rows[name], new, versions.get(name))
    }
    rows |= {name: new["results"][name] for name in taken}
    durations = {**old["durations"], **new["durations"]}
    return _Joined({**new, "results": rows, "durations": durations}, taken)


def _is_above(row: list[Any], other: list[Any], data: dict[str, Any], known: str | None) -> bool:
    """Whether a measurement is to be taken in place of another one, and is not the same."""
    return row != other and _standing(row, data, known) >= _standing(other, data, known)


def _says_anything(data: dict[str, Any]) -> bool:
    """Whether a result file has a cell that is not n/a: a number, or a failure."""
    place = data["result_columns"].index("result")
    return any(
        value is None or not math.isnan(value)
        for row in data["results"].values()
        for value in (row[place] or [None])
    )


def _join_failures(path: Path, kept: Path, taken: set[str]) -> None:
    """What was raised in the benchmarks that are ``taken`` from the new file, beside the kept one."""
    raised = failures.read(failures.file_of(path))
    failures.merge(
        kept,
        {
            name: {cell: why for cell, why in raised.items() if failures.benchmark_of(cell) == name}
            for name in taken
        },
    )


def _as_columns(row: list[Any], old: dict[str, Any], new: dict[str, Any]) -> list[Any]:
    if old["result_columns"] == new["result_columns"]:
        return row
    values = dict(zip(old["result_columns"], row))
    return [values.get(column) for column in new["result_columns"]]


def _standing(row: list[Any], data: dict[str, Any], known: str | None) -> tuple[bool, float]:
    """Orders measurements of one benchmark: the known version's stand above all others, the later above the earlier."""
    values = dict(zip(data["result_columns"], row))
    current = known is not None and values.get("version") == known
    return current, values.get("started_at") or 0


def _load(path: Path) -> dict[str, Any]:
    answer: dict[str, Any] = util.load_json(str(path), Results.api_version)
    return answer


def _save(data: dict[str, Any], path: Path) -> None:
    """As asv saves it, but whole or not at all."""
    with tempfile.TemporaryDirectory() as scratch:
        written = Path(scratch, path.name)
        util.write_json(str(written), data, Results.api_version, compact=True)
        whole_copy(written, path)
