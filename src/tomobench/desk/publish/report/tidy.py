"""Every number of the results as a tidy table: a row each, one column a parameter."""

from pathlib import Path

from tomobench.desk import files
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.results.reading import Row
from tomobench.desk.results.table import Table

FIXED = ["machine", "volume", "release", "version", "benchmark", "unit", "value", "low", "high"]


def records(evidence: Evidence) -> list[dict]:
    """Rows that were measured, with equal keys; a parameter that a benchmark does not have is
    None. ``low`` and ``high`` are asv's 99 % interval of a median, None for a count."""
    found = [row for row in evidence.rows if row.measured]
    parameters = sorted({name for row in found for name, _ in row.cell})
    known = {one.hash for one in evidence.history.releases}
    return [_record(row, parameters, evidence, known) for row in found]


def _record(row: Row, parameters: list[str], evidence: Evidence, known: set[str]) -> dict:
    stats, cell = row.stats or {}, dict(row.cell)
    version = evidence.history.name_of(row.release) if row.release in known else row.release
    fixed: list[str | float | None] = [
        row.machine,
        row.volume,
        row.release,
        version,
        row.benchmark,
        row.unit,
    ]
    fixed += [
        None if row.value is None else float(row.value),
        stats.get("ci_99_a"),
        stats.get("ci_99_b"),
    ]
    said = {name: None if name not in cell else str(cell[name]) for name in parameters}
    return {**dict(zip(FIXED, fixed)), **said}


def save(found: list[dict], folder: Path, name: str) -> list[Path]:
    """Write records as NAME.csv and NAME.parquet; says where."""
    # PyArrow takes a fifth of a second to import: not for --help.
    import pyarrow
    import pyarrow.parquet

    paths = [folder / f"{name}.csv", folder / f"{name}.parquet"]
    Table(found).save(paths[0])
    with files.written(paths[1]) as file:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(found), file)
    return paths
