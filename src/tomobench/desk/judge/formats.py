"""An answer as a person or a program wants it: text, Markdown, JSON or CSV."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from asv.util import human_value

from tomobench.desk.judge import compare, sentences
from tomobench.desk.judge.examination import Answer
from tomobench.desk.judge.facts import Fact, Moved, WrongFact
from tomobench.desk.judge.findings import Finding
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.tier import Tier
from tomobench.desk.judge.verdict import OfRelease, Verdict
from tomobench.desk.releases.history import History
from tomobench.desk.results.table import Table

MOST_FACTS = 8
"""Facts that are printed of a release; of more their number."""

MOST_BETTER = 1
"""Of them, facts of what got better, where several releases are told of: a range is read in a minute."""

MOST_APART = 2
"""Facts that are printed of those that are attributable to no one release."""

Why = Callable[[Fact | WrongFact], Sequence[str]]
"""The lines that explain a fact, if there are any."""

HEADINGS = ["", "release", "benchmark", "parameters", "before", "after", "ratio", "kind", "note"]
MARKS = {"worse": "▲", "better": "▽", "fails": "✗"}


def as_text(verdict: Verdict, answer: Answer, history: History) -> str:
    """The verdict's sentence, then facts release by release, then what else is to be said."""
    parts = [f"{verdict.sentence}\n{verdict.compared}"]
    for one in verdict.releases:
        lines = [history.name_of(one.release)]
        for _, line, more in _told(one, verdict, history):
            lines += [f"  {line}", *([f"      {more}"] if more else [])]
        parts.append("\n".join(lines + [f"  · {line}" for line in _work(one)]))
    if verdict.apart:
        lines = [_apart_heading(verdict)]
        lines += [f"  {of_apart(one, history)}" for one in verdict.apart[:MOST_APART]]
        parts.append("\n".join(lines + _rest(verdict.apart, MOST_APART, "  ")))
    return "\n\n".join(filter(None, [*parts, _remarks(answer, "- ")]))


def as_markdown(
    verdict: Verdict, answer: Answer, history: History, why: Why = lambda fact: []
) -> str:
    """The same for a GitHub issue; ``why``: the lines that explain a fact, shown under it."""
    parts = [f"**{_plain(verdict.sentence)}**", _plain(verdict.compared)]
    for one in verdict.releases:
        lines = []
        for fact, line, more in _told(one, verdict, history):
            lines.append(f"- {_plain(line)}" + (f"  \n  <sub>{_plain(more)}</sub>" if more else ""))
            lines += [f"  - `{reason}`" for reason in (why(fact) if fact else [])]
        lines += [f"- · {_plain(line)}" for line in _work(one)]
        parts += [f"### {history.name_of(one.release)}", "\n".join(lines)]
    if verdict.apart:
        lines = [f"- {_plain(of_apart(one, history))}" for one in verdict.apart[:MOST_APART]]
        lines += _rest(verdict.apart, MOST_APART, "- ")
        parts += [f"### {_apart_heading(verdict)}", "\n".join(lines)]
    return "\n\n".join(filter(None, [*parts, _remarks(answer, "* ")]))


def _told(
    of: OfRelease, verdict: Verdict, history: History
) -> Iterator[tuple[Fact | WrongFact | None, str, str]]:
    """Each fact that is printed of a release, its line and its details; the last line, of how many more there are, is
    of none."""
    printed = _printed(of.facts, alone=len(verdict.releases) == 1)
    for one in printed:
        if isinstance(one, WrongFact):
            yield one, f"{mark(one)} {one.tier}: {sentences.of_wrong(one, history)}", ""
        else:
            said = f"{mark(one)} {one.tier}: {sentences.of_fact(one)}"
            yield one, said, sentences.details(one, history)
    for line in _rest(of.facts, len(printed), ""):
        yield None, line, ""


def mark(fact: Fact | WrongFact) -> str:
    """What stands before a fact."""
    if fact.tier is Tier.WRONG:
        return MARKS["fails"]
    return MARKS["worse" if fact.bad else "better"]


def _printed(facts: Sequence[Fact | WrongFact], alone: bool) -> list[Fact | WrongFact]:
    """The facts of a release that are printed, in their order; ``alone``: whether it is the only release."""
    better = [id(one) for one in facts if not one.bad]
    left_out = set() if alone else set(better[MOST_BETTER:])
    return [one for one in facts if id(one) not in left_out][:MOST_FACTS]


def _rest(facts: Sequence[Fact | WrongFact], most: int, indent: str) -> list[str]:
    more = len(facts) - most
    return [f"{indent}… and {more} more: --format json has all"] if more > 0 else []


def _work(one: OfRelease) -> list[str]:
    return [sentences.of_work(one.work)] if one.work else []


def _apart_heading(verdict: Verdict) -> str:
    cells = len({id(cell) for one in verdict.apart for cell in one.cells})
    return f"Not attributable to one release: {cells} figures (not measured in the release before)"


def of_apart(one: Fact, history: History) -> str:
    """A fact that is attributable to no one release, with both its ends."""
    ends = f"{history.name_of(one.compared_with)} to {history.name_of(one.release)}"
    return f"{mark(one)} {ends}: {sentences.of_fact(one)}"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def as_cells(answer: Answer, history: History, limit: int) -> str:
    """A row for each cell that changed, the worst ``limit`` (0: all), as aligned text."""
    return _spelled(answer, _cell_table(answer, history, limit).text(), limit, "- ")


def as_cells_markdown(answer: Answer, history: History, limit: int) -> str:
    """The same for a GitHub issue."""
    return _spelled(answer, _cell_table(answer, history, limit).markdown(), limit, "* ")


def _cell_table(answer: Answer, history: History, limit: int) -> Table:
    cells = (_cells(one, answer, history) for one in _first(answer, limit))
    return Table([dict(zip(HEADINGS, row, strict=True)) for row in cells])


def _spelled(answer: Answer, table: str, limit: int, bullet: str) -> str:
    parts = [summary(answer), table, _more(answer, limit), _remarks(answer, bullet)]
    return "\n\n".join(filter(None, parts))


def as_json(verdict: Verdict, answer: Answer, history: History) -> str:
    """Everything, numbers in full; a number that there is none of is null."""
    found = {
        "verdict": verdict.sentence,
        "machine": answer.question.machine,
        "releases": [history.name_of(one) for one in answer.question.releases],
        "against": answer.question.against and history.name_of(answer.question.against),
        "compared": {kind.value: answer.compared[kind] for kind in Kind},
        "facts": [
            *(_fact_record(fact, history) for one in verdict.releases for fact in one.facts),
            *(
                _fact_record(fact, history) | {"attributable": False, "fails": False}
                for fact in verdict.apart
            ),
        ],
        "small_work": [
            {"release": history.name_of(one.release), "said": sentences.of_work(one.work)}
            for one in verdict.releases
            if one.work
        ],
        "findings": [_record(one, history) for one in answer.findings],
        "gaps": answer.gaps,
        "notes": answer.notes,
    }
    return json.dumps(found, indent=1, ensure_ascii=False)


def as_csv(verdict: Verdict, answer: Answer, history: History) -> str:
    """A row for each fact, then one for each cell; numbers in full, an empty field where there is none."""
    blank = dict.fromkeys(_CSV_FIELDS)
    facts = [(fact, True) for one in verdict.releases for fact in one.facts]
    facts += [(fact, False) for fact in verdict.apart]
    rows = [
        blank
        | _short(_fact_record(fact, history))
        | {"row": "fact", "attributable": attributable, "fails": attributable and fact.fails}
        for fact, attributable in facts
    ]
    cells = [_flat(_record(one, history)) for one in answer.findings]
    rows += [
        blank | {key: one[key] for key in _FIELDS if key != "run"} | {"row": "cell"}
        for one in cells
    ]
    return Table(rows, headings=_CSV_FIELDS).csv()


def _fact_record(one: Fact | WrongFact, history: History) -> dict[str, Any]:
    name = history.name_of
    if isinstance(one, WrongFact):
        return {
            "release": name(one.release),
            "compared_with": None,
            "tier": one.tier.value,
            "change": "wrong",
            "fails": one.fails,
            "said": sentences.of_wrong(one, history),
            "accesses": [vars(subject) for subject in one.subjects],
            "cells": [
                {"layout": layout, "volume": volume, "wrong_voxels": _finite(count)}
                for layout, volume, count in one.cells
            ],
            "compared": one.compared,
            "since": name(one.since),
            "unsafe": one.unsafe,
            "acknowledged": one.acknowledged,
            "attributable": True,
        }
    return {
        "release": name(one.release),
        "compared_with": name(one.compared_with),
        "tier": one.tier.value,
        "change": "worse" if one.bad else "better",
        "fails": one.fails,
        "said": sentences.of_fact(one),
        "details": sentences.details(one, history),
        "accesses": [vars(subject) for subject in one.subjects],
        "moved": [_moved_record(moved) for moved in one.moved],
        "equal": list(one.equal),
        "repaired": one.repaired and name(one.repaired),
        "acknowledged": one.acknowledged,
        "attributable": True,
    }


def _moved_record(one: Moved) -> dict[str, Any]:
    low, high = one.ratios
    largest = one.largest
    return {
        "metric": one.metric.name,
        "change": "worse" if one.bad else "better",
        "cells": one.count,
        "compared": one.compared,
        "layouts": one.layouts,
        "ratio": [_finite(low), _finite(high)],
        "largest": {
            "benchmark": largest.line.name,
            "volume": largest.series.volume,
            "unit": largest.line.unit,
            "before": largest.before,
            "after": largest.after,
        },
        "sure": one.sure,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _short(record: dict[str, Any]) -> dict[str, Any]:
    return {key: record.get(key) for key in _CSV_FIELDS if key in record}


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    parameters = "; ".join(f"{key}={value}" for key, value in record["parameters"].items())
    return record | {
        "parameters": parameters,
        "acknowledged": (record["acknowledged"] or {}).get("reason"),
        "unmeasured": " ".join(record["unmeasured"]),
    }


def summary(answer: Answer) -> str:
    """One paragraph: what was compared, and what came out."""
    bad = [one for one in answer.findings if one.bad]
    open_ones = [one for one in bad if not one.acknowledged]
    failing = sum(one.change == "fails" for one in bad)
    better = len(answer.findings) - len(bad)
    made = answer.compared
    return (
        f"{answer.question.machine}: {made[Kind.EXACT]} counts compared exactly, "
        f"{made[Kind.TIMED]} times and memory sizes with {compare.INTERVAL:.0%} intervals: "
        f"{len(bad) - failing} worse, {failing} failing, {better} better; "
        f"{len(bad) - len(open_ones)} of them acknowledged"
    )


_FIELDS = (
    "change",
    "release",
    "compared_with",
    "volume",
    "environment",
    "benchmark",
    "parameters",
    "unit",
    "before",
    "after",
    "ratio",
    "low",
    "high",
    "kind",
    "attributable",
    "raced",
    "calibrated",
    "drift",
    "unmeasured",
    "repaired",
    "repairs",
    "acknowledged",
    "run",
)

_CSV_FIELDS = ("row", "tier", "said", "fails", *(name for name in _FIELDS if name != "run"))


def _record(one: Finding, history: History) -> dict[str, Any]:
    values = {
        "volume": one.series.volume,
        "environment": one.series.environment,
        "benchmark": one.line.benchmark,
        "parameters": dict(one.line.cell),
        "unit": one.line.unit,
        "kind": one.kind.value,
        "run": one.run and one.run._asdict(),
        "release": history.name_of(one.release),
        "compared_with": history.name_of(one.compared_with),
        "unmeasured": [history.name_of(release) for release in one.unmeasured],
        "acknowledged": one.acknowledged and asdict(one.acknowledged),
    }
    for key in ("repaired", "repairs"):
        release = getattr(one, key)
        values[key] = release and history.name_of(release)
    for key in ("before", "after", "ratio", "low", "high"):
        value = getattr(one, key)
        values[key] = value if math.isfinite(value) else None
    return {key: values[key] if key in values else getattr(one, key) for key in _FIELDS}


def _first(answer: Answer, limit: int) -> list[Finding]:
    return answer.findings[: limit or None]


def _cells(one: Finding, answer: Answer, history: History) -> list[str]:
    where = _where(one, answer)
    parameters = ", ".join(f"{key}={value.strip("'")}" for key, value in one.line.cell)
    return [
        MARKS[one.change],
        history.name_of(one.release),
        one.line.benchmark,
        (f"{where}: " if where else "") + (parameters or "-"),
        _say(one.before, one.line.unit),
        "failed" if one.change == "fails" else _say(one.after, one.line.unit),
        say_ratio(one),
        one.kind.value,
        "; ".join(_said(one, history)),
    ]


def _where(one: Finding, answer: Answer) -> str:
    """The volume, where several may be asked about; of several environments on a volume the one, whose name has both."""
    if len(answer.environments[one.series.volume]) > 1:
        return one.series.measured_in
    return "" if answer.question.volume else one.series.volume


def _say(value: float, unit: str) -> str:
    """A value as asv says it, in whole numbers or six digits."""
    answer: str = human_value(int(value) if value == int(value) else float(f"{value:.6g}"), unit)
    return answer


def say_ratio(one: Finding) -> str:
    """``1.52 [1.40, 1.65]``; an exact one without interval, to the digit that shows a change."""
    if math.isnan(one.ratio):
        return "-"
    if one.kind is Kind.EXACT:
        digits = 3 if abs(one.ratio - 1) >= 0.001 else 6
        return f"{one.ratio:.{digits}f}".replace("inf", "∞")
    return f"{one.ratio:.2f} [{one.low:.2f}, {one.high:.2f}]"


def _said(one: Finding, history: History) -> list[str]:
    said = [f"since {history.name_of(one.compared_with)}, step by step"] if one.drift else []
    if not one.drift:
        said.append(f"was {history.name_of(one.compared_with)}")
    if one.raced:
        said.append("race" + (f", runs {one.run.ratio:.2f}" if one.run else ""))
    if not one.attributable:
        said.append("not attributable to one release")
    if one.unmeasured:
        said.append(f"{len(one.unmeasured)} between not measured")
    if one.repaired:
        said.append(f"repaired in {history.name_of(one.repaired)}")
    if one.repairs:
        said.append(f"repairs {history.name_of(one.repairs)}")
    if one.acknowledged:
        said.append(f"acknowledged: {one.acknowledged.reason} {one.acknowledged.link}".rstrip())
    return said


def _more(answer: Answer, limit: int) -> str:
    rest = len(answer.findings) - len(_first(answer, limit))
    return f"… and {rest} more: --limit 0 shows all" if rest else ""


def _remarks(answer: Answer, bullet: str) -> str:
    lines = [f"NOT COMPARED: {gap}" for gap in answer.gaps] + answer.notes
    return "\n".join(bullet + line for line in lines)
