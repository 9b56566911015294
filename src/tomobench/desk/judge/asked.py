"""What ``tomobench regressions`` says, and why it fails: worked out from a repository's results."""

from pathlib import Path
from typing import NamedTuple

from asv.util import UserError as AsvUserError

from tomobench.desk import digits
from tomobench.desk.asv.repository import ReleaseRepo
from tomobench.desk.errors import UserError
from tomobench.desk.judge import acknowledged, examination, formats, project
from tomobench.desk.judge import verdict as gate
from tomobench.desk.judge.tier import GATES
from tomobench.desk.releases import lock
from tomobench.desk.releases.history import ALL, GROUPS, History
from tomobench.desk.results import choosing


class RegressionsAsked(NamedTuple):
    """The words of the command; ``rows``: how many rows of cells to print, None for facts."""

    range_: str | None
    against: str | None
    benchmark: str | None
    machine: str | None
    volume: str | None
    format_: str
    rows: int | None
    fail_on: str | None


Said = tuple[str, list[str], str | None]
"""What is printed, the lines beside it, and why the command fails (None: it does not). Plain data: it is kept."""


def answer(root: Path, asked: RegressionsAsked) -> Said:
    """The answer to a question. Raises UserError where there is none."""
    found = project.load(root)
    releases = named_releases(root, found.history, asked.range_)
    other = found.history.find(asked.against).hash if asked.against else None
    has = found.held({*releases, other}, asked.volume) or {name: set() for name in found.machines}
    beside: list[str] = []
    machine = choosing.machine(has, asked.machine, beside.append)
    question = examination.Query(machine, releases, other, asked.volume, asked.benchmark)
    accepted = acknowledged.load(root, found.history)
    made = examination.examine(found, question, accepted)
    verdict = gate.of(made, found.history)
    if asked.format_ == "csv":
        beside += [*made.gaps, *made.notes]
    reason = _failing(verdict, made, asked.fail_on) or _damaged(found)
    return _printed(verdict, made, found.history, asked), beside, reason


def named_releases(root: Path, history: History, range_: str | None) -> list[str]:
    """The hashes that a range names, as asv run takes it; of all releases on main without one, or for ALL.

    Raises UserError.
    """
    if range_ in (None, *GROUPS):  # which asv does not know
        return [release.hash for release in history.choose([range_ or ALL])]
    try:
        return ReleaseRepo(str(root / lock.LOCK), None).get_hashes_from_range(range_)
    except AsvUserError as error:
        raise UserError(str(error)) from None


def _failing(verdict: gate.Verdict, made: examination.Answer, fail_on: str | None) -> str | None:
    """Why the gate ``fail_on`` fails; None if it does not, or there is none."""
    if fail_on is None:
        return None
    if bad := verdict.failing(GATES[fail_on]):
        return f"{digits.several(len(bad), 'regression')} not acknowledged (--fail-on {fail_on})"
    if made.gaps:
        return f"{digits.several(len(made.gaps), 'gap')}: what was not compared can't be called unchanged"
    return None


def _damaged(found: project.Project) -> str | None:
    damaged = found.reading.damaged
    return f"{len(damaged)} damaged: {'; '.join(damaged)}" if damaged else None


def _printed(
    verdict: gate.Verdict, made: examination.Answer, history: History, asked: RegressionsAsked
) -> str:
    if asked.format_ in ("json", "csv"):
        render = formats.as_json if asked.format_ == "json" else formats.as_csv
        return render(verdict, made, history)
    if asked.rows is not None:
        table = formats.as_cells_markdown if asked.format_ == "markdown" else formats.as_cells
        return table(made, history, asked.rows)
    text = formats.as_markdown if asked.format_ == "markdown" else formats.as_text
    return text(verdict, made, history)
