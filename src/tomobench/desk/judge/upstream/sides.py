"""Which line of commits a change lies on: releases are not one line, so the place where two part is looked at first."""

from collections.abc import Callable
from dataclasses import dataclass

from tomobench.desk.errors import UserError
from tomobench.desk.judge.upstream import bisection
from tomobench.desk.judge.upstream.bisection import Bisected, Differing
from tomobench.desk.measure.cells import COUNTED, NA, CellValue
from tomobench.desk.releases.clone import Clone, Commit
from tomobench.desk.releases.commits import Unbuildable

Measure = Callable[[str], CellValue]
"""The value of a commit, by its sha. Raises Unbuildable."""


@dataclass(frozen=True)
class Ends:
    """The two commits asked about, by the names they were given, and ``fork``: the last that both come after."""

    names: tuple[str, str]
    first: Commit
    last: Commit
    fork: Commit

    @property
    def straight(self) -> bool:
        """Whether the second follows the first."""
        return self.fork.sha == self.first.sha

    @property
    def lines(self) -> int:
        """On how many lines a change can lie."""
        return 1 if self.straight else 2


@dataclass(frozen=True)
class ChangedSide:
    """A line of commits whose ends differ, from the fork on, and what changed on it.

    ``of_first``: the line leads to the first of the two: what changed on it was only on that branch.
    """

    commits: list[Commit]
    of_first: bool
    found: Bisected


def ends(clone: Clone, first: str, last: str) -> Ends:
    """The two commits. Raises UserError where they are one, or the second comes before the first."""
    one, other = clone.commit(first), clone.commit(last)
    if one.sha == other.sha:
        raise UserError(
            f"{first} and {last} are one commit ({one.short}): there is nothing between"
        )
    if clone.is_ancestor(other.sha, one.sha):
        raise UserError(f"{last} comes before {first}: say {last}..{first}")
    return Ends((first, last), one, other, clone.fork(one.sha, other.sha))


def line(clone: Clone, between: Ends, of_first: bool = False) -> list[Commit]:
    """The commits from the fork to the second end, or to the first."""
    if of_first:
        return [between.fork, *clone.since(between.fork.sha, between.first.sha)]
    return [between.fork, *clone.between(between.first.sha, between.last.sha)]


class NothingToFind(UserError):
    """A cell that no commit changed: why, in one line."""


def require_change(
    between: Ends, measure: Measure, differing: Differing, said: Callable[[CellValue], str]
) -> None:
    """Raise NothingToFind where a cell has no value at one of the ends, or the same at both."""
    values = [measure(one.sha) for one in (between.first, between.last)]
    for name, value in zip(between.names, values):
        if value.state == NA:
            why = f" ({value.reason})" if value.reason else ""
            raise NothingToFind(f"{name} has no such cell{why}: there is nothing to compare")
    if not differing(*values):
        raise NothingToFind(
            f"{between.names[0]} and {between.names[1]} do not differ: {said(values[0])} in both"
        )


def changed(
    clone: Clone, between: Ends, measure: Measure, differing: Differing
) -> list[ChangedSide]:
    """The sides on which the value changed, each searched. The fork is measured first where the two part.

    A commit that has no such cell is passed over as one that can't be built; between two numbers one that fails is, too.
    Raises NothingToFind where the fork is one.
    """
    ends = [measure(one.sha) for one in (between.first, between.last)]
    measure = _with_a_value(measure, all(one.state == COUNTED for one in ends))
    if not between.straight:
        _require_fork(between, measure)
    found = []
    for of_first in (False, True)[: between.lines]:
        commits = line(clone, between, of_first)
        if len(commits) > 1 and differing(measure(commits[0].sha), measure(commits[-1].sha)):
            found.append(ChangedSide(commits, of_first, _searched(commits, measure, differing)))
    return found


def _with_a_value(measure: Measure, numbers: bool) -> Measure:
    """``numbers``: whether a change from one number to another is looked for, of which what fails says nothing."""

    def measured(sha: str) -> CellValue:
        value = measure(sha)
        if value.state == NA or (numbers and value.state != COUNTED):
            said = "it has no such cell" if value.state == NA else "it fails"
            why = f" ({value.reason})" if value.reason else ""
            raise Unbuildable(f"{sha[:9]}: {said}{why}")
        return value

    return measured


def _require_fork(between: Ends, measure: Measure) -> None:
    try:
        measure(between.fork.sha)
    except Unbuildable as error:
        raise NothingToFind(
            f"{between.names[0]} and {between.names[1]} part at a commit without a value, so no side of it "
            f"can be told ({error}): bisect from a commit before it"
        ) from None


def _searched(commits: list[Commit], measure: Measure, differing: Differing) -> Bisected:
    return bisection.search(len(commits) - 1, lambda n: measure(commits[n].sha), differing)
