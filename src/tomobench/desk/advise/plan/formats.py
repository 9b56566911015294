"""A plan as a table, CSV or JSON: the answer in a sentence, the table, and how sure it is."""

from collections.abc import Iterator
from math import inf, prod

from tabulate import tabulate

from tomobench.bench.layout import say
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.evidence.figure import EXACT, MARKS, MEASURED, MODELLED, Figure
from tomobench.desk.advise.evidence.stored import DEFAULT
from tomobench.desk.advise.plan import lattice, reasons, snippets, writers
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.network import S3
from tomobench.desk.advise.plan.question import Candidate, Question
from tomobench.desk.advise.plan.reasons import codec_said, cut_said, named, time_said
from tomobench.desk.advise.plan.search import TIE, Searched
from tomobench.desk.digits import plain, size
from tomobench.desk.results.calibration import ASSUMED

LEGEND = (
    f"{MARKS[MODELLED]} modelled   {MARKS[MEASURED]} measured   no mark: exact   ± half of such "
    "times are nearer   ● on the Pareto front (times, objects, bytes{cost}, memory)"
)
#: Accesses of a use up to which the table has requests and MiB of each.
IN_FULL = 2


def as_text(found: Searched, desk: Estimate, style: str, code: bool = False) -> str:
    """The answer for a person: a sentence, the table (in a style of tabulate), how sure that is, and
    the code if it is wanted."""
    question, shown = desk.question, found.ranking.candidates
    parts = [
        answer(found, desk),
        "",
        _heading(question, desk.evidence, found.compared),
        "",
        tabulate(
            [_line(desk, found, place, one) for place, one in enumerate(shown)],
            _headings(question),
            tablefmt=style,
            disable_numparse=True,
        ),
        LEGEND.format(cost=", cost of requests" if question.storage.kind == S3 else ""),
        "",
        found.ranking.reason,
        *_ties(found),
        *_regret(found),
        *_workers(question, shown[0]),
        f"{writers.advice(shown[0].layout)}.",
        f"{writers.slabs(shown[0].layout, question.shape)}.",
        "",
        "How sure:",
        *(f"- {line}" for line in sure(desk)),
        *(f"- left out, {reason}" for reason in found.ranking.left_out.values()),
    ]
    for line in found.lines if code else ():
        written = _script(shown[0], line, question)
        parts += ["", f"With zarr {line}:", "", (written or "").rstrip()]
    return "\n".join(parts)


def answer(found: Searched, desk: Estimate) -> str:
    """What is advised, in a sentence."""
    question, first = desk.question, found.ranking.candidates[0]
    layout = first.layout
    shards = f" in shards of {say(layout.shards)}" if layout.shards else ""
    formats = "2 or 3" if found.formats[0] else str(layout.zarr_format)
    takes = [
        f"{uses.said(name)} takes {_time(first.accesses[name].seconds, desk, name)}"
        for name in question.use.weights
    ]
    said = f"{', '.join(takes)}; " if takes else ""
    return (
        f"Write it in chunks of {say(layout.chunks)}{shards}, Zarr format {formats}, "
        f"{codec_said(layout.codec)}: {said}{first.objects.value:,.0f} objects and "
        f"{size(first.stored.value)} a tomogram, by the compression of "
        f"{desk.ratios.volume} ({desk.ratios.of(layout.chunks, layout.codec):.3g})."
        f"{_compressed(found)}"
    )


def _compressed(found: Searched) -> str:
    """What compressing would take and spare, in a sentence, where the named layout is not compressed."""
    first, other = found.ranking.candidates[0], found.compressed
    if other is None:
        return ""
    cached = found.ranking.question.storage.cached
    why = (
        " Times are of the page cache, where bytes cost next to nothing; --bandwidth gives a disk's."
        if cached
        else ""
    )
    slower = other.seconds.value / first.seconds.value
    fewer = 1 - other.stored.value / first.stored.value
    takes = f"takes {slower:.2g} times as long" if slower > 1 + TIE else "takes as long"
    return (
        f"{why} Compressed, the best is {named(other.layout)}: it {takes}, and {fewer:.0%} fewer "
        f"bytes ({size(other.stored.value)})."
    )


def _script(one: Candidate, line: str, question: Question) -> str | None:
    """The program that writes a layout with a line of zarr."""
    of = question.shape, question.dtype, question.codec_pipeline
    return snippets.code(one.layout, line, *of)


def sure(desk: Estimate) -> Iterator[str]:
    """How sure the figures are, a line each."""
    for name, errors in desk.accuracy.items():
        yield reasons.of_access(name, errors)
    yield from reasons.notes(desk)
    yield from reasons.of_search(desk)


def _heading(question: Question, known: Evidence, compared: int) -> str:
    storage = question.storage
    rate = "" if storage.bandwidth == inf else f", {storage.bandwidth / 1e6:g} MB/s"
    where = f"a disk{rate}" if rate else "a disk, page cache warm"
    if storage.kind == S3:
        where = f"S3, {storage.latency * 1e3:g} ms a round trip{rate}"
    voxels = size(prod(question.shape) * question.itemsize, 3)
    many = f", {question.tomograms} tomograms" if question.tomograms > 1 else ""
    kind = "" if question.kind == "raw" else f"{question.kind} "
    return (
        f"{say(question.shape)} {kind}{question.dtype} ({voxels}{many}), use "
        f"{question.use.name}, {where}, zarr {known.history.name_of(question.release)}, machine "
        f"{known.machine}; {compared:,} layouts compared"
    )


def _headings(question: Question) -> list[str]:
    names = list(question.use.weights)
    found = ["", "", "layout", "objects", "stored\nMiB"]
    for name in names:
        full = len(names) <= IN_FULL and name != uses.WRITES
        found += [f"{name}\nrequests", "\nMiB", "\ntime"] if full else [f"{name}\ntime"]
    found += ["mean\ntime"] if len(names) > 1 else []
    found += ["write\ntime"] if uses.WRITES not in names else []
    found += ["memory\nMiB"]
    if question.storage.kind == S3:
        found += ["$ a million:\nrequests", "\ntransfer"] if names else []
        found += ["$ a\nmonth"]
    return found


def _line(desk: Estimate, found: Searched, place: int, one: Candidate) -> list[str]:
    question = desk.question
    codec = "" if one.layout.codec == DEFAULT else f", {codec_said(one.layout.codec)}"
    formats = "2 or 3" if found.formats[place] else one.layout.zarr_format
    row = [str(place + 1), "●" if one.front else ""]
    row += [f"{cut_said(one.layout)}, format {formats}{codec}", _count(one.objects)]
    row += [_mib(one.stored)]
    for name, access in one.accesses.items():
        if len(one.accesses) <= IN_FULL and name != uses.WRITES:
            row += [_count(access.requests), _mib(access.bytes)]
        row += [_time(access.seconds, desk, name)]
    row += (
        [f"{MARKS[one.seconds.how]}{time_said(one.seconds.value)}"] if len(one.accesses) > 1 else []
    )
    if uses.WRITES not in one.accesses:
        row += [_time(one.write.seconds, desk, uses.WRITES)]
    row += [plain(one.memory / 2**20, 3)]
    if one.month is not None and one.requests is not None and one.transfer is not None:
        row += [f"{one.requests:,.2f}", f"{one.transfer:,.0f}"] if question.use.weights else []
        row += [f"{one.month:,.4g}" if one.month < 1000 else f"{one.month:,.0f}"]
    return row


def _count(figure: Figure) -> str:
    digits = 0 if figure.value == int(figure.value) else 1
    return f"{MARKS[figure.how]}{figure.value:,.{digits}f}"


def _mib(figure: Figure) -> str:
    return f"{MARKS[figure.how]}{plain(figure.value / 2**20, 4)}"


def _time(figure: Figure, desk: Estimate, name: str) -> str:
    """A time, and how far off half of such times are."""
    errors = desk.accuracy.get(name)
    off = ASSUMED if figure.how == MEASURED else errors and errors.median
    return f"{MARKS[figure.how]}{time_said(figure.value)}" + (f" ±{off:.0%}" if off else "")


def _ties(found: Searched) -> list[str]:
    """Layouts that are as fast as the one that is named."""
    first = found.ranking.candidates[0]
    said = [f"{cut_said(one.layout)} ({time_said(one.seconds.value)})" for one in found.ties[:4]]
    lines = []
    if said:
        lines.append(f"No difference in time (below {TIE:.0%}): {'; '.join(said)}.")
    if found.formats[0]:
        lines.append("Format 2 or 3: no difference.")
    return lines if first.accesses or found.formats[0] else []


def _regret(found: Searched) -> list[str]:
    """What each use loses by one layout for all."""
    said = [
        f"{term} " + (f"takes {times:.2f} times as long as in {cut_said(best)}" if times > 1 + TIE
                      else "loses nothing")
        for term, (times, best) in found.regret.items()
    ]  # fmt: skip
    return [f"By one layout for all: {'; '.join(said)}."] if said else []


def _workers(question: Question, first: Candidate) -> list[str]:
    """How parallel writers have to be aligned."""
    layout, workers = first.layout, question.use.workers
    unit, edges = ("shard", layout.shards) if layout.shards else ("chunk", layout.chunks)
    if workers == 1:
        return []
    block, at_work = lattice.alignment(layout, question.shape, workers)
    said = (
        f"{workers} workers: let each write blocks of {say(block)}, from the origin on, which are "
        f"whole {unit}s of {say(edges)} ({at_work} at work at once)."
    )
    return [said]


def records(found: Searched) -> list[dict]:
    """A flat record for each layout shown, in base units (bytes, seconds, the prices' currency), with
    how each figure was got."""
    return [record(place, one) for place, one in enumerate(found.ranking.candidates, 1)]


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
    for name, access in {**one.accesses, uses.WRITES: one.write}.items():
        figures |= {
            f"{name}_requests": access.requests,
            f"{name}_bytes": access.bytes,
            f"{name}_seconds": access.seconds,
        }
    if one.accesses:
        figures["mean_seconds"] = one.seconds
    for name, figure in figures.items():
        found |= {name: figure.value, f"{name}_how": figure.how}
    found["memory_bytes"] = one.memory
    if one.requests is not None and one.transfer is not None and one.month is not None:
        found |= {
            "million_requests_cost": float(one.requests),
            "million_transfer_cost": float(one.transfer),
            "month_cost": float(one.month),
        }
    return found


def as_json(found: Searched, desk: Estimate) -> dict:
    """Answer, question, records, reason, notes, ties, regret, errors, layouts left out, and the code
    for the first."""
    question, known = desk.question, desk.evidence
    first, storage = found.ranking.candidates[0], question.storage
    return {
        "answer": answer(found, desk),
        "shape": list(question.shape),
        "dtype": question.dtype,
        "kind": question.kind,
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
        "measured_on": found.ranking.source,
        "compression_of": desk.ratios.volume,
        "compared": found.compared,
        "figures": [EXACT, MEASURED, MODELLED],
        "candidates": records(found),
        "errors": {name: one and vars(one) for name, one in desk.accuracy.items()},
        "reason": found.ranking.reason,
        "ties": [named(one.layout) for one in found.ties],
        "either_format": found.formats[0],
        "compressed": record("compressed", found.compressed) if found.compressed else None,
        "regret": {
            term: {"times": times, "best": named(best)}
            for term, (times, best) in found.regret.items()
        },
        "workers": _workers(question, first),
        "writers": writers.advice(first.layout),
        "slabs": writers.slabs(first.layout, question.shape),
        "notes": list(sure(desk)),
        "left_out": found.ranking.left_out,
        "code": {line: _script(first, line, question) for line in found.lines},
    }
