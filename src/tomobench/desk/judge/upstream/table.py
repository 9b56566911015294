"""Who did it: the table of facts and the commits that brought them, kept in ``results/upstream/``."""

import csv
import re
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from packaging.version import Version

from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.judge.facts import Fact, WrongFact
from tomobench.desk.judge.tier import Tier
from tomobench.desk.judge.tiers import HARMS
from tomobench.desk.releases.clone import address
from tomobench.desk.releases.history import History
from tomobench.desk.results.table import Table

PLACE = Path("upstream", "commits.csv")
"""Below the folder of results."""

BROUGHT, REPAIRED = "brought", "repaired"
MEASURED, NOT_IN_THE_CLONE = "measured", "not in the clone"

RIGHT = frozenset(
    word
    for harm in HARMS.values()
    for step, word in enumerate(harm.steps)
    if not harm.is_wrong(step) and (harm.may_raise or step != harm.raised)
)
"""The steps of the scales of correctness that are right, in the words of a row."""


@dataclass(frozen=True)
class FactCommit:
    """What a commit did to a fact: a row of the table; a fact that several commits brought has several.

    ``release`` and ``against`` are versions; ``did``: BROUGHT or REPAIRED; ``cell`` on ``volume`` stands for the
    fact. ``commit`` and ``pull`` are empty where ``state`` says why none is known. ``share``: of the whole change,
    as |ln ratio|; 1 where it is of no number. ``minutes``: what finding all of the fact's took.
    """

    release: str
    against: str
    tier: str
    did: str
    fact: str
    cell: str
    volume: str
    before: str
    after: str
    share: str
    commit: str
    day: str
    subject: str
    pull: str
    state: str
    minutes: str

    @property
    def key(self) -> tuple[str, ...]:
        """What names the fact."""
        return self.release, self.against, self.did, self.cell, self.volume

    @property
    def address(self) -> str:
        """Where it is read: the pull request, else the commit."""
        return address(self.commit, int(self.pull or 0))

    @property
    def doubt(self) -> str:
        """What is to be said of a commit that did not simply do it; empty where it did, or none is known."""
        said = [self.state] if self.known and self.state != MEASURED else []
        return "; ".join([*said, *filter(None, [self.otherwise])])

    @property
    def otherwise(self) -> str:
        """Of what is wrong, what a commit did that is a step to it, and not the fact itself; empty of the others."""
        if not self.known or self.tier != Tier.WRONG:
            return ""
        before, after = map(_is_right, (self.before, self.after))
        if self.did == BROUGHT and after and not before:
            return "after this one it was right"
        return "after this one it was still wrong" if self.did == REPAIRED and not after else ""

    @property
    def known(self) -> bool:
        """Whether a commit was found."""
        return bool(self.commit)


def _is_right(figure: str) -> bool:
    """Whether nothing is wrong by a figure, as a row has it."""
    number, _, unit = figure.partition(" ")
    return number == "0" if unit in HARMS else bool(re.match("[0-9]", figure)) or figure in RIGHT


def load(results_dir: Path) -> list[FactCommit]:
    """The table; empty if there is none. Raises UserError for a damaged one."""
    path = results_dir / PLACE
    if not files.there(path):
        return []
    names = [one.name for one in fields(FactCommit)]
    try:
        rows = list(csv.DictReader(files.text(path).splitlines(), strict=True))
        if rows and list(rows[0]) != names:
            raise ValueError("its first line is not that of the table")
        found = [FactCommit(**row) for row in rows]
        for one in found:
            float(one.share or 0)
        return found
    except (ValueError, TypeError, csv.Error) as error:
        raise UserError(
            f"{path} is damaged ({error}): restore it from git, or remove it: tomobench who makes it anew"
        ) from None


def save(results_dir: Path, rows: Iterable[FactCommit]) -> None:
    """Write the table, whole or not at all."""
    headings = tuple(one.name for one in fields(FactCommit))
    path = results_dir / PLACE
    path.parent.mkdir(parents=True, exist_ok=True)
    Table([asdict(one) for one in rows], headings=headings).save(path)


def of_fact(
    rows: Iterable[FactCommit], fact: Fact | WrongFact, history: History
) -> list[FactCommit]:
    """The commits that brought a fact, those with the largest share first, and those that repaired what is wrong.

    They were found on one of the fact's cells. What is wrong was brought by the first release in a row that has it.
    """
    if isinstance(fact, WrongFact):
        return of_cells(rows, fact.lines, history.name_of(fact.since))
    cells = {one.line.name for one in fact.cells}
    against = history.name_of(fact.compared_with)
    found = of_cells(rows, cells, history.name_of(fact.release))
    return [one for one in found if one.did == BROUGHT and one.against == against]


def of_cells(rows: Iterable[FactCommit], cells: Collection[str], release: str) -> list[FactCommit]:
    """The commits that brought the change of one of these cells in a release (a version), the largest first; then those
    that repaired them since."""
    able = [one for one in rows if one.known and one.cell in cells]
    here = [one for one in able if one.did == BROUGHT and one.release == release]
    brought = [one for one in here if not one.otherwise]
    repaired = [
        one for one in able if one.did == REPAIRED and Version(one.release) > Version(release)
    ]
    return [*sorted(brought, key=lambda one: -float(one.share)), *repaired]
