"""What a race of equal releases says of the race: python -m studies.machine.race_bias results/<machine>/races/<race>

Install one wheel under two names (tomobench releases add), race them, and give this the race's folder.
Ratios are of the second release over the first; all but the p values should be 0 within their error.
"""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import stats

from tomobench.desk.measure.race import turns
from tomobench.desk.measure.race.estimate import estimate, log_ratios


def said(name: str, values) -> str:
    values = np.asarray(values)
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return f"{name:58} {values.mean():+.4f} ± {error:.4f}  (n {len(values)})"


def second_over_first(cell, first: int, second: int):
    """Of each renewal: half of what it costs to come second, as ln(ratio)."""
    logs = np.log(cell.seconds[:, :, second] / cell.seconds[:, :, first])
    ahead = cell.order[:, :, first] < cell.order[:, :, second]
    for ratios, one_ahead in zip(logs, ahead):
        there = np.isfinite(ratios)
        one, other = ratios[there & one_ahead], ratios[there & ~one_ahead]
        if len(one) and len(other):
            yield float(np.median(one) - np.median(other)) / 2


def main(folder: str) -> None:
    race = turns.open_race(Path(folder))
    for a, b in pairwise(race.about.releases):
        cells = [cell for cell in race.cells.values() if len(log_ratios(cell, a, b)) > 1]
        started = {one.number: one.started.index(a) < one.started.index(b) for one in race.renewals}
        found = [
            (started[number], number, log)
            for cell in cells
            for number, log in zip(cell.renewals, log_ratios(cell, a, b), strict=True)
        ]
        by_renewal = [
            np.mean([log for _, number, log in found if number == one]) for one in started
        ]
        print(f"{b} over {a}: {len(cells)} cells, {len(race.renewals)} renewals")
        print(said("ln ratio, mean of each renewal's cells", by_renewal))
        print(
            said(
                "ln ratio, mean of each cell's renewals",
                [log_ratios(c, a, b).mean() for c in cells],
            )
        )
        for first in (True, False):
            name = f"ln ratio, renewals in which {a if first else b} was started first"
            if logs := [log for ahead, _, log in found if ahead == first]:
                print(said(name, logs))
        places = [cells[0].releases.index(one) for one in (a, b)]
        print(
            said(
                "cost of coming second in a turn",
                [x for c in cells for x in second_over_first(c, *places)],
            )
        )
        spread = [log_ratios(cell, a, b).std(ddof=1) for cell in cells]
        print(f"{'standard deviation of a renewal, median cell':58} {np.median(spread):.4f}")
        p = [estimate(cell, a, b).p for cell in cells]
        shares = ", ".join(
            f"p < {level}: {np.mean(np.less(p, level)):.3f}" for level in (0.1, 0.05, 0.01)
        )
        print(
            f"{shares}; even spread of p: Kolmogorov's p {stats.kstest(p, 'uniform').pvalue:.2f}\n"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
