"""What of the history is left to measure, suite by suite, and what each suite costs."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from asv.benchmarks import Benchmarks

from tomobench.desk.measure.history.clock import Clock
from tomobench.desk.measure.history.steps import Step
from tomobench.desk.measure.history.took import group
from tomobench.desk.results.table import Table

DIGITS = {
    **dict.fromkeys(("cells left", "of an older version", "releases"), "d"),
    **dict.fromkeys(("minutes", "minutes from nothing"), ".1f"),
}


@dataclass
class _Left:
    """What is left of a group of benchmarks (took.group)."""

    cells: int = 0
    outdated: int = 0
    releases: set[str] = field(default_factory=set)


def table(
    every: Iterable[Step],
    todo: Iterable[Step],
    machine: Path,
    benchmarks: Benchmarks,
    clock: Clock,
) -> Table:
    """A row for each group of benchmarks: its cells that are left in ``todo``, those among them of which a result of an older version
    is kept, in how many releases, and minutes: of what is left, and of ``every`` step, from nothing.

    A cell is a benchmark with its parameters, of a release on a volume; those that turn out to be n/a are cells, too.
    """
    left = _left(todo, machine, benchmarks)
    minutes, all_minutes = _minutes(todo, clock), _minutes(every, clock)
    return Table([_row(name, left, minutes, all_minutes) for name in sorted(all_minutes)], DIGITS)


def _left(todo: Iterable[Step], machine: Path, benchmarks: Benchmarks) -> dict[str, _Left]:
    found: dict[str, _Left] = {}
    for step in todo:
        kept = step.kept(machine)
        have = kept.get_all_result_keys() if kept else set()
        for name in step.names:
            one = found.setdefault(group(name), _Left())
            cells = math.prod(map(len, benchmarks[name]["params"]))
            one.cells += cells
            one.outdated += cells * (name in have)
            one.releases.add(step.release.version)
    return found


def _minutes(steps: Iterable[Step], clock: Clock) -> dict[str, float | None]:
    """Of each group of benchmarks; None where nothing tells."""
    groups: dict[str, list[Step]] = {}
    for step in steps:
        for name in step.names:
            groups.setdefault(group(name), []).append(replace(step, names=(name,)))
    found = {}
    for name, several in groups.items():
        seconds = clock.expected(several)
        found[name] = None if seconds is None else seconds / 60
    return found


def _row(
    name: str,
    left: Mapping[str, _Left],
    minutes: Mapping[str, float | None],
    all_minutes: Mapping[str, float | None],
) -> dict[str, str | int | float | None]:
    one = left.get(name, _Left())
    return {
        "suite": name,
        "cells left": one.cells,
        "of an older version": one.outdated,
        "releases": len(one.releases),
        "minutes": minutes.get(name, 0.0),
        "minutes from nothing": all_minutes[name],
    }
