"""The verdict on a fresh release as markdown, to be pasted as it is."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tomobench.desk import digits
from tomobench.desk.judge import formats, sentences
from tomobench.desk.judge.examination import Answer
from tomobench.desk.judge.facts import Fact, WrongFact
from tomobench.desk.judge.fresh.environment import Versions
from tomobench.desk.judge.fresh.sensitivity import RacedFamily
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.tier import Tier
from tomobench.desk.judge.tiers import TIME
from tomobench.desk.judge.verdict import Verdict
from tomobench.desk.releases.history import History
from tomobench.desk.releases.release import Release
from tomobench.desk.results.table import Table

UNKNOWN, LARGEST = "?", 10
"""Said of what two or three renewals that differ would find: tens of times the time is no answer."""

MOST, SAID = 0.9, "nine of ten"
"""The share of the raced accesses of which the first line tells what would have been seen: a read over S3 that was
renewed three times would need twice its time, and says nothing of the others."""


class Clause(NamedTuple):
    """What the first line says of a tier: that all is well, that this is but for what is accepted, that nobody looked."""

    clean: str
    accepted: str
    unasked: str


CLAUSES = {
    Tier.WRONG: Clause("nothing broken", "known", "correctness not checked"),
    Tier.TRAFFIC: Clause("no request or byte more", "accepted", "requests not counted"),
}


def markdown(
    verdict: Verdict,
    answer: Answer,
    history: History,
    raced: list[RacedFamily],
    environment: str,
    why: formats.Why = lambda fact: [],
) -> str:
    """The sentence, the facts, what was compared and would have been found, the environment.

    ``why``: the lines that explain a fact.
    """
    told = replace(
        verdict,
        sentence=sentence(verdict, answer, history, raced),
        compared=f"Compared: {digits.several(answer.compared[Kind.EXACT], 'count')} exactly; "
        f"{digits.several(sum(len(one.least) for one in raced), 'cell')} raced.",
    )
    text = formats.as_markdown(told, answer, history, why)
    return "\n\n".join(filter(None, [text, _least(raced), environment]))


def sentence(verdict: Verdict, answer: Answer, history: History, raced: list[RacedFamily]) -> str:
    """What came out, worst first: what is broken, traffic, time; and what would have been seen."""
    (release,) = answer.question.releases
    ends = [history.name_of(one) for one in (release, answer.question.against) if one]
    parts = [
        _exact(verdict, answer, Tier.WRONG, history),
        _exact(verdict, answer, Tier.TRAFFIC, history),
        _time(verdict, history, raced),
        "not all was compared: see below" if answer.gaps else "",
    ]
    parts = [one for one in parts if one]
    return f"zarr {' against '.join(ends)}: {'; '.join(parts)}."


def _exact(verdict: Verdict, answer: Answer, tier: Tier, history: History) -> str:
    """What is said of a tier that is counted; only what was compared is called clean."""
    words = CLAUSES[tier]
    if failing := _first(verdict, tier, history):
        return failing
    if verdict.accepted([tier]):
        return f"{words.clean} but what is {words.accepted}"
    return words.clean if answer.tiers[tier] else words.unasked


def _first(verdict: Verdict, tier: Tier, history: History) -> str:
    """The first fact of a tier that is for the worse, and how many more there are."""
    found = verdict.failing([tier])
    if not found:
        return ""
    first = found[0]
    told = (
        sentences.of_wrong(first, history)
        if isinstance(first, WrongFact)
        else sentences.of_fact(first)
    )
    told = told[:1].lower() + told[1:] if told[1:2].islower() else told
    more = len(found) - 1
    return told + (f" (and {more} more)" if more else "")


def _time(verdict: Verdict, history: History, raced: list[RacedFamily]) -> str:
    slower = _first(verdict, Tier.TIME, history)
    cells = [one for family in raced for one in family.least]
    if not cells:
        return slower or "nothing raced"
    accepted = _slower(verdict.accepted([Tier.TIME]))
    number = len(_slower(verdict.failing([Tier.TIME])) | accepted)
    middle = float(np.median(cells))
    if _share(middle) == UNKNOWN:
        few = f"{len(cells)} raced accesses have too few renewals to tell more"
        return "; ".join(filter(None, [slower, few]))
    told = f"of {len(cells)} raced accesses {number or 'none'} slower"
    told += f", {len(accepted)} of them accepted" if accepted else ""
    seen = f"{_share(middle)} or more would have been seen"
    if _share(max(cells)) != _share(middle):
        most = _share(float(np.quantile(cells, MOST)))
        seen += " in half of them"
        seen += f", {most} in {SAID}" if most not in (UNKNOWN, _share(middle)) else ""
    return "; ".join(filter(None, [slower, f"{told}; {seen}"]))


def _slower(facts: list[Fact | WrongFact]) -> set[str]:
    """The raced cells that are slower by these facts."""
    return {
        cell.line.name
        for fact in facts
        if isinstance(fact, Fact)
        for moved in fact.moved
        for cell in moved.cells
        if moved.metric.name == TIME and moved.bad and cell.raced
    }


def _least(raced: list[RacedFamily]) -> str:
    """What a race would have found: the table."""
    if not raced:
        return ""
    rows = [
        {
            "raced": one.name,
            "cells": str(len(one.least)),
            "renewals": str(one.renewals),
            "least change, middle cell": _share(float(np.median(one.least))),
            "worst cell": _share(max(one.least)),
        }
        for one in raced
    ]
    return f"### Least change found with 95 % power\n\n{Table(rows).markdown()}"


def _share(value: float) -> str:
    """In per cent, rounded up: no change is promised that would not be found."""
    return f"{math.ceil(100 * value)} %" if value < LARGEST else UNKNOWN


def environment(
    sides: list[tuple[Release, Versions]], lender: str | None, facts: dict[str, str]
) -> str:
    """What both ran on. ``facts``: what else is to be said, by name."""
    (subject, mine), (against, its) = sides
    rows = [
        {"": name, "judged": one, "against": other}
        for name, one, other in [
            ("zarr", subject.version, against.version),
            ("wheel sha256", subject.sha256, against.sha256),
            *((name, mine[name], its[name]) for name in mine if name != "zarr"),
        ]
    ]
    names = ", ".join(name for name in its)
    counted = (
        f"Counts of {against.version}: the committed ones of `{lender}`; equal: its wheel, {names}."
        if lender
        else f"Counts of {against.version}: made beside those of {subject.version}."
    )
    more = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    return f"### Environment\n\n{Table(rows).markdown()}\n\n{counted}\n\n{more}"
