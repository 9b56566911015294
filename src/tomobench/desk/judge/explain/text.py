"""Explanations in words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tomobench.desk import digits
from tomobench.desk.judge import sentences, tiers
from tomobench.desk.judge.explain.cells import Cell
from tomobench.desk.judge.explain.difference import (
    Explanation,
    FunctionChange,
    HeldChange,
    RequestChange,
)
from tomobench.desk.judge.explain.folding import Folded, FoldedAccess, fold
from tomobench.desk.judge.subjects import Subject

MOST = 6
"""Functions, requests and lines that are told of an access; of more their number and sum."""

TELLING = 3
"""Lines that are told under a fact."""

LEAST_HELD = 0.01
"""The share of the peak from which on a line is told."""


def as_text(
    before: str, after: str, accesses: Sequence[FoldedAccess], most: int | None = MOST
) -> str:
    """A sentence, then each access that changed; those in which the same functions did are one."""
    parts = [sentence(before, after, accesses)]
    for several in _alike([one for one in accesses if one.changed], most):
        parts.append("\n".join(_access(several, most)))
    return "\n\n".join(parts)


def as_markdown(
    before: str, after: str, accesses: Sequence[FoldedAccess], most: int | None = MOST
) -> str:
    """The same for a GitHub issue."""
    head, *rest = as_text(before, after, accesses, most).split("\n\n")
    parts = [f"**{head}**"]
    for part in rest:
        name, *lines = part.splitlines()
        parts.append("\n".join([f"### {name}", "", "```text", *lines, "```"]))
    return "\n\n".join(parts)


def sentence(before: str, after: str, accesses: Sequence[FoldedAccess]) -> str:
    """In how many accesses what changed."""
    layouts = len({one.cell.layout for access in accesses for one in access.explained})
    counts = {
        "other functions start": sum(one.starts_others for one in accesses),
        "other requests are made": sum(bool(one.requests) for one in accesses),
        "other memory is held": sum(one.memory is not None for one in accesses),
    }
    told = [f"{what} in {number}" for what, number in counts.items() if number]
    of = (
        f"{digits.several(len(accesses), 'access', 'accesses')} in "
        f"{digits.several(layouts, 'layout')}"
    )
    return f"zarr {before} → {after}, {of}: {', '.join(told) or 'nothing differs'}."


def notes(explained: Iterable[Explanation], left: Mapping[Cell, str]) -> list[str]:
    """What is missing, and why, a line for each reason. ``left``: the reason by cell that a side has not."""
    lines = [
        f"left out: {digits.several(number, 'cell')} {reason}"
        for reason, number in Counter(left.values()).items()
    ]
    if slow := sum(one.before is None for one in explained):
        lines.append(
            f"left out: functions and memory of {digits.several(slow, 'cell')}, too slow to be watched"
        )
    return lines


def telling(one: Explanation, metrics: Iterable[str] = (), most: int = TELLING) -> list[str]:
    """The few lines that tell most of a cell, those of what a fact is about (metrics, by name) first."""
    (access,) = fold([one])
    told = {
        "work": [function(each) for each in access.functions if each.total],
        "traffic": [request(each) for each in access.requests],
        "memory": [held(each) for each in _told_of_memory(one)],
    }
    wanted = list(metrics)
    first = [
        name
        for name, about in (("memory", "memory"), ("traffic", None))
        if (about in wanted if about else _about_traffic(wanted))
    ]
    order = [*first, *(name for name in told if name not in first)]
    return [line for name in order for line in told[name]][:most]


def _about_traffic(metrics: list[str]) -> bool:
    return any(one not in ("memory", "function starts", tiers.TIME) for one in metrics)


def function(one: Folded[FunctionChange]) -> str:
    """``+2 a chunk  zarr/core/array.py:123 AsyncArray._get (new)``."""
    sample = one.sample
    return f"{_by(one)} {sample.file}:{sample.line} {sample.name}{_marked(sample)}"


def request(one: Folded[RequestChange]) -> str:
    """``+1 a call  get zarr.json, no such object (new)``."""
    sample = one.sample
    sizes = [_sizes(each) for each in sample.sizes]
    said = f"{sample.kind} {sample.pattern}{', no such object' if sample.absent else ''}"
    if sample.before and sample.after and sizes[0] != sizes[1]:
        said += f", of {sizes[0]} → {sizes[1]}"
    elif any(sample.sizes[1 if sample.after else 0]):
        said += f", of {sizes[1 if sample.after else 0]}"
    if sample.in_all and sample.before == sample.after and sizes[0] == sizes[1]:
        said += f", {_in_all(sample.in_all)} in all"
    mark = f" ({sample.mark})" if sample.mark else ""
    return f"{_by(one) if one.total else 'as many'} {said}{mark}"


def held(one: HeldChange) -> str:
    """``+8 MiB at the peak by zarr/core/buffer/cpu.py:180 NDBuffer.create``."""
    sign = "+" if one.difference > 0 else "−"
    size = sentences.quantity(abs(one.difference), "bytes")
    return f"{sign}{size} at the peak by {one.file}:{one.line} {one.name}".rstrip()


def _by(one: Folded[Any]) -> str:
    return one.per or f"{one.sample.difference:+,}"


def _marked(one: FunctionChange) -> str:
    if one.was:
        file, name = one.was
        if name == one.name:
            return f" (moved from {file})"
        return f" (renamed: was {name if file == one.file else f'{file} {name}'})"
    return f" ({one.mark})" if one.mark else ""


def _sizes(found: tuple[int, int]) -> str:
    return " to ".join(dict.fromkeys(sentences.quantity(one, "bytes") for one in found))


def _in_all(sizes: tuple[int, int]) -> str:
    said = [sentences.quantity(size, "bytes") for size in sizes]
    # So near that both are said alike: to the byte.
    return " → ".join(said if said[0] != said[1] else [f"{size:,} bytes" for size in sizes])


def _told_of_memory(one: Explanation) -> list[HeldChange]:
    if one.memory is None:
        return []
    least = LEAST_HELD * max(one.memory.before, one.memory.after)
    return [each for each in one.memory.held if abs(each.difference) >= least]


def _alike(accesses: Sequence[FoldedAccess], most: int | None) -> list[list[FoldedAccess]]:
    """Accesses in which the same functions and requests changed in the same way, told together.

    What is per nothing is a number of one access alone, as is what other packages start where nothing else is told.
    """
    groups: dict[tuple[Any, ...], list[FoldedAccess]] = {}
    for one in accesses:
        functions, requests = one.functions[:most], one.requests[:most]
        told = [*functions, *requests]
        alike = told and all(each.per for each in told) and one.memory is None
        key = (
            tuple((_place(each.sample), each.sample.mark, each.per) for each in functions),
            tuple((_asked(each.sample), each.sample.mark, each.per) for each in requests),
            alike or one.name,
        )
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _access(several: list[FoldedAccess], most: int | None) -> list[str]:
    first = several[0]
    changed = [one for one in first.explained if one.changed]
    subjects = [Subject(_plain(one.name), "", False) for one in several]
    largest = first.largest
    lines = [_capital(sentences.subject(subjects))]
    where = f"{largest.cell.layout}; changed in {len(changed)} of {len(first.explained)} layouts"
    if len(several) > 1:
        where = f"{first.name}, {where}"
    if largest.before is None:
        lines.append(f"  too slow for its functions to be watched ({where})")
    elif first.starts_others:
        lines.append(
            f"  function starts {largest.before:,} → {largest.after:,} "
            f"({largest.difference:+,}; {where})"
        )
        lines += _functions(first, largest, most)
    if first.requests:
        lines.append("  requests" + ("" if largest.functions else f" ({where})"))
        lines += [f"    {request(one)}" for one in first.requests[:most]]
        lines += _more(len(first.requests[most:]) if most else 0, "kinds of requests")
    if (memory := first.memory) is not None and memory.memory is not None:
        lines += _memory(memory, most)
    return lines


def _functions(access: FoldedAccess, largest: Explanation, most: int | None) -> list[str]:
    """The functions of the cell that changed most: what is told adds up to the difference of its count."""
    per = {_place(one.sample): one.per for one in access.functions}
    told = largest.functions[:most]
    left = largest.functions[len(told) :]
    lines = [
        f"    {one.difference:+8,}  {per[_place(one)]:16}  "
        f"{one.file}:{one.line} {one.name}{_marked(one)}"
        for one in told
    ]
    if left or largest.rest:
        number = sum(one.difference for one in left) + largest.rest
        lines.append(f"    {number:+8,}  {'':16}  in {len(left):,} more functions")
    if largest.others:
        lines.append(f"    {largest.others:+8,}  {'':16}  in other packages")
    return lines


def _memory(one: Explanation, most: int | None) -> list[str]:
    memory = one.memory
    assert memory is not None
    before, after = (sentences.quantity(size, "bytes") for size in one.peaks or ())
    file, name, line = memory.at[1]
    told = _told_of_memory(one)
    lines = [f"  peak of traced memory {before} → {after} ({one.cell.layout}),"]
    lines[0] += f" reached at {file}:{line} {name}".rstrip()
    return (
        lines
        + [f"    {held(each)}" for each in told[:most]]
        + _more(len(told[most:]) if most else 0, "functions")
    )


def _more(number: int, what: str) -> list[str]:
    return [f"    … and {number} more {what}: --full has all"] if number else []


def _plain(access: str) -> str:
    return access.replace("8 boxes", "boxes")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


COLUMNS = (
    *("access", "layout", "what", "file", "line", "name"),
    *("before", "after", "difference", "per", "mark", "was", "sizes", "in_all"),
)
"""Of rows, for a program."""


def rows(accesses: Iterable[FoldedAccess]) -> list[dict[str, Any]]:
    """Every change of every cell, for a program: ``what`` is function, other packages, request, peak of traced memory, or
    bytes at the peak.

    ``file`` and ``name`` of a request are the key's pattern and the kind; ``was``: what a function was called before;
    ``in_all``: the bytes of such requests on both sides.
    """
    found = (row for access in accesses for one in access.explained for row in _rows(access, one))
    return [{column: row.get(column) for column in COLUMNS} for row in found]


def _rows(access: FoldedAccess, one: Explanation) -> Iterable[dict[str, Any]]:
    place = {"access": one.cell.access, "layout": one.cell.layout}
    per = {_place(each.sample): each.per for each in access.functions}
    for function_ in one.functions:
        was = {"was": " ".join(function_.was) if function_.was else None}
        yield {
            **place,
            "what": "function",
            **_change(function_),
            "per": per[_place(function_)],
            "mark": function_.mark.value or None,
            **was,
        }
    if one.rest or one.others:
        yield {**place, "what": "other packages", "difference": one.rest + one.others}
    of = {_asked(each.sample): each.per for each in access.requests}
    for request_ in one.requests:
        yield {
            **place,
            "what": "request, no such object" if request_.absent else "request",
            "file": request_.pattern,
            "name": request_.kind,
            **{name: getattr(request_, name) for name in ("before", "after", "difference")},
            "per": of[_asked(request_)],
            "mark": request_.mark.value or None,
            "sizes": " → ".join(_sizes(size) for size in request_.sizes),
            "in_all": " → ".join(map(str, request_.in_all or ())) or None,
        }
    if one.memory and one.peaks:
        file, name, line = one.memory.at[1]
        yield {
            **place,
            "what": "peak of traced memory",
            **dict(
                zip(("file", "line", "name", "before", "after"), (file, line, name, *one.peaks))
            ),
            "difference": one.peaks[1] - one.peaks[0],
        }
    for held_ in one.memory.held if one.memory else ():
        yield {**place, "what": "bytes at the peak", **_change(held_)}


def _asked(one: RequestChange) -> tuple[Any, ...]:
    return one.kind, one.pattern, one.absent


def _place(one: FunctionChange) -> tuple[Any, ...]:
    return one.file, one.name, one.was


def _change(one: FunctionChange | HeldChange) -> dict[str, Any]:
    names = ("file", "line", "name", "before", "after", "difference")
    return {name: getattr(one, name) for name in names}
