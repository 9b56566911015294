"""Who did it: what stands behind the exact figures of an access, function by function, request by request. No clock.

The figures themselves are those of :mod:`tomobench.bench.exact`, made by the same calls: function starts add up to
the count that is recorded there. One access is profiled in a process of its own, as its figures at the release's own
concurrency come before those of one chunk at a time, and pinning is for good.
"""

import ast
import re
from collections.abc import Callable
from dataclasses import asdict
from math import prod
from pathlib import Path

from tomobench.bench import access, adapters, exact, peak, starts
from tomobench.bench.cache import once
from tomobench.bench.layout import Layout, Shape
from tomobench.bench.metered import Meter
from tomobench.bench.store import SLOW, Store, whole

#: Counted up when what is found changes: what is kept under another number is not used.
VERSION = 1
#: The share of the peak from which on a line is kept.
LEAST = 0.01


class NotingMeter(Meter):
    """A meter that keeps each request: its kind, its key as a pattern, its bytes, whether there was such an object."""

    def reset(self) -> None:
        super().reset()
        self.noted: list[tuple[str, str, int, bool]] = []

    def count(self, kind, key, fetched=0, written=0, absent=False) -> None:
        super().count(kind, key, fetched, written, absent)
        self.noted.append((kind, pattern(key), fetched + written, absent))


def pattern(key: str) -> str:
    """A key without the numbers of its chunk: ``array.zarr/c/*/*/*``."""
    return re.sub(r"(?<![^/.])[0-9]+(?![^/.])", "*", key.strip("/"))


def work(store: Store, name: str) -> dict:
    """What an access (one of exact.NAMES) makes zarr ask for and run. Raises what the access does.

    Keys: ``requests``, a list of (kind, pattern, absent, number, bytes in all, least, most); ``starts``, a list of
    functions, each with ``starts``; ``peak``, bytes, as exact's; ``units``, how many calls, chunks and objects it meets.
    ``slow`` in place of starts and peak where the access alone takes longer than exact watches.
    """
    return _kept(store, name, "work", _work)


def memory(store: Store, name: str) -> dict:
    """What an access holds at the peak of traced memory: ``most``, bytes; ``at``, the line that was reached then.

    ``lines``: bytes held then by each line of a share of LEAST and more. A line is a file, the name of its function
    and its number.
    """
    return _kept(store, name, "memory", _memory)


def _kept(store: Store, name: str, what: str, find: Callable) -> dict:
    slug = re.sub(r"\W+", "-", name)
    path = store.folder / f"who-{VERSION}-{what}-{slug}.json"
    # What fails, or is impossible, raises: it is not kept.
    return once(path, lambda: find(whole(store), name))


def _work(store: Store, name: str) -> dict:
    job, meter = exact.jobs(store)[name], NotingMeter()
    figures = exact.requests(job, meter)
    found = {"requests": _requests(meter), "units": units(store.shape, store.layout, name)}
    if figures["seconds"] > SLOW:
        return found | {"slow": figures["seconds"]}
    _warm_up(job)
    counted = exact.work(job, _noted)
    listed = [asdict(one) | {"starts": number} for one, number in counted["functions"].items()]
    return found | {"starts": listed, "peak": exact.work(job)["peak_memory"]}


def _memory(store: Store, name: str) -> dict:
    job = exact.jobs(store)[name]
    exact.requests(job)
    _warm_up(job)

    def act(watched: Callable) -> None:
        with job.place() as folder:
            ready = exact.ready(job, folder)
            watched(lambda: job.act(ready))

    found = peak.held(act)
    held = {
        line: size
        for line, size in found.lines.items()
        if size >= LEAST * found.most and line[0] != peak.__file__
    }
    lines = [[*_said(line), size] for line, size in held.items()]
    return {"most": found.most, "at": _said(found.at), "lines": lines}


def _said(line: peak.Line) -> list:
    """A line with the name of the innermost function that it is in."""
    file, number = line
    return [starts.file_of(file), _function_at(file, number), number]


def _function_at(file: str, line: int) -> str:
    """The qualified name of the function or class that a line of a file is in; empty where that can't be known."""
    try:
        node: ast.AST = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ""
    names: list[str] = []
    while (inner := _child_at(node, line)) is not None:
        node = inner
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
    return ".".join(names)


def _child_at(node: ast.AST, line: int) -> ast.AST | None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt) and child.lineno <= line <= (child.end_lineno or 0):
            return child
    return None


def _warm_up(job: exact.MeteredAccess) -> None:
    """Call the access once, pinned, in place of those that come before it among exact's."""
    adapters.load().pin_in_loop()
    with job.place() as folder:
        job.act(exact.ready(job, folder))


def _noted(act: Callable) -> tuple[dict, object]:
    """The functions that ``act`` starts, and what it returns."""
    with starts.noting() as noted:
        first = len(noted)
        result = act()
        last = len(noted)
    return {"functions": starts.functions(noted[first:last])}, result


def _requests(meter: NotingMeter) -> list[list]:
    sizes: dict[tuple, list[int]] = {}
    for kind, key, size, absent in meter.noted:
        sizes.setdefault((kind, key, absent), []).append(size)
    return [
        [*group, len(several), sum(several), min(several), max(several)]
        for group, several in sorted(sizes.items())
    ]


def units(shape: Shape, layout: Layout, name: str) -> dict[str, int]:
    """How many calls an access makes, and how many chunks and objects (chunks or shards) these meet, each time anew."""
    parts = _parts(shape, layout, name)
    return {
        "calls": max(1, len(parts)),
        "chunks": sum(_met(part, layout.chunks) for part in parts),
        "objects": sum(_met(part, layout.shards or layout.chunks) for part in parts),
    }


def _parts(shape: Shape, layout: Layout, name: str) -> list[access.Part]:
    """The parts of the volume that an access reads or writes; none of an opening."""
    verb, _, what = name.partition(" ")
    if verb == "open":
        return []
    return access.READS[what.partition(",")[0]](shape, layout)


def _met(part: access.Part, edges: Shape) -> int:
    """How many boxes of a grid a part meets."""
    return prod(
        len({index // edge for index in access.indices(selected)})
        for selected, edge in zip(part.selection, edges)
    )
