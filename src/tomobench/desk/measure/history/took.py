"""What the kept results took to measure, and how much of it was inside timed calls."""

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from asv.results import Results

from tomobench.desk.measure.history.steps import SUITES, TIMES, TIMES_OF, Step
from tomobench.desk.results.table import Table

DIGITS = {"releases": "d", "minutes": ".1f", "seconds a release": ".0f", "in timed calls": ".0%"}


def said(steps: Sequence[Step], machine: Path) -> str:
    """What a machine's results took, as text: the table, and how much was inside timed calls."""
    inside = share(steps, machine)
    return "\n".join([table(steps, machine).text(), *([inside] if inside else [])])


def table(steps: Iterable[Step], machine: Path) -> Table:
    """A row for each line, volume and group of benchmarks: minutes in all, and of a release in the middle.

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


def measured(steps: Iterable[Step], machine: Path) -> set[tuple[str, str, str]]:
    """What a machine has measured of the steps, as choosing.Held has it. Counts that were lent to it took it no time."""
    return {
        (step.release.hash, step.volume, name) for step in steps for name in step.seconds(machine)
    }


def seconds(found: Results, names: Iterable[str]) -> tuple[float, float]:
    """What benchmarks took in all, and inside timed calls: see :func:`table`."""
    names = list(names)
    took = sum(found.duration.get(name) or 0 for name in names)
    return took, sum(_timed(found, name) for name in names)


def share(steps: Iterable[Step], machine: Path) -> str | None:
    """How much of the time of timed suites was inside timed calls, in words; None where nothing was timed.

    A suite that times itself, in turns (``floor``, ``blocks``), is inside as a whole: asv is not told of its calls.
    """
    took = inside = 0.0
    for step in steps:
        if step.suite == TIMES and (found := step.kept(machine)):
            for name in step.names:
                all_of_it, timed = seconds(found, [name])
                took += all_of_it
                inside += timed if is_timed(name) else all_of_it
    if not took:
        return None
    return f"{inside / took:.0%} of the {took / 60:.0f} minutes of timed suites were inside timed calls"


def is_timed(name: str) -> bool:
    """Whether asv times a benchmark: the others time themselves, or count."""
    return bool(re.search(r"\.time(raw)?_", name))


def group(name: str) -> str:
    """What a benchmark is told of with: its file of suites, apart what is counted in a file that has times, and memory."""
    file = name.partition(".")[0]
    if ".peakmem_" in name:
        return "memory"
    counted = file in TIMES_OF and not re.search(SUITES[TIMES], name)
    return f"{file}, counts" if counted else file


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
