"""Which machine, volume and releases are meant where none is named: one rule for all commands."""

import os
import re
from collections.abc import Callable, Iterable

import click

from tomobench.desk import names
from tomobench.desk.errors import UserError
from tomobench.desk.releases.history import History
from tomobench.desk.results import machine as machines
from tomobench.desk.results.reading import Row, Sheet

Held = dict[str, set[tuple[str, str, str]]]
"""What each machine has of what was asked for: releases (hashes) × volumes × benchmarks."""


TIPS_ONLY = (
    r"^(pipelines|stores|workers|blocks|floor\.(Chunks|Shards))\."
    r"|^(read|write|footprint)\.Levels\.|^(read|write)\.Codecs\."
    r"|^(selections|ways|opening)\..*\.time(raw)?_|^ways\.Memory\.|^read\.Cold"
)
"""Benchmarks that the history has of the last patch of each minor release alone, on every volume. The first start many
processes, and by the ratio to the floor no release is judged. Levels and codecs take what numcodecs takes, which a line's
releases share. Of selections, ways of writing and openings every release has the counts. What a cold read adds to a warm one
is the disk's, and how much is fetched is counted."""


def on_tips_alone(benchmark: str) -> bool:
    """Whether the history measures a benchmark on tips alone: elsewhere, nothing is missing without it."""
    return re.search(TIPS_ONLY, benchmark) is not None


def held(rows: Iterable[Row | Sheet]) -> Held:
    """What each machine has: give the rows, or sheets, of the releases and volume that were asked for."""
    found: Held = {}
    for row in rows:
        found.setdefault(row.machine, set()).add((row.release, row.volume, row.benchmark))
    return found


Tell = Callable[[str], None]
"""What is given a line for the person who asked."""


def on_stderr(line: str) -> None:
    """Say it beside the answer."""
    click.echo(f"tomobench: {line}", err=True)


def machine(has: Held, asked: str | None, tell: Tell = on_stderr) -> str:
    """The machine whose results are meant.

    The one that is ``asked`` for; else $TOMOBENCH_MACHINE; else this machine, where it has all that
    any machine has of what was asked for; else, of the others, the committed one with most results.
    Where several have results, ``tell`` is given a line. Raises UserError where there is no choice.
    """
    if not has:
        raise UserError("there are no results of this yet: measure with asv run, or make bench")
    named = asked or os.environ.get(names.MACHINE)
    if named:
        if named not in has:
            listed = ", ".join(sorted(has))
            raise UserError(
                f"there are no results of {named}: choose one of {listed} with --machine"
            )
        return named
    chosen, why = _without_a_name(has)
    others = sorted(set(has) - {chosen})
    if others:
        tell(f"results of {chosen}, {why}; there are some of {', '.join(others)} too (--machine)")
    return chosen


def _without_a_name(has: Held) -> tuple[str, str]:
    this = machines.name()
    everything = set().union(*has.values())
    if this in has and has[this] == everything:
        return this, "this machine"
    committed = [name for name in has if not machines.is_local(name)]
    rest = committed or [name for name in has if name != this] or [this]
    chosen = max(sorted(rest), key=lambda name: len(has[name]))
    return chosen, "which has most of what was asked for"


def of_machine[R: (Row, Sheet)](
    rows: Iterable[R], asked: str | None, tell: Tell = on_stderr
) -> list[R]:
    """The rows, or sheets, of the machine that is meant: see :func:`machine`. Raises UserError."""
    rows = list(rows)
    chosen = machine(held(rows), asked, tell)
    return [row for row in rows if row.machine == chosen]


def tips(rows: Iterable[Row], history: History) -> list[str]:
    """Hashes of the newest release of each line that has a number among ``rows``."""
    measured = {row.release for row in rows if row.measured}
    newest = {one.line: one.hash for one in history.branch("main") if one.hash in measured}
    return list(newest.values())
