"""A plan as a table, CSV or JSON."""

from math import inf, prod

from tabulate import tabulate

from tomobench.bench.layout import say
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.evidence.figure import EXACT, MARKS, MEASURED, MODELLED, Figure
from tomobench.desk.advise.plan import snippets
from tomobench.desk.advise.plan.candidates import Candidate, Question, Ranking
from tomobench.desk.advise.plan.network import S3
from tomobench.desk.advise.plan.reasons import named, time_said

LEGEND = (
    f"{MARKS[MODELLED]} modelled   {MARKS[MEASURED]} measured   no mark: exact   "
    "● on the Pareto front (time, objects, stored bytes{cost})"
)


def as_text(ranking: Ranking, shown: list[Candidate], known: Evidence, style: str) -> str:
    """The answer for a person: table (in a style of tabulate), marks, reason, notes, and the code."""
    question = ranking.question
    first = ranking.candidates[0]
    parts = [
        _heading(question, known),
        tabulate(
            _lines(question, shown), _headings(question), tablefmt=style, disable_numparse=True
        ),
        LEGEND.format(cost=", cost of requests" if question.storage.kind == S3 else ""),
        "",
        ranking.reason,
        "",
        *(f"- {note}" for note in ranking.notes),
        *_left_out(ranking),
    ]
    for line in snippets_lines(first):
        code = snippets.code(first.layout, line, question.shape, question.dtype)
        parts += ["", f"With zarr {line}:", "", (code or "").rstrip()]
    return "\n".join(parts)


def snippets_lines(one: Candidate) -> list[str]:
    """The lines that can write a layout."""
    return [line for line in ("2.18", "3") if not snippets.impossible(one.layout, line)]


def _heading(question: Question, known: Evidence) -> str:
    storage = question.storage
    where = "a disk, page cache warm"
    if storage.kind == S3:
        rate = "" if storage.bandwidth == inf else f", {storage.bandwidth / 1e6:g} MB/s"
        where = f"S3, {storage.latency * 1e3:g} ms a round trip{rate}"
    size = prod(question.shape) * question.itemsize / 2**20
    many = f", {question.tomograms} tomograms" if question.tomograms > 1 else ""
    return (
        f"{say(question.shape)} {question.dtype} ({size:.0f} MiB{many}), use {question.use.name}, "
        f"{where}, zarr {known.history.name_of(question.release)}, machine {known.machine}\n"
    )


def _headings(question: Question) -> list[str]:
    found = ["", "", "layout", "objects", "stored MiB"]
    for name in question.use.weights:
        found += [f"{name}\nrequests", "\nMiB", "\ntime"]
    found += ["mean\ntime"] if len(question.use.weights) > 1 else []
    found += ["write\ntime"]
    if question.storage.kind == S3:
        found += ["$ a million:\nrequests", "\ntransfer"] if question.use.weights else []
        found += ["$ a\nmonth"]
    return found


def _lines(question: Question, shown: list[Candidate]) -> list[list[str]]:
    return [_line(question, place, one) for place, one in enumerate(shown, 1)]


def _line(question: Question, place: int, one: Candidate) -> list[str]:
    found = [str(place), "●" if one.front else "", named(one.layout)]
    found += [_count(one.objects), _mib(one.stored)]
    for access in one.accesses.values():
        found += [_count(access.requests), _mib(access.bytes), _time(access.seconds)]
    found += [_time(one.seconds)] if len(question.use.weights) > 1 else []
    found += [_time(one.write.seconds)]
    if one.month is not None:
        found += [f"{one.requests:,.2f}", f"{one.transfer:,.0f}"] if question.use.weights else []
        found += [f"{one.month:,.4g}" if one.month < 1000 else f"{one.month:,.0f}"]
    return found


def _count(figure: Figure) -> str:
    digits = 0 if figure.value == int(figure.value) else 1
    return f"{MARKS[figure.how]}{figure.value:,.{digits}f}"


def _mib(figure: Figure) -> str:
    return f"{MARKS[figure.how]}{figure.value / 2**20:.4g}"


def _time(figure: Figure) -> str:
    return f"{MARKS[figure.how]}{time_said(figure.value)}"


def _left_out(ranking: Ranking) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for layout, reason in ranking.left_out.items():
        by_reason.setdefault(reason, []).append(named(layout))
    return [f"- left out, {reason}: {'; '.join(found)}" for reason, found in by_reason.items()]


def records(ranking: Ranking) -> list[dict]:
    """A flat record for each candidate, in base units (bytes, seconds, the prices' currency), with
    how each figure was got."""
    return [record(place, one) for place, one in enumerate(ranking.candidates, 1)]


def record(place: int | str, one: Candidate) -> dict:
    """As :func:`records` have it; ``place``: "now" for the layout that somebody has."""
    layout = one.layout
    found: dict[str, object] = {
        "place": place,
        "front": one.front,
        "chunks": str(say(layout.chunks)),
        "shards": str(say(layout.shards)),
        "format": layout.zarr_format,
        "codec": str(layout.codec),
    }
    figures = {"objects": one.objects, "stored_bytes": one.stored}
    for name, access in {**one.accesses, "write": one.write}.items():
        figures |= {
            f"{name}_requests": access.requests,
            f"{name}_bytes": access.bytes,
            f"{name}_seconds": access.seconds,
        }
    if one.accesses:
        figures["mean_seconds"] = one.seconds
    for name, figure in figures.items():
        found |= {name: figure.value, f"{name}_how": figure.how}
    if one.requests is not None and one.transfer is not None and one.month is not None:
        found |= {
            "million_requests_cost": float(one.requests),
            "million_transfer_cost": float(one.transfer),
            "month_cost": float(one.month),
        }
    return found


def as_json(ranking: Ranking, known: Evidence) -> dict:
    """Question, records, reason, notes, layouts left out, and the code for the first."""
    question, first = ranking.question, ranking.candidates[0]
    storage = question.storage
    return {
        "shape": list(question.shape),
        "dtype": question.dtype,
        "tomograms": question.tomograms,
        "use": question.use.name,
        "storage": {
            "kind": storage.kind,
            "latency_seconds": storage.latency,
            "bandwidth_bytes_per_second": None if storage.bandwidth == inf else storage.bandwidth,
            "concurrency": storage.concurrency,
        },
        "release": known.history.name_of(question.release),
        "machine": known.machine,
        "measured_on": ranking.source,
        "figures": [EXACT, MEASURED, MODELLED],
        "candidates": records(ranking),
        "reason": ranking.reason,
        "notes": ranking.notes,
        "left_out": {named(layout): reason for layout, reason in ranking.left_out.items()},
        "code": {
            line: snippets.code(first.layout, line, question.shape, question.dtype)
            for line in snippets_lines(first)
        },
    }
