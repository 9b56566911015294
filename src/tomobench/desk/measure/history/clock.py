"""How long what is left will take, from what was kept took."""

import itertools
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from statistics import median

from tomobench.desk.measure.history.steps import AT_ONCE, EXACT, Step

Kind = tuple[str, str, str]
"""A line, a volume and a benchmark."""


class Clock:
    """How long benchmarks take: as they did in releases of the line on that volume, else in those of the other line.

    What ``machine``, a folder of results, says nothing of is told from ``others``: the folders of other machines.
    The median counts: releases were measured on a machine that was more or less busy.
    """

    def __init__(self, steps: Iterable[Step], machine: Path, others: Iterable[Path] = ()):
        self._steps, self._machines = list(steps), list(others)
        self._own = _Durations(self._steps, [machine])
        self._besides: list[float] = []

    def note(self, step: Step, machine: Path, seconds: float) -> None:
        """A step took so long; its results are kept in a machine's folder."""
        self._own.add(step, machine)
        self._besides.append(max(0.0, seconds - sum(step.seconds(machine).values())))

    def expected(self, steps: Iterable[Step]) -> float | None:
        """Seconds that steps will take; None while there is nothing to tell from. What has never been measured is left out."""
        steps = list(steps)
        known = [self.seconds(step) for step in steps]
        if steps and not any(known):
            return None
        besides = median(self._besides) if self._besides else 0.0
        return sum((one + besides) / at_once(step) for one, step in zip(known, steps))

    def unknown(self, steps: Iterable[Step]) -> int:
        """How many benchmarks of steps were never measured, so that nothing tells how long they take."""
        return sum(self._one(kind) is None for step in steps for kind in _kinds(step))

    def seconds(self, step: Step) -> float:
        """What the benchmarks of a step take, one after the other, as far as that is known."""
        return sum(self._one(kind) or 0.0 for kind in _kinds(step))

    def _one(self, kind: Kind) -> float | None:
        own = self._own.usual(kind)
        return self._others.usual(kind) if own is None else own

    @cached_property
    def _others(self) -> "_Durations":
        """Read where it is asked for: this machine's own results mostly tell."""
        return _Durations(self._steps, self._machines)


class _Durations:
    """What benchmarks took, in seconds."""

    def __init__(self, steps: Iterable[Step], machines: Iterable[Path]):
        self._took: dict[Kind, list[float]] = {}
        for step, machine in itertools.product(steps, machines):
            self.add(step, machine)

    def add(self, step: Step, machine: Path) -> None:
        for name, seconds in step.seconds(machine).items():
            self._took.setdefault((step.release.line, step.volume, name), []).append(seconds)

    def usual(self, kind: Kind) -> float | None:
        several = self._took.get(kind) or [
            seconds
            for other, took in self._took.items()
            if other[1:] == kind[1:]
            for seconds in took
        ]
        return median(several) if several else None


def at_once(step: Step) -> int:
    """How many steps of its suite are measured side by side."""
    return AT_ONCE if step.suite == EXACT else 1


def _kinds(step: Step) -> Iterator[Kind]:
    for name in step.names:
        yield step.release.line, step.volume, name
