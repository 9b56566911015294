"""Counts are the same on every machine: what one machine counted may join another's results. Its times may not."""

import re
import tempfile
from collections.abc import Container
from pathlib import Path
from typing import Any

from asv import util
from asv.results import Results

from tomobench.bench.cache import whole_copy
from tomobench.desk.asv import failures
from tomobench.desk.measure.history import kept
from tomobench.desk.measure.history.steps import EXACT, SUITES
from tomobench.desk.releases import installed
from tomobench.desk.results import one_machine
from tomobench.desk.results.reading import result_files

COUNTS = rf"^(?!.*\.(?:peakmem_|track_(?:process|worker)_memory))(?:{SUITES[EXACT]})"
"""The benchmarks that count, by name."""


def is_count(benchmark: str) -> bool:
    """Whether a benchmark counts, by its name: times and the memory of processes are the machine's own."""
    return bool(re.search(COUNTS, benchmark))


def lend_counts(
    results_dir: Path,
    lender: str,
    machine: str,
    releases: Container[str],
    into: Path | None = None,
    only: str = "",
    replacing: bool = False,
) -> int:
    """Add the counts that ``lender`` has of ``releases`` (hashes) to those of ``machine``, which is described already.

    ``into``: the results folder of ``machine``, where it is another. ``only``: benchmarks whose name this regular
    expression finds. ``replacing`` as :func:`kept.add`. Returns the number of result files.
    Raises UserError as :func:`kept.add`.
    """
    into = into or results_dir
    described = one_machine.description_of(into / machine)
    with tempfile.TemporaryDirectory() as scratch:
        lent = Path(scratch, machine)
        kept.describe(lent, described)
        for path in result_files(results_dir / lender):
            found = util.load_json(str(path), Results.api_version)
            if found["commit_hash"] in releases and (counts := _counts(found, only)):
                params = {**found["params"], **described}
                counted = {**found, "params": params, "results": counts, "durations": {}}
                util.write_json(str(lent / path.name), counted, Results.api_version, compact=True)
                _copy_record(path, lent)
                _copy_failures(path, lent)
        return kept.add(Path(scratch), into, replacing)


def differing(one: Path, other: Path) -> set[str]:
    """The benchmarks that count, and that gave two machines other values of a release, by name.

    ``one``, ``other``: the folders of the machines' results.
    """
    found = set()
    for path in result_files(one):
        twin = other / path.name
        if twin.exists():
            counts = [_values(file) for file in (path, twin)]
            found |= {
                name for name in counts[0].keys() & counts[1] if counts[0][name] != counts[1][name]
            }
    return {name for name, _ in found}


def _values(path: Path) -> dict[tuple[str, str], str]:
    """The values of each benchmark that counts, by its name and version."""
    found = Results.load(str(path), machine_name=path.parent.name)
    names = filter(is_count, found.get_all_result_keys())
    return {
        (name, found.benchmark_version[name]): str(
            found.get_result_value(name, found.get_result_params(name))
        )
        for name in names
    }


def _counts(found: dict[str, Any], only: str) -> dict[str, list[Any]]:
    """The rows of a result file that are counts, without how long counting took."""
    took = found["result_columns"].index("duration")
    return {
        name: [None if n == took else value for n, value in enumerate(row)]
        for name, row in found["results"].items()
        if is_count(name) and re.search(only, name)
    }


def _copy_record(path: Path, folder: Path) -> None:
    """What was installed for a result file, where that was written down beside it."""
    record = installed.beside(path)
    if record.exists():
        whole_copy(record, folder / record.name)


def _copy_failures(path: Path, folder: Path) -> None:
    """What was raised in the cells of a result file that count."""
    raised: dict[str, dict[str, str]] = {}
    for cell, why in failures.read(failures.file_of(path)).items():
        if is_count(name := failures.benchmark_of(cell)):
            raised.setdefault(name, {})[cell] = why
    failures.merge(folder / path.name, raised)
