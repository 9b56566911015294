"""Pairs of a plain series that a race compares: the page shows the race's figure of them.

Their values stay those of the runs; ratio, interval and verdict are the race's.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tomobench.desk.judge import compare, noise, raced
from tomobench.desk.judge.series import Series
from tomobench.desk.publish.site import data


@dataclass
class RacedSeries:
    """The races of a machine, the newest first, each compared with each of its releases once."""

    several: list[Series]
    _made: dict[tuple[int, int], compare.Compared] = field(default_factory=dict)

    @cached_property
    def _rows(self) -> list[dict[str, int]]:
        """Of each race, the row of each line, by its name."""
        return [{line.name: n for n, line in enumerate(one.lines)} for one in self.several]

    def against(self, number: int, column: int) -> compare.Compared:
        """The race of this number (its place in ``several``) against one of its columns."""
        if (number, column) not in self._made:
            one = self.several[number]
            self._made[number, column] = compare.with_one(one, noise.of(one, []), column)
        return self._made[number, column]

    def tell(self, series: Series, compared: compare.Compared) -> dict[str, list]:
        """Set the verdicts of the pairs that a race compares; return {"row,column": [ratio, low,
        high]} of them."""
        rows, columns = np.indices(compared.before.shape)
        covered = raced.compared_elsewhere(series, rows, compared.before, columns)
        found = {}
        for row, column in np.argwhere(covered):
            ends = series.releases[compared.before[row, column]], series.releases[column]
            if (told := self._pair(series, series.lines[row].name, *ends)) is not None:
                compared.verdict[row, column], *figures = told
                found[f"{row},{column}"] = [data.number(one) for one in figures]
        return found

    def _pair(self, series: Series, name: str, before: str, after: str) -> tuple | None:
        for number, (one, rows) in enumerate(zip(self.several, self._rows)):
            if one.volume != series.volume or name not in rows:
                continue
            if one.race and one.race.about.environment != series.environment:
                continue
            if before not in one.releases or after not in one.releases:
                continue
            made = self.against(number, one.releases.index(before))
            place = rows[name], one.releases.index(after)
            if made.verdict[place] != compare.NONE:
                return tuple(
                    getattr(made, key)[place] for key in ("verdict", "ratio", "low", "high")
                )
        return None
