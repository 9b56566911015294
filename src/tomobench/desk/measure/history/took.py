"""What the kept results took to measure, and how much of it was inside timed calls."""

import math
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from asv.results import Results

from tomobench.desk.measure.history.steps import Step
from tomobench.desk.results.table import Table

DIGITS = {"releases": "d", "minutes": ".1f", "seconds a release": ".0f", "in timed calls": ".0%"}


def table(steps: Iterable[Step], machine: Path) -> Table:
    """A row for each line, volume and file of suites: minutes in all, and of a release in the middle.

    Apart: the memory of processes, and the files that are written, with which ways of writing are checked.

    Seconds are asv's own ``duration`` of each benchmark, its processes and setups included. Timed calls: the samples
    of times; the others (counts, ratios that a benchmark times itself) have none.
    """
    groups: dict[tuple[Any, ...], list[tuple[float, float]]] = {}
    for step in steps:
        if found := step.kept(machine):
            for suite in dict.fromkeys(map(group, step.names)):
                took = seconds(found, [name for name in step.names if group(name) == suite])
                if took[0]:
                    groups.setdefault((step.release.line, step.volume, suite), []).append(took)
    return Table([_row(key, several) for key, several in sorted(groups.items())], DIGITS)


def seconds(found: Results, names: Iterable[str]) -> tuple[float, float]:
    """What benchmarks took in all, and inside timed calls: see :func:`table`."""
    names = list(names)
    took = sum(found.duration.get(name) or 0 for name in names)
    return took, sum(_timed(found, name) for name in names)


def group(name: str) -> str:
    """What a benchmark is told of with: its file of suites, memory, or what is found while files are written."""
    if ".peakmem_" in name:
        return "memory"
    return (
        "write, files"
        if name.startswith("write.") and ".track_" in name
        else name.partition(".")[0]
    )


def _row(key: tuple[Any, ...], several: list[tuple[float, float]]) -> dict[str, Any]:
    took, timed = map(sum, zip(*several))
    return {
        **dict(zip(("line", "volume", "suite"), key)),
        "releases": len(several),
        "minutes": took / 60,
        "seconds a release": median(one for one, _ in several),
        "in timed calls": timed / took if timed else None,
    }


def _timed(found: Results, name: str) -> float:
    """Seconds inside the timed calls of a benchmark, all its cells."""
    if name not in found.get_all_result_keys():
        return 0.0
    params = found.get_result_params(name)
    pairs = zip(found.get_result_value(name, params), found.get_result_stats(name, params))
    seconds: float = sum(
        value * kept["number"] * kept["repeat"]
        for value, kept in pairs
        if kept and kept.get("number") and isinstance(value, float) and math.isfinite(value)
    )
    return seconds
