"""What is left to measure: a release on a volume, a suite at a time."""

import os
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from asv.benchmarks import Benchmarks
from asv.environment import Environment
from asv.results import Results, get_filename

from tomobench.desk.releases.release import Release
from tomobench.desk.results import choosing

EXACT, TIMES = "exact", "times"
AT_ONCE = os.cpu_count() or 1
"""Steps of the exact suite that run side by side: they need no quiet."""

TIMES_OF = {
    **dict.fromkeys(("read", "write", "selections", "ways", "opening"), r".*\.time(raw)?_"),
    "floor": "",
    **dict.fromkeys(("pipelines", "stores"), r".*\.time_"),
    **dict.fromkeys(("workers", "blocks"), r"Times\."),
}
"""The files of suites that have times, each with what finds these by the rest of a benchmark's name."""

SUITES = {
    EXACT: r"^(footprint|counts|correctness|writers|calls|system|olddata)\.|^(read|write|ways|opening)\..*\.(track|peakmem)_"
    r"|^(pipelines|stores)\..*\.track_|^(workers|blocks)\.(Checked|Own|Counts)\.",
    TIMES: "|".join(rf"^{file}\.{times}" for file, times in TIMES_OF.items()),
}
"""What is measured in one go, by the names of benchmarks. A process's memory is not exact, but needs no quiet either.
What the ways of writing are checked for is found with the files that they write, and then kept: times need not wait for it.
The suites over S3 are make bench-s3's."""

SIDES = {
    "phantom-192x320x320": (
        ("3.1.3", "3.1.4", "3.1.5"),
        r"^(counts|correctness|footprint|read|write)\.(Overwrite)?Shards\.",
    )
}
"""Releases that are no tips, and of which some suites are measured on a larger volume too: it shows what changed beside
them, where the first volume does not. Shards of many chunks: 3.1.4 fixed one thing, 3.1.6 (a tip) another."""


@dataclass(frozen=True)
class Step:
    """One run of asv: these benchmarks of a suite, of a release, in the environment of a volume."""

    release: Release
    environment: Environment
    suite: str
    names: tuple[str, ...]

    @property
    def volume(self) -> str:
        answer: str = self.environment.env_vars["volume"]
        return answer

    @property
    def expression(self) -> str:
        """What asv's --bench takes for these benchmarks, all their cells."""
        return rf"^(?:{'|'.join(map(re.escape, self.names))})(?:\(|$)"

    def __str__(self) -> str:
        return f"{self.release.version}, {self.volume}, {self.suite}"

    def file(self, machine: Path) -> Path:
        """The result file, in a machine's folder."""
        name = get_filename(machine.name, self.release.hash, self.environment.name)
        answer: Path = machine.parent / name
        return answer

    def kept(self, machine: Path) -> Results | None:
        """What is kept of this release on this volume in a machine's folder, whatever the suite; None if nothing is."""
        path = self.file(machine)
        return Results.load(str(path)) if path.exists() else None

    def measured(self, machine: Path, benchmarks: Benchmarks) -> set[str]:
        """The benchmarks that have a result of today's version in a machine's folder."""
        found = self.kept(machine)
        return found.get_result_keys(benchmarks) if found else set()

    def seconds(self, machine: Path) -> dict[str, float]:
        """What asv says that each kept benchmark of the suite took."""
        found = self.kept(machine)
        took = found.duration if found else {}
        return {name: took[name] for name in self.names if took.get(name)}


def every(
    releases: Iterable[Release],
    tips: Container[Release],
    environments: Sequence[Environment],
    benchmarks: Benchmarks,
    expression: str | None,
    without: Mapping[str, Container[str]] = MappingProxyType({}),
) -> Iterator[Step]:
    """All steps, release by release; ``expression`` chooses benchmarks by name.

    The first volume is measured on every release, the others, which take longer, on ``tips`` alone, and on both sides of
    an event that they show (SIDES). A yanked release has the exact suites only: nobody is to choose by its times.
    ``without``: the suites that have no part on a volume.
    """
    asked = [name for name in sorted(benchmarks) if re.search(expression or "", name)]
    for release in releases:
        for place, environment in enumerate(environments):
            volume = environment.env_vars["volume"]
            here = [name for name in asked if suite_of(name) not in without.get(volume, ())]
            if release not in tips:
                shown = _beside(release, volume) if place else ""
                here = [
                    name
                    for name in here
                    if re.search(shown, name) and not choosing.on_tips_alone(name)
                ]
            for suite, pattern in SUITES.items():
                if suite != EXACT and release.yanked is not None:
                    continue
                if names := tuple(name for name in here if re.search(pattern, name)):
                    yield Step(release, environment, suite, names)


NOTHING = r"(?!)"
"""An expression that finds nothing."""


def _beside(release: Release, volume: str) -> str:
    """What finds the benchmarks by which a larger volume shows an event beside a release that is no tip."""
    versions, expression = SIDES.get(volume, ((), NOTHING))
    return expression if release.version in versions else NOTHING


def suite_of(benchmark: str) -> str:
    """The suite of a benchmark: ``counts.Shards``."""
    return benchmark.rpartition(".")[0]


def left(
    steps: Iterable[Step],
    machine: Path,
    benchmarks: Benchmarks,
    again: Mapping[Step, AbstractSet[str]] = MappingProxyType({}),
) -> list[Step]:
    """The steps of which something is not measured yet, or is to be measured ``again``, cut down to that."""
    found = []
    for step in steps:
        have = step.measured(machine, benchmarks) - again.get(step, set())
        if missing := tuple(name for name in step.names if name not in have):
            found.append(Step(step.release, step.environment, step.suite, missing))
    return found


def spread(
    steps: Sequence[Step], at_once: int, seconds: Callable[[Step], float] = lambda step: 0.0
) -> list[Step]:
    """Steps that can run side by side, cut into parts where there are fewer of them than may run ``at_once``.

    A suite stays in one part: its benchmarks share stores. ``seconds``: how long a step takes. The longest suite is
    dealt out first, each to the part that takes least so far.
    """
    parts = max(1, at_once // max(1, len(steps)))
    found: list[Step] = []
    for step in steps:
        heaps: list[list[Step]] = [[] for _ in range(parts)]
        took = {one: seconds(one) for one in _by_file(step)}
        for one in sorted(took, key=took.__getitem__, reverse=True):
            min(heaps, key=lambda heap: (sum(map(took.__getitem__, heap)), len(heap))).append(one)
        found += [_joined(heap) for heap in heaps if heap]
    return found


def _by_file(step: Step) -> list[Step]:
    """A step cut up, a file of suites each."""
    files: dict[str, list[str]] = {}
    for name in step.names:
        files.setdefault(name.partition(".")[0], []).append(name)
    return [replace(step, names=tuple(names)) for names in files.values()]


def _joined(parts: list[Step]) -> Step:
    return replace(parts[0], names=tuple(sorted(name for one in parts for name in one.names)))
