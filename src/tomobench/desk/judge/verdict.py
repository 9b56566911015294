"""The verdict on an answer: a sentence, the facts release by release, and what a gate makes of it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tomobench.desk.judge import examination, sentences
from tomobench.desk.judge.acknowledged import Acknowledgement
from tomobench.desk.judge.examination import Answer
from tomobench.desk.judge.facts import Fact, SmallWork, WrongFact
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.project import Project
from tomobench.desk.judge.tier import Tier
from tomobench.desk.releases.history import History

CODES = {Tier.WRONG: 3, Tier.TRAFFIC: 4, Tier.TIME: 5}
"""The exit code of ``tomobench verdict`` by the worst tier; 0 where there is none. Work alone is 0."""


@dataclass(frozen=True)
class OfRelease:
    """What is said of one release (a hash): facts in the order to be told, and the small work."""

    release: str
    compared_with: str | None
    facts: tuple[Fact | WrongFact, ...]
    work: SmallWork | None = None

    def failing(self, tiers: Iterable[Tier] = tuple(Tier)) -> list[Fact | WrongFact]:
        """The facts of these tiers that are for the worse and not accepted."""
        wanted = set(tiers)
        return [one for one in self.facts if one.tier in wanted and one.fails]

    def accepted(self, tiers: Iterable[Tier] = tuple(Tier)) -> list[Fact | WrongFact]:
        """The facts of these tiers that are for the worse, and accepted or so by design."""
        wanted = set(tiers)
        return [one for one in self.facts if one.tier in wanted and one.bad and not one.fails]


@dataclass(frozen=True)
class Verdict:
    """``sentence``: what came out. ``releases``: those with something to say, in order. ``compared``:
    what was compared and what would have been seen. ``apart``: facts of no one release."""

    sentence: str
    releases: tuple[OfRelease, ...]
    compared: str
    apart: tuple[Fact, ...] = ()

    def failing(self, tiers: Iterable[Tier] = tuple(Tier)) -> list[Fact | WrongFact]:
        """All facts of these tiers that are for the worse and not accepted."""
        return [fact for one in self.releases for fact in one.failing(tiers)]

    def accepted(self, tiers: Iterable[Tier] = tuple(Tier)) -> list[Fact | WrongFact]:
        """All facts of these tiers that are for the worse, and accepted or so by design."""
        return [fact for one in self.releases for fact in one.accepted(tiers)]

    @property
    def code(self) -> int:
        """The exit code by the worst tier: see CODES."""
        return next((code for tier, code in CODES.items() if self.failing([tier])), 0)


def judge(
    project: Project,
    release: str,
    against: str,
    machine: str,
    accepted: Iterable[Acknowledgement] = (),
) -> Verdict:
    """The verdict on one release (a hash) against another. Raises UserError if nothing could be
    compared."""
    question = examination.Query(machine, [release], against)
    return of(examination.examine(project, question, list(accepted)), project.history)


def of(answer: Answer, history: History) -> Verdict:
    """The verdict on an answer. Pure."""
    asked = [one.hash for one in history.releases if one.hash in set(answer.question.releases)]
    releases = tuple(one for name in asked if (one := _of_release(name, asked[-1], answer)))
    sentence = _sentence(answer, asked, releases, history)
    apart = sorted(answer.apart, key=lambda one: not (one.bad and one.tier is Tier.WRONG))
    return Verdict(sentence, releases, _compared(answer), tuple(apart))


def _of_release(name: str, newest: str, answer: Answer) -> OfRelease | None:
    # What is unsafe by design is so in every release: it is told of the newest that was asked about.
    wrong = [
        one for one in answer.wrong if one.release == name and (name == newest or not one.unsafe)
    ]
    told = [one for one in answer.facts if one.release == name]
    work = next((one for one in answer.work if one.release == name), None)
    if not wrong and not told and not work:
        return None
    before = next((one.compared_with for one in told), None)
    # What is accepted comes last: it hides what this release did.
    every: list[Fact | WrongFact] = [*wrong, *told]
    every.sort(key=lambda one: one.bad and not one.fails)
    return OfRelease(name, before, tuple(every), work)


def _sentence(
    answer: Answer, asked: list[str], releases: tuple[OfRelease, ...], history: History
) -> str:
    name = history.name_of
    what = name(asked[0]) if len(asked) == 1 else f"{name(asked[0])} to {name(asked[-1])}"
    if answer.question.against:
        what += f" against {name(answer.question.against)}"
    by_tier = {
        tier: [name(one.release) for one in releases if one.failing([tier])] for tier in Tier
    }
    if len(asked) == 1:
        by_tier = {tier: names and ["it"] for tier, names in by_tier.items()}
    told = sentences.of_tiers(by_tier)
    if not told:
        known = any(one.accepted(set(Tier) - {Tier.WRONG}) for one in releases)
        told = "nothing got worse" + (" but what is accepted" if known else "")
    clean = "" if by_tier[Tier.WRONG] else "nothing broken; "
    if clean and any(one.accepted([Tier.WRONG]) for one in releases):
        clean = "nothing broken but what is known; "
    apart = ""
    if any(one.fails for one in answer.apart):
        apart = "; worse over several releases, no one of them to blame: see below"
    return f"{what}: {clean}{told}{apart}.".replace(" in it", "")


def _compared(answer: Answer) -> str:
    made = answer.compared
    text = f"Compared: {made[Kind.EXACT]:,} counts exactly, {made[Kind.TIMED]:,} times and memory sizes"
    seen = [
        f"{np.median(shares):.0%} if {word}"
        for word, shares in answer.seen.items()
        if any(np.isfinite(shares))
    ]
    return (
        f"{text}; half of the unchanged would have shown {' and '.join(seen)}."
        if seen
        else f"{text}."
    )
