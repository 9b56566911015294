"""What is bisected: a cell, spelt as asv has it, or a fact, whose largest cell stands for it."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tomobench.desk import options
from tomobench.desk.errors import UserError
from tomobench.desk.judge import acknowledged, examination, sentences
from tomobench.desk.judge import verdict as verdicts
from tomobench.desk.judge.facts import Fact, WrongFact, weight
from tomobench.desk.judge.findings import Finding
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.project import Project
from tomobench.desk.judge.series import FAILED, Series
from tomobench.desk.judge.subjects import place_of
from tomobench.desk.judge.tiers import HARMS, RAISES
from tomobench.desk.releases.history import History
from tomobench.desk.results import choosing

AnyFact = Fact | WrongFact


@dataclass(frozen=True)
class AskedCell:
    """A cell on a volume. ``raced``: whether its figure is a time. ``said``: the fact's sentence, where it stands for one."""

    cell: str
    volume: str
    raced: bool
    said: str = ""


def facts_between(
    root: Path, project: Project, first: str, last: str, machine: str | None
) -> tuple[list[AnyFact], list[Series]]:
    """The facts of ``last`` against ``first`` (versions of releases), in the order in which tomobench regressions
    tells them, and the series they come from. Raises UserError where one was not measured."""
    one, other = project.history.find(first), project.history.find(last)
    has = project.held({one.hash, other.hash}, None)
    chosen = choosing.machine(has or {name: set() for name in project.machines}, machine)
    question = examination.Query(chosen, [other.hash], one.hash)
    answer = examination.examine(project, question, acknowledged.load(root, project.history))
    told = [fact for each in verdicts.of(answer, project.history).releases for fact in each.facts]
    return told, project.all_series(chosen)


def choose(facts: list[AnyFact], asked: str, history: History, where: str) -> AnyFact:
    """The fact of that number, counted from 1, or whose sentence the text is found in. Raises UserError, with the
    facts there are, where there is none or there are several."""
    said = [sentence(one, history) for one in facts]
    if re.fullmatch("[0-9]+", asked):
        found = facts[int(asked) - 1 : int(asked)] if int(asked) else []
    else:
        found = [one for one, text in zip(facts, said) if asked.lower() in text.lower()]
    if len(found) == 1:
        return found[0]
    listed = "; ".join(f"{n} {text}" for n, text in enumerate(said, 1)) or "there is none"
    problem = "several facts" if found else "no cell and no fact"
    raise UserError(f"{asked!r} is {problem} of {where}: {listed}")


def cell_of(fact: AnyFact, several: list[Series], before: str) -> AskedCell | None:
    """The cell that stands for a fact; None where its figure is neither a count nor raced.

    Of those that moved at least a quarter as much as the one that moved most, it is the one with the largest chunks, on
    the volume that most releases were measured on: it is counted soonest. Of times it is a raced one. Of what is wrong
    it is the one that loses most, and that the release ``before`` (a hash) could do, if there is one.
    """
    if isinstance(fact, WrongFact):
        return _wrong_cell(fact, several, before)
    able = [
        cells
        for moved in fact.moved
        if (cells := [one for one in moved.cells if one.raced or one.kind is Kind.EXACT])
    ]
    if not able:
        return None
    cells = next((cells for cells in able if cells[0].raced), able[0])
    most = max(map(weight, cells))
    large = [one for one in cells if weight(one) >= most / 4]
    chosen = max(large, key=_soonest)
    return AskedCell(chosen.line.name, chosen.series.volume, chosen.raced)


def _soonest(one: Finding) -> tuple[Any, ...]:
    return len(one.series.releases), _chunk(one), weight(one), one.line.name


def _chunk(one: Finding) -> int:
    """Voxels of a chunk in a finding's layout."""
    shape = re.match(r"[0-9]+(×[0-9]+)*", place_of(one.line).layout)
    return math.prod(map(int, shape[0].split("×"))) if shape else 0


def is_cell(asked: str) -> bool:
    """Whether a text is a cell, by its form."""
    return bool(options.CELL.fullmatch(asked)) and "." in asked


def is_timed(cell: str) -> bool:
    """Whether a cell is timed, by its benchmark's name: others are counted."""
    return bool(re.match(r"[\w.]*\.time_", cell))


def sentence(fact: AnyFact, history: History) -> str:
    """A fact in words."""
    return (
        sentences.of_wrong(fact, history)
        if isinstance(fact, WrongFact)
        else sentences.of_fact(fact)
    )


def _wrong_cell(fact: WrongFact, several: list[Series], before: str) -> AskedCell | None:
    found = []
    for series in (one for one in several if one.race is None and fact.release in one.releases):
        column = series.releases.index(fact.release)
        for row, line in enumerate(series.lines):
            if line.name not in fact.lines or ".track_" not in line.benchmark:
                continue
            value = float(series.values[row, column])
            bad = has(fact, line.unit, series.states[row, column] == FAILED, value)
            could = (
                before in series.releases and series.measured[row, series.releases.index(before)]
            )
            size = 0.0 if math.isnan(value) else value
            if bad:
                found.append((bool(could), size, line.name, series.volume))
    if not found:
        return None
    *_, name, volume = max(found, key=lambda one: one[:2])
    return AskedCell(name, volume, False)


def has(fact: WrongFact, unit: str, failed: bool, figure: float) -> bool:
    """Whether a figure shows what a fact says is wrong: on another volume the same line may be right."""
    harm = HARMS.get(unit)
    if fact.metric.name == RAISES.name:
        return failed or (harm is not None and figure == harm.raised)
    return harm is not None and harm.metric.name == fact.metric.name and harm.is_wrong(figure)
