"""Which change a race would have found: from the scatter of its own renewals.

A cell's ratio is the mean of ln(ratio) over n renewals, with the standard error s = sd / √n. It is a finding where
|mean| / s > t(1 − α/2, n − 1), and its size is at least raced.LEAST. With a true change δ, mean / s follows the
noncentral t distribution with n − 1 degrees of freedom and the noncentrality δ / s. So the least change found with
95 % power is

    δ = s · max(ν, ln(1 + LEAST) / s + t(0.95, n − 1)),    ν: noncentral t with ν exceeds t(1 − α/2, n − 1) in 95 %

α is compare.FALSE_SHARE over the number of cells raced: what a single changed cell among them must reach (the first
step of Benjamini and Hochberg). Where several changed, less is enough.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import nctdtrinc, stdtrit

from tomobench.desk.arrays import Array
from tomobench.desk.judge import compare, raced, sentences
from tomobench.desk.judge.series import Series
from tomobench.desk.judge.subjects import place_of
from tomobench.desk.measure.race.estimate import log_ratios

POWER = 0.95


@dataclass(frozen=True)
class RacedFamily:
    """Cells of one access, in shards or not. ``least``: of each, the least change found with POWER, as a share."""

    name: str
    least: tuple[float, ...]
    renewals: int


def least_change(logs: Array, tests: int) -> float:
    """The least change that is found with POWER, as a share of the time; infinite with fewer than two renewals."""
    freedom = len(logs) - 1
    if freedom < 1:
        return float("inf")
    error = logs.std(ddof=1) / np.sqrt(len(logs))
    critical = stdtrit(freedom, 1 - compare.FALSE_SHARE / tests / 2)
    beyond = nctdtrinc(freedom, 1 - POWER, critical) * error
    large = np.log1p(raced.LEAST) + stdtrit(freedom, POWER) * error
    with np.errstate(over="ignore"):
        return float(np.expm1(max(beyond, large)))


def families(
    several: Iterable[Series], before: str, after: str, benchmark: str | None = None
) -> list[RacedFamily]:
    """Of the races that timed both releases (hashes), the cells that the regular expression ``benchmark`` finds, each of the
    newest race that has it. How many cells were tested is always told of the whole race."""
    found: dict[str, list[tuple[float, int]]] = {}
    for series in several:
        race = series.race
        if race is None or not {before, after} <= {*series.releases}:
            continue
        cells = {line.name: race.cells.get(line.name) for line in series.lines}
        timed = {
            name: log_ratios(cell, before, after)
            for name, cell in cells.items()
            if cell is not None and {before, after} <= {*cell.releases}
        }
        for line, asked in zip(series.lines, series.matching(benchmark)):
            newer = any({before, after} <= one for one in series.elsewhere.get(line.name, ()))
            if asked and not newer and line.name in timed and len(timed[line.name]):
                logs = timed[line.name]
                name = sentences.subject([place_of(line).subject])
                found.setdefault(name, []).append((least_change(logs, len(timed)), len(logs)))
    return [
        RacedFamily(name, tuple(sorted(one for one, _ in cells)), min(n for _, n in cells))
        for name, cells in found.items()
    ]
