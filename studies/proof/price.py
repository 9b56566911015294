"""What it costs to tell a 10 % change of a read from none, by three ways of measuring, side by side in one run.

Each round measures a release and the same release under another name, once in each way, the ways in random order:
a renewal of a race; ``asv run --interleave-rounds``; pytest-benchmark, which zarr-python's and HEFTIE's suites use, on the
same cells. A round gives a ratio a cell. How far the ratios scatter from round to round says how many rounds are
needed, and that times the seconds of a round is the price.
"""

import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy import stats

from studies.proof import alone, samples, variants
from studies.proof.project import Stage
from tomobench.desk.asv.session import session
from tomobench.desk.errors import UserError
from tomobench.desk.measure.race import field
from tomobench.desk.results import machine as machines
from tomobench.desk.results import reading as results

FILE = "price.csv"
SCRIPT = Path(__file__).with_name("pytest_reads.py")
CHANGE, FALSE, POWER = 0.10, 0.01, 0.95
"""The change to be told from none, the chance of a false finding and that of finding the change, in one cell."""

RACE, PLAIN, PYTEST = "race", "asv run --interleave-rounds", "pytest-benchmark"


def measure(project: Stage, rounds: int, pattern: str) -> Iterator[str]:
    """Bring the rounds of the cells that ``pattern`` finds up to ``rounds``, and keep each; yields what is said.

    Raises UserError.
    """
    rows = samples.load_table(project.kept / FILE)
    pair = [project.release, project.add(variants.same(1))]
    package = alone.install(project.root, PYTEST)
    with session(project.folder):
        racing = field.prepare(project.folder, pair, pattern, None)
    done = max((int(row["round"]) for row in rows), default=0)
    for number in range(done + 1, rounds + 1):
        yield f"round {number} of {rounds}"
        for method in random.sample(list(METHODS), len(METHODS)):
            found = METHODS[method](project, racing, number, pattern, package)
            rows += [{"round": str(number), "method": method, **row} for row in found]
        samples.save_table(project.kept / FILE, rows)


def _race(
    project: Stage, racing: field.Field, number: int, pattern: str, package: Path
) -> list[dict]:
    """One renewal more; ratios within turns, as the race takes them."""
    project.run(
        "race",
        *(one.hash for one in racing.releases),
        *("--benchmark", pattern, "--precision", "0.01%"),
        *("--renewals", str(number), "--time-limit", "12h"),
    )
    race = project.begun()
    renewal = race.renewals[-1]
    seconds = sum(renewal.seconds.values()) + renewal.startup
    rows = []
    for name, cell in race.cells.items():
        times = cell.seconds[cell.renewals.index(renewal.number)]
        timed = np.nansum(times * cell.calls[cell.renewals.index(renewal.number)])
        ratio = np.exp(np.nanmedian(np.diff(np.log(times), axis=1)))
        rows.append(_row(name, ratio, timed, seconds, len(race.cells)))
    return rows


def _value(row: results.Row) -> float:
    assert row.value is not None  # it was measured
    return row.value


def _timed(row: results.Row) -> float:
    """Seconds that asv's clock ran for it."""
    stats = row.stats or {}
    return _value(row) * stats["number"] * stats["repeat"]


def _plain(
    project: Stage, racing: field.Field, number: int, pattern: str, package: Path
) -> list[dict]:
    """asv's own run of both, from its start to its end: of interleaved rounds it keeps no seconds."""
    folder = results.results_folder(project.folder)
    for path in (folder / machines.name()).glob("*-tomobench-*.json"):
        path.unlink()
    listing = project.folder / "price.txt"
    listing.write_text("".join(f"{one.hash}\n" for one in racing.releases))
    begun = time.perf_counter()
    project.asv("run", f"HASHFILE:{listing.name}", "--interleave-rounds", "--bench", pattern)
    took = time.perf_counter() - begun
    found: dict[str, dict[str, results.Row]] = {}
    for row in results.read(project.folder):
        if row.measured:
            name = f"{row.benchmark}({', '.join(value for _, value in row.cell)})"
            found.setdefault(name, {})[row.release] = row
    rows = []
    for name, both in found.items():
        one, other = (both[release.hash] for release in racing.releases)
        timed = sum(_timed(row) for row in (one, other))
        rows.append(_row(name, _value(other) / _value(one), timed, took, len(found)))
    return rows


def _pytest(
    project: Stage, racing: field.Field, number: int, pattern: str, package: Path
) -> list[dict]:
    """A process of pytest for each release, one after the other."""
    names = {cell.id: name for name, cell in racing.cells.items()}
    begun, found = time.perf_counter(), []
    for entry in racing.entries:
        found.append(_one_pytest(project, racing.volume, entry, list(names), package))
    took = time.perf_counter() - begun
    rows = []
    both = found[0].keys() & found[1].keys()
    for cell in sorted(both):
        one, other = (several[cell] for several in found)
        timed = one["total"] + other["total"]
        rows.append(_row(names[cell], other["median"] / one["median"], timed, took, len(both)))
    return rows


def _one_pytest(
    project: Stage, volume: str, entry, ids: Sequence[str], package: Path
) -> dict[str, dict]:
    """pytest-benchmark's statistics, by cell. Raises UserError when it fails."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        done = subprocess.run(
            [
                entry.python,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                SCRIPT,
                "--benchmark-json",
                report,
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=scratch,
            env={
                **entry.environment,
                "volume": volume,
                "PYTHONPATH": os.pathsep.join([str(package), str(project.root / "src")]),
                "TOMOBENCH_SUITES": str(project.root / "benchmarks"),
                "TOMOBENCH_CELLS": json.dumps(ids),
            },
        )
        if done.returncode:
            reason = (done.stdout.strip() or done.stderr.strip() or "no reason given").splitlines()[
                -1
            ]
            raise UserError(f"pytest-benchmark could not time the reads: {reason}")
        benchmarks = json.loads(report.read_text())["benchmarks"]
    return {
        one["params"]["cell"]: {**one["stats"], "total": _total(one["stats"])} for one in benchmarks
    }


def _total(found: dict) -> float:
    """Seconds within timed calls: a round's time is that of one of its iterations."""
    return found["total"] * found["iterations"]


def _row(name: str, ratio: float, timed: float, took: float, count: int) -> dict:
    """``seconds``: the cell's share of what the round took in this way, both releases."""
    numbers = {"ratio": ratio, "timed": timed, "seconds": took / count}
    return {"benchmark": name, **{key: f"{value:.6g}" for key, value in numbers.items()}}


METHODS = {RACE: _race, PLAIN: _plain, PYTEST: _pytest}


def summary(kept: Sequence[dict]) -> list[dict]:
    """A row a way of measuring: its scatter, the rounds it needs, and what they cost."""
    found = []
    for method in METHODS:
        own = [row for row in kept if row["method"] == method]
        if not own:
            continue
        logs: dict[str, list[float]] = {}
        for row in own:
            logs.setdefault(row["benchmark"], []).append(np.log(float(row["ratio"])))
        scatter = float(np.median([np.std(one, ddof=1) for one in logs.values()]))
        seconds = float(np.mean([float(row["seconds"]) for row in own]))
        timed = sum(float(row["timed"]) for row in own) / sum(float(row["seconds"]) for row in own)
        needed = rounds_needed(scatter)
        found.append(
            {
                "method": method,
                "cells": len(logs),
                "rounds": len({row["round"] for row in own}),
                "seconds a benchmark and round": f"{seconds:.2f}",
                "of it in timed calls": f"{timed:.0%}",
                "scatter of a round": f"{scatter:.1%}",
                "rounds needed": needed,
                "seconds a benchmark": f"{needed * seconds:.1f}",
            }
        )
    return found


def rounds_needed(scatter: float) -> int:
    """How many rounds tell CHANGE from none, with FALSE and POWER; ``scatter``: standard deviation of a round's ln(ratio).

    The power of Student's two-sided t-test, from the noncentral t distribution.
    """
    shift = np.log1p(CHANGE)
    for rounds in range(2, 10_000):
        critical = stats.t.ppf(1 - FALSE / 2, rounds - 1)
        away = shift * np.sqrt(rounds) / max(scatter, 1e-9)
        if stats.nct.sf(critical, rounds - 1, away) >= POWER:
            return rounds
    return 10_000
