"""What tomobench says of plain runs, one a release, of the same samples (of the race: samples.py)."""

from collections.abc import Iterable, Sequence

import numpy as np

from studies.proof.samples import Pair
from tomobench.desk.judge import compare, noise
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.series import MEASURED, Line, Series


def families(pairs: Sequence[Pair]) -> Iterable[list[int]]:
    """Places of the pairs that are one question: a race's cells of one wheel."""
    found: dict[tuple, list[int]] = {}
    for place, pair in enumerate(pairs):
        found.setdefault((pair.race, pair.variant.label), []).append(place)
    return found.values()


def plain_runs(pairs: Sequence[Pair]) -> np.ndarray:
    """Which pairs it finds when each wheel ran once: the first renewal, and for the calibration the
    release itself in all the others. Booleans, (pairs,)."""
    found = np.zeros(len(pairs), dtype=bool)
    for family in families(pairs):
        found[family] = _one_run_each([pairs[place] for place in family])
    return found


def _one_run_each(pairs: list[Pair]) -> np.ndarray:
    lines = [Line(one.benchmark, "1", (), "seconds", Kind.TIMED) for one in pairs]
    values = np.array([[one.medians[0][0], one.medians[1][0]] for one in pairs])
    series = Series(
        "",
        "",
        "",
        ["before", "after"],
        lines,
        values,
        np.full(values.shape, MEASURED, dtype="<U12"),
        np.full(values.shape, np.nan),
        [None, None],
    )
    records = [
        noise.spreads(line, "", "before", one.medians[0][1:]) for line, one in zip(lines, pairs)
    ]
    compared = compare.with_one(series, noise.of(series, [one for one in records if one]), 0)
    return np.isin(compared.verdict[:, 1], (compare.WORSE, compare.BETTER))
