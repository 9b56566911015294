"""A count that moved in a few cells alone, counted once more.

Counts of memory and of the system are not the same in every run (kinds.REPEATABILITY). Once in ten thousand cells a thread
is so late that the peak of memory is several times as high, in an unchanged release too. A change of zarr's is there
again, and in more than a few cells.
"""

from collections.abc import Callable

from tomobench.desk import digits, options
from tomobench.desk.errors import UserError
from tomobench.desk.judge import examination, kinds, project
from tomobench.desk.judge import verdict as verdicts
from tomobench.desk.judge.examination import Query
from tomobench.desk.judge.facts import Fact
from tomobench.desk.judge.verdict import Verdict
from tomobench.desk.measure import aside
from tomobench.desk.measure.history import again
from tomobench.desk.releases.release import Release

FEW = 3
"""A metric that moved in more cells than these, of one kind of access, has moved."""


def confirm(
    beside: aside.Aside, subject: Release, question: Query, say: Callable[[str], None]
) -> None:
    """Count again what is doubtful in the counts that a project has of ``subject``; the new ones take their place."""
    found = project.load(beside.folder)
    try:
        answer = examination.examine(found, question, [])
    except UserError:
        return  # nothing was compared: whoever prints the verdict says so
    if cells := doubtful(verdicts.of(answer, found.history)):
        say(f"{digits.several(len(cells), 'count')} moved alone: counted once more")
        again.forget_figures(subject, beside.volume)
        beside.asv_on_stderr("run", subject.hash, "--bench", options.pattern(cells))


def doubtful(verdict: Verdict) -> list[str]:
    """The cells of what moved for the worse in at most FEW of them, and is not the same in every run."""
    moved = (one for fact in verdict.failing() if isinstance(fact, Fact) for one in fact.moved)
    cells = {
        cell.line.name
        for one in moved
        if one.bad and one.count <= FEW
        for cell in one.cells
        if not cell.raced and any(kinds.repeatability(cell.line.benchmark))
    }
    return sorted(cells)
