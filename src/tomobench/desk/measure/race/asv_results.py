"""A race as asv's results, beside those of plain runs and never mixed with them.

asv averages results whose parameters are equal. A race's have one more, ``measured: race``, a choice on
the dashboard, and an environment name of their own, hence a file of their own.
"""

import itertools
import math
import tempfile
from pathlib import Path
from typing import Any

from asv.repo import get_repo
from asv.results import Results
from asv.runner import BenchmarkResult

from tomobench.bench.blame import Whose
from tomobench.bench.cache import whole_copy
from tomobench.desk import locks
from tomobench.desk.asv import record
from tomobench.desk.measure.race.field import Field
from tomobench.desk.measure.race.turns import Race
from tomobench.desk.releases.release import Release
from tomobench.desk.results.reading import MEASURED, RACE

NOT_RACED = math.nan
"""What asv shows as n/a."""


def write(race: Race, field: Field) -> list[Path]:
    """Write every release's results; samples are the medians of the renewals. The files written.

    What earlier races found of other cells stays.
    """
    with locks.writing(Path(field.conf.results_dir)):
        field.machine.save(field.conf.results_dir)
        field.benchmarks.save()
        written = [_write(race, field, release) for release in field.releases]
    return [path for path in written if path]


def _write(race: Race, field: Field, release: Release) -> Path | None:
    environment = field.environment
    name = f"{RACE}-{environment.name}"
    params = {**vars(field.machine), "python": environment.python, **environment.requirements}
    found = Results(
        {**params, MEASURED: RACE},
        environment.requirements,
        release.hash,
        get_repo(field.conf).get_date(release.hash),
        environment.python,
        name,
        environment.env_vars,
    )
    found.load_data(field.conf.results_dir)
    for benchmark in field.benchmarks.values():
        if benchmark["type"] == "time":
            _add(found, benchmark, race, release.hash, field)
    if not found.get_all_result_keys():
        return None
    written = _save(found, Path(field.conf.results_dir, field.machine.machine))
    record.write(written, field.installed[release.hash])
    return written


def _add(found: Results, benchmark: dict[str, Any], race: Race, release: str, field: Field) -> None:
    cells = list(itertools.product(*benchmark["params"]))
    index = field.benchmarks.benchmark_selection[benchmark["name"]]
    names = [
        f"{benchmark['name']}({', '.join(cell)})" if cell else benchmark["name"] for cell in cells
    ]
    raced = {n for n in (range(1) if index is None else index) if _was_raced(race, names[n])}
    if not raced:
        return
    values = [
        _value(race, release, name) if n in raced else (NOT_RACED, None)
        for n, name in enumerate(names)
    ]
    result = [value for value, _ in values]
    samples = [found for _, found in values]
    numbers = [1 if one else None for one in samples]
    found.add_result(
        benchmark,
        BenchmarkResult(result, samples, numbers, 0, "", None),
        duration=sum(one.seconds.get(names[n], 0) for one in race.renewals for n in raced),
        record_samples=True,
        selected_idx=raced if benchmark["params"] else None,
    )


def _was_raced(race: Race, name: str) -> bool:
    return any(name in renewal.seconds for renewal in race.renewals)


def _value(race: Race, release: str, name: str) -> tuple[float | None, list[float] | None]:
    """A cell's value (None: failed, NaN: n/a; a stand-in where asv takes it from samples), samples."""
    medians = [float(f"{one:.6g}") for one in race.medians(name, release)]
    if medians:
        return medians[0], medians
    last = race.without_a_time(name, release)
    return (None if last and last.kind == Whose.RELEASE else math.nan), None


def _save(found: Results, folder: Path) -> Path:
    """As asv saves it, but whole or not at all."""
    with tempfile.TemporaryDirectory() as scratch:
        found.save(scratch)
        (written,) = Path(scratch).glob("*/*.json")
        target = folder / written.name
        whole_copy(written, target)
    return target
