"""``tomobench gate``: a checkout of zarr against its merge base, by counts alone."""

import contextlib
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import click

from tomobench.desk import digits, files, options
from tomobench.desk.errors import UserError
from tomobench.desk.judge import examination, formats, project, wrong
from tomobench.desk.judge import verdict as verdicts
from tomobench.desk.judge.examination import Answer
from tomobench.desk.judge.fresh import environment, measuring
from tomobench.desk.judge.fresh.subject import GivenWheel
from tomobench.desk.judge.kinds import Kind, kind_of
from tomobench.desk.judge.series import named
from tomobench.desk.judge.tier import Tier
from tomobench.desk.judge.verdict import Verdict
from tomobench.desk.releases import lock
from tomobench.desk.releases.clone import Clone, Commit, NoCommonHistory, UnknownCommit
from tomobench.desk.releases.commits import Commits
from tomobench.desk.results import choosing
from tomobench.desk.results import machine as machines

CELLS = "gate-cells.txt"
BASES = ("upstream/main", "origin/main", "origin/HEAD", "main")
"""What a pull request goes into, where nothing else is said: the first of these that there is. In a clone of a fork, origin
is the fork, whose main may be behind: what it lacks would be told as the pull request's."""

NO_COUNT = re.compile(r"[\w.]*\.(time|timeraw|peakmem|mem)_")
"""How a cell begins that is no count by its name. Of others, asv's description says whether they are."""

MARK = "<!-- tomobench gate -->"
"""Begins the text, so that a comment can be found again and replaced."""


@dataclass(frozen=True)
class GateSides:
    """The commit that is checked out, and the last that it shares with what it goes into, which is ``target``.

    ``number``: how many commits are judged.
    """

    head: Commit
    base: Commit
    target: str
    number: int


@click.command("gate")
@click.argument("checkout", type=click.Path(path_type=Path))
@click.option(
    "--base",
    metavar="COMMIT",
    help="What it is to go into; it is compared with the merge base.  [default: upstream/main, else origin/main, else main]",
)
@click.option(
    "--cells",
    "cells",
    type=click.Path(path_type=Path),
    callback=options.cells,
    help=f"The cells that are counted, one a line.  [default: {CELLS}]",
)
@click.option(
    "-o",
    "--output",
    "output",
    type=click.Path(path_type=Path),
    callback=options.output_file,
    help="Write the text into this file too: a comment for the pull request.",
)
def command(checkout: Path, base: str | None, cells: list[str], output: Path | None) -> None:
    """Say what a checkout of zarr changes against its merge base: counts alone, in minutes.

    \b
      tomobench gate path/to/zarr-python   what is checked out there

    CHECKOUT is a clone of zarr-python, whole and with its tags, at the commit to be judged. Both
    commits are built and counted in the cells of gate-cells.txt; markdown is printed.

    Exit code, as that of tomobench verdict: 0 nothing got worse, 3 something is wrong that was right,
    4 traffic grew, 5 memory did; 1 the command failed. More Python function starts alone are told.
    """
    begun = time.monotonic()
    root = lock.find_root()
    listed = cells or options.cells(None, None, root / CELLS)
    if timed := next(filter(NO_COUNT.match, listed), None):
        raise UserError(_no_count(timed))
    clone = _open(checkout)
    between = sides(clone, base)
    with measuring.alone(root):
        verdict, text = _judged(root, clone, between, listed)
    took = (time.monotonic() - begun) / 60
    text = f"{MARK}\n{text}\n\n<sub>tomobench gate, {took:.1f} min</sub>"
    click.echo(text)
    if output:
        with files.written(output, "w") as file:
            file.write(f"{text}\n")
    sys.exit(verdict.code)


def _open(checkout: Path) -> Clone:
    """The checkout. Raises UserError where it is none, or has changes: they would not be measured."""
    found = Clone.open(str(checkout), checkout)
    if changed := found.changed():
        raise UserError(
            f"{checkout} has {len(changed)} changed files that are not committed, and commits are what is "
            "judged: commit them, or git stash"
        )
    return found


def sides(clone: Clone, base: str | None) -> GateSides:
    """What is judged and what it is compared with. Raises UserError where they are one, or there is no base."""
    head = clone.commit("HEAD")
    target = base or _default(clone)
    try:
        found = clone.merge_base(clone.commit(target).sha, head.sha)
    except NoCommonHistory as error:
        raise UserError(
            f"{error}: {target} is no branch that it can go into; name one with --base"
        ) from None
    if found.sha == head.sha:
        raise UserError(
            f"{head.short} is part of {target} already: there is nothing to judge "
            "(--base names another commit)"
        )
    return GateSides(head, found, target, len(clone.between(found.sha, head.sha)))


def _default(clone: Clone) -> str:
    for name in BASES:
        with contextlib.suppress(UnknownCommit):
            clone.commit(name)
            return name
    raise UserError(f"the clone has none of {', '.join(BASES)}: say --base")


def _judged(root: Path, clone: Clone, between: GateSides, cells: list[str]) -> tuple[Verdict, str]:
    built, given = Commits(clone), []
    for commit in (between.head, between.base):
        release = built.release(commit.sha)
        given.append(GivenWheel(release, built.wheel_file(release)))
    if given[0].wheel.sha256 == given[1].wheel.sha256:
        raise UserError("both commits give the same wheel: there is nothing to compare")
    volume = measuring.volume_of(root)
    beside, head, base = measuring.prepare(root, given[0], given[1], volume)
    # Asked first: a side that can't be installed or imported is a line of its own.
    environment.ask(beside, [head, base])
    pattern = options.pattern(cells)
    for release in (base, head):
        choosing.on_stderr(f"counting {release.version}")
        beside.asv_on_stderr("run", release.hash, "--bench", pattern)
    question = examination.Query(machines.name(), [head.hash], base.hash, volume, pattern)
    found = project.load(beside.folder)
    require_cells(found.reading.benchmarks, cells)
    answer = examination.examine(found, question, [])
    answer = _new_alone(answer, _wrong_before(found, question))
    verdict = verdicts.of(answer, found.history)
    if answer.gaps and not verdict.code:
        raise UserError(
            f"what was not compared can't be called unchanged: {'; '.join(answer.gaps)}"
        )
    told = replace(
        verdict,
        sentence=_sentence(verdict, between),
        compared=f"{digits.several(between.number, 'commit')} that {between.target} has not; "
        f"{answer.compared[Kind.EXACT]:,} counts compared exactly, on {volume}; no times.",
    )
    return verdict, formats.as_markdown(told, answer, found.history)


def require_cells(benchmarks: Mapping[str, dict[str, Any]], cells: list[str]) -> None:
    """Raise UserError for a cell that none of asv's ``benchmarks`` has, or that is no count: nothing would be said of it."""
    known = {
        name: kind_of(one["type"], one["unit"])
        for benchmark, one in benchmarks.items()
        for name in (benchmark, *(named(benchmark, cell) for cell in product(*one["params"])))
    }
    for one in cells:
        if one not in known:
            raise UserError(
                f"there is no cell {one!r} to count: cells are spelt as asv's --bench finds them"
            )
        if known[one] is not Kind.EXACT:
            raise UserError(_no_count(one))


def _no_count(cell: str) -> str:
    return f"{cell} is a time or a process's memory, and a gate counts: leave it out"


def _wrong_before(found: project.Project, question: examination.Query) -> dict[str, set[str]]:
    """The cells that are wrong at the merge base, by what is wrong of them."""
    assert question.against is not None
    several = [one for one in found.all_series(question.machine) if one.volume == question.volume]
    facts = wrong.of(several, [question.against], []).get(question.against, [])
    cells: dict[str, set[str]] = {}
    for one in facts:
        cells.setdefault(one.metric.name, set()).update(one.lines)
    return cells


def _new_alone(answer: Answer, before: dict[str, set[str]]) -> Answer:
    """The answer, with what is wrong at the merge base too accepted: a pull request did not bring it.

    A fact with a cell more than before is new.
    """
    facts = [
        replace(one, acknowledged="so at the merge base too")
        if one.lines <= before.get(one.metric.name, set())
        else one
        for one in answer.wrong
    ]
    return replace(answer, wrong=facts)


def _sentence(verdict: Verdict, between: GateSides) -> str:
    """What came out, by tier, in a line."""
    words = {
        Tier.WRONG: "something is wrong that was right",
        Tier.TRAFFIC: "more traffic",
        Tier.TIME: "more memory",
        Tier.WORK: "more Python work",
    }
    told = "; ".join(said for tier, said in words.items() if verdict.failing([tier]))
    return (
        f"{between.head.short} against its merge base {between.base.short}: "
        f"{told or 'nothing got worse'}."
    )
