"""What a race finds, against what it costs: the same races, ended after fewer renewals."""

from collections.abc import Sequence
from pathlib import Path

from studies.proof import samples
from studies.proof.tables import CLASSES, NONE, class_of
from tomobench.desk.measure.race.turns import Race

RENEWALS = (3, 5, 10, 15, 20, 30, 40)
"""After how many renewals a race is looked at; and after all it has."""


def rows(folder: Path, races: Sequence[Race], truths: dict) -> list[dict]:
    """A row for each condition and number of renewals: findings among the pairs of each true size.

    Only races of changed wheels, those that began a condition: they have pairs of every size.
    """
    found = []
    for condition in samples.CONDITIONS:
        first = [race for race in races if race.id == f"{condition}-1"]
        most = max((len(race.renewals) for race in first), default=0)
        for renewals in sorted({*(one for one in RENEWALS if one < most), most} - {0}):
            shorter = [Race(one.folder, one.about, one.renewals[:renewals]) for one in first]
            seconds = sum(map(price, shorter)) / len(shorter)
            pairs = samples.pairs(folder, shorter, truths)
            found.append(
                {
                    "condition": condition,
                    "renewals": renewals,
                    "seconds a benchmark": f"{seconds:.1f}",
                    **_findings(pairs),
                }
            )
    return found


def price(race: Race) -> float:
    """Seconds that a race of two releases takes for a cell: their part of what this one took."""
    cells = {name for renewal in race.renewals for name in renewal.seconds}
    took = sum(sum(one.seconds.values()) + one.startup for one in race.renewals)
    return took * 2 / len(race.about.releases) / max(len(cells), 1)


def _findings(pairs: Sequence[samples.Pair]) -> dict[str, str]:
    shown = {}
    for size in (NONE, *CLASSES):
        found = [pair.found for pair in pairs if class_of(pair) == size]
        shown[size] = f"{sum(found)}/{len(found)}" if found else "-"
    return shown
