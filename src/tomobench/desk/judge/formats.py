"""An answer as a person or a program wants it: table, Markdown, JSON or CSV."""

import json
import math
from dataclasses import asdict

from asv.util import human_value

from tomobench.desk.judge import compare
from tomobench.desk.judge.examination import Answer
from tomobench.desk.judge.findings import Finding
from tomobench.desk.judge.kinds import Tier
from tomobench.desk.releases.history import History
from tomobench.desk.results.table import Table

HEADINGS = ["", "release", "benchmark", "parameters", "before", "after", "ratio", "tier", "note"]
MARKS = {"worse": "▲", "better": "▽", "fails": "✗"}


def as_table(answer: Answer, history: History, limit: int) -> str:
    """Aligned text, the worst ``limit`` findings (0: all), then what else is to be said."""
    return _spelled(answer, _table(answer, history, limit).text(), limit, "- ")


def as_markdown(answer: Answer, history: History, limit: int) -> str:
    """The same for a GitHub issue."""
    return _spelled(answer, _table(answer, history, limit).markdown(), limit, "* ")


def _table(answer: Answer, history: History, limit: int) -> Table:
    cells = (_cells(one, answer, history) for one in _first(answer, limit))
    return Table([dict(zip(HEADINGS, row, strict=True)) for row in cells])


def _spelled(answer: Answer, table: str, limit: int, bullet: str) -> str:
    parts = [summary(answer), table, _more(answer, limit), _remarks(answer, bullet)]
    return "\n\n".join(filter(None, parts))


def as_json(answer: Answer, history: History) -> str:
    """Everything, numbers in full; a number that there is none of is null."""
    found = {
        "machine": answer.question.machine,
        "releases": [history.name_of(one) for one in answer.question.releases],
        "against": answer.question.against and history.name_of(answer.question.against),
        "compared": {tier.value: answer.compared[tier] for tier in Tier},
        "findings": [_record(one, history) for one in answer.findings],
        "gaps": answer.gaps,
        "notes": answer.notes,
    }
    return json.dumps(found, indent=1, ensure_ascii=False)


def as_csv(answer: Answer, history: History) -> str:
    """The findings, numbers in full; an empty field where there is none."""
    return Table([_flat(_record(one, history)) for one in answer.findings], headings=_FIELDS).csv()


def _flat(record: dict) -> dict:
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
        f"{answer.question.machine}: {made[Tier.EXACT]} counts compared exactly, "
        f"{made[Tier.TIMED]} times and memory sizes with {compare.INTERVAL:.0%} intervals: "
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
    "tier",
    "raced",
    "calibrated",
    "drift",
    "unmeasured",
    "repaired",
    "repairs",
    "acknowledged",
)


def _record(one: Finding, history: History) -> dict:
    values = {
        "volume": one.series.volume,
        "environment": one.series.environment,
        "benchmark": one.line.benchmark,
        "parameters": dict(one.line.cell),
        "unit": one.line.unit,
        "tier": one.tier.value,
        "release": history.name_of(one.release),
        "compared_with": history.name_of(one.compared_with),
        "unmeasured": [history.name_of(release) for release in one.unmeasured],
        "acknowledged": one.acknowledged and _accepted(one, history),
    }
    for key in ("repaired", "repairs"):
        release = getattr(one, key)
        values[key] = release and history.name_of(release)
    for key in ("before", "after", "ratio", "low", "high"):
        value = getattr(one, key)
        values[key] = value if math.isfinite(value) else None
    return {key: values[key] if key in values else getattr(one, key) for key in _FIELDS}


def _accepted(one: Finding, history: History) -> dict:
    return {**asdict(one.acknowledged), "release": history.name_of(one.release)}


def _first(answer: Answer, limit: int) -> list[Finding]:
    return answer.findings[: limit or None]


def _cells(one: Finding, answer: Answer, history: History) -> list[str]:
    volume = (
        f"{one.series.volume}: " if answer.question.volume is None and one.series.volume else ""
    )
    parameters = ", ".join(f"{key}={value.strip("'")}" for key, value in one.line.cell)
    return [
        MARKS[one.change],
        history.name_of(one.release),
        one.line.benchmark,
        volume + (parameters or "-"),
        _say(one.before, one.line.unit),
        "failed" if one.change == "fails" else _say(one.after, one.line.unit),
        say_ratio(one),
        one.tier.value,
        "; ".join(_said(one, history)),
    ]


def _say(value: float, unit: str) -> str:
    """A value as asv says it, in whole numbers or six digits."""
    return human_value(int(value) if value == int(value) else float(f"{value:.6g}"), unit)


def say_ratio(one: Finding) -> str:
    """``1.52 [1.40, 1.65]``; an exact one without interval, to the digit that shows a change."""
    if math.isnan(one.ratio):
        return "-"
    if one.tier is Tier.EXACT:
        digits = 3 if abs(one.ratio - 1) >= 0.001 else 6
        return f"{one.ratio:.{digits}f}".replace("inf", "∞")
    return f"{one.ratio:.2f} [{one.low:.2f}, {one.high:.2f}]"


def _said(one: Finding, history: History) -> list[str]:
    said = [f"since {history.name_of(one.compared_with)}, step by step"] if one.drift else []
    if not one.drift:
        said.append(f"was {history.name_of(one.compared_with)}")
    if one.raced:
        said.append("race")
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
