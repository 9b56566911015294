"""From comparisons and findings to facts: what was compared is counted, what moved is folded."""

from collections.abc import Iterable, Set
from dataclasses import dataclass

from tomobench.desk.arrays import Array
from tomobench.desk.judge import compare, facts, wrong
from tomobench.desk.judge.acknowledged import Acknowledgement
from tomobench.desk.judge.facts import Fact, SmallWork, Tally, WrongFact
from tomobench.desk.judge.findings import Finding
from tomobench.desk.judge.series import Series
from tomobench.desk.releases.history import History


@dataclass(frozen=True)
class Examined:
    """A series, its comparisons, and which lines were asked about (indices).

    ``neighbours``: of each release the column whose changes it is to blame for, -1 for none.
    """

    series: Series
    compared: compare.Compared
    lines: Array
    neighbours: Array

    @property
    def newly_raised(self) -> Array:
        """Of the lines asked about: see wrong.newly_raised."""
        found: Array = wrong.newly_raised(self.series, self.compared, self.neighbours)[self.lines]
        return found


@dataclass(frozen=True)
class Formed:
    """``wrong``: by release (hash). ``facts`` and ``work``: of neighbours, or against the release that
    was chosen; ``apart``: facts that are attributable to no one release."""

    wrong: dict[str, list[WrongFact]]
    facts: list[Fact]
    work: list[SmallWork]
    apart: list[Fact]


def form(
    examined: list[Examined],
    findings: Iterable[Finding],
    history: History,
    accepted: list[Acknowledgement],
    beside: Set[str] = frozenset(),
) -> Formed:
    """All facts, in the order of the history; ``beside``: the releases that others are told nothing of. Pure."""
    pairs: dict[tuple[str, str, bool], list[Finding]] = {}
    for one in findings:
        key = one.release, one.compared_with, one.attributable
        pairs.setdefault(key, []).append(one)
    main = [release.hash for release in history.branch("main")]
    asked = [one.series.select(one.lines) for one in examined]
    anew = [one.newly_raised for one in examined]
    found = Formed(wrong.of(asked, main, accepted, anew=anew, beside=beside), [], [], [])
    made = _compared(examined, {(release, before) for release, before, _ in pairs})
    # Whether voxels are right is known from all lines, also where few were asked about.
    whole = [one.series for one in examined]
    right = wrong.voxels_right(whole)
    order = {release.hash: n for n, release in enumerate(history.releases)}
    for key in sorted(pairs, key=lambda key: (order[key[0]], order[key[1]], key[2])):
        release, before, attributable = key
        told, work = facts.fold(
            release, before, pairs[key], made[release, before], right.get(release, False)
        )
        (found.facts if attributable else found.apart).extend(told)
        if work and attributable:
            found.work.append(work)
    return found


def _compared(
    examined: list[Examined], pairs: set[tuple[str, str]]
) -> dict[tuple[str, str], Tally]:
    """What was compared of each pair (release, compared with)."""
    found = {pair: Tally() for pair in pairs}
    wanted = {release for release, _ in pairs}
    for one in examined:
        names = one.series.releases
        columns = [n for n, name in enumerate(names) if name in wanted]
        cells = facts.compared_cells(one.series, one.compared, one.lines, columns)
        for column, before, metric, key, changed in cells:
            if tally := found.get((names[column], names[before])):
                tally.note(metric, key, changed)
    return found
