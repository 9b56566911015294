"""What failed is kept with what was raised: asv's results say that it failed, and no more.

Beside a release's result file, ``<hash>-<environment>.failures.txt`` has a line for each cell:
``name(value, value): what was raised``. Not .json, or asv would take it for a result.
"""

import functools
import itertools
import os
import re
import tempfile
from collections.abc import Iterable
from math import prod
from pathlib import Path

from tomobench.bench.cache import root, whole_file
from tomobench.desk.releases import installed

ENDING = ".failures.txt"

#: Of the release's run under way: for each benchmark that ran, its failed cells and what they raised.
_noted: dict[str, dict[str, str]] = {}
#: For each of them, the places of the cells that were not asked for, by name: asv keeps what it has of those.
_left: dict[str, dict[str, int]] = {}


def begin() -> None:
    """A release's run begins: what another's has raised is not of its results."""
    _noted.clear()
    _left.clear()


def note(benchmark: dict, index: int, reason: str) -> None:
    """A cell of a benchmark that runs has failed."""
    _noted[benchmark["name"]][name_of(benchmark, index)] = _anywhere(reason)


def _anywhere(reason: str) -> str:
    """What was raised, without the folders of this machine: results are published."""
    for folder in (root(), tempfile.gettempdir(), Path.cwd(), Path.home()):
        reason = reason.replace(f"{os.path.abspath(folder)}{os.sep}", "")
    return reason


def forget(benchmark: dict, asked: Iterable[int] | None) -> None:
    """A benchmark begins to run: the cells at these places, or all."""
    every = range(prod(map(len, benchmark["params"])))
    left = set(every).difference(every if asked is None else asked)
    _noted[benchmark["name"]] = {}
    _left[benchmark["name"]] = {name_of(benchmark, place): place for place in left}


def put_back(name: str, before: dict[str, str]) -> None:
    """Of a benchmark nothing that was measured is kept: what it raised is what it raised ``before``."""
    _noted[name] = {cell: why for cell, why in before.items() if benchmark_of(cell) == name}
    _left[name] = {}


def saved_with(save):
    """asv's way to save results, with the failures beside them; a file without any result is none."""

    @functools.wraps(save)
    def saved(results, result_dir):
        path = Path(result_dir, results._filename)
        if not results.get_all_result_keys():
            # asv rm took the last, or the only one was not measured in a later round.
            for one in (path, file_of(path), installed.beside(path)):
                one.unlink(missing_ok=True)
            return
        save(results, result_dir)
        there = results.get_all_result_keys()
        gone = {benchmark_of(cell) for cell in read(file_of(path))} - there
        ran = {name: _kept(results, name, path) | _noted[name] for name in there & _noted.keys()}
        merge(path, {name: {} for name in gone} | ran)

    return saved


def _kept(results, name: str, path: Path) -> dict[str, str]:
    """What was raised in the cells of a benchmark that were not asked for and have failed as before."""
    if not (before := read(file_of(path))):
        return {}
    values = results.get_result_value(name, results.get_result_params(name))
    still = (cell for cell, place in _left[name].items() if values[place] is None)
    return {cell: before[cell] for cell in still if cell in before}


def file_of(results: Path) -> Path:
    """The failures beside a result file."""
    return results.with_name(f"{results.stem}{ENDING}")


def merge(results: Path, found: dict[str, dict[str, str]]) -> None:
    """Replace what is kept of these benchmarks beside a result file, whole or not at all."""
    path = file_of(results)
    kept = {cell: why for cell, why in read(path).items() if benchmark_of(cell) not in found}
    for cells in found.values():
        kept |= cells
    if kept:
        with whole_file(path, "w") as file:
            file.writelines(f"{cell}: {why}\n" for cell, why in sorted(kept.items()))
    else:
        path.unlink(missing_ok=True)


def read(path: Path) -> dict[str, str]:
    """The cells of such a file, and what they raised; nothing if there is none."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return {
        found[1]: found[2] for line in lines if (found := re.match(r"(\S+\(.*?\)|\S+): (.*)", line))
    }


def benchmark_of(cell: str) -> str:
    """The benchmark's name, of a cell's."""
    return cell.partition("(")[0]


def name_of(benchmark: dict, index: int) -> str:
    """A cell as asv's --bench finds it: ``name(value, value)``."""
    if not benchmark["params"]:
        return benchmark["name"]
    cell = next(itertools.islice(itertools.product(*benchmark["params"]), index, None))
    return f"{benchmark['name']}({', '.join(cell)})"
