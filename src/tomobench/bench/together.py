"""Cells that are looked up are answered together, by the process of one of them.

asv starts a process for each cell. A suite that counts finds all figures of a store in one pass, and keeps them: its other
cells look there, which takes a hundredth of what their processes cost. So the process of a cell, when that is done, looks
up the others of its suite and store. What nobody has found yet it leaves to a process of its own, in which nothing has
run before: no count depends on any of this.

A suite says with ``looked_up = True`` that all its ``track_`` benchmarks do is look up.
"""

import contextlib
import io
import itertools
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from asv_runner.benchmarks.mark import SkipNotImplemented
from asv_runner.discovery import get_benchmark_from_name

from tomobench.bench.cache import looking_up

#: What follows the name of the file with a cell's result: there are those of the others.
OTHERS = ".others"
#: How asv says that nothing is profiled.
NO_PROFILE = "None"
#: A cell's figure, and what was printed for it.
Answer = tuple[float, str]


def answer_others(server: Any) -> None:
    """Have the processes that asv's ``server`` of benchmarks forks look up the others, too. Called once."""
    if not hasattr(server._run, "answers_others"):
        server._run = _answering(server._run)


def _answering(run: Callable[[tuple], None]) -> Callable[[tuple], None]:
    def answering(args: tuple) -> None:
        run(args)
        folder, name, _, profile, result = args
        if profile == NO_PROFILE and (found := others(folder, name)):
            Path(f"{result}{OTHERS}").write_text(json.dumps(found))

    answering.answers_others = True  # type: ignore[attr-defined]
    return answering


def others(folder: str, name: str) -> dict[str, Answer]:
    """The answers of other cells of a cell's suite and store for which nothing has to be found, by their names.

    ``folder``: that of the suites; ``name``: as asv names a cell (``counts.Chunks.track_requests-12``).
    """
    benchmark, _, index = name.partition("-")
    found = {}
    for one in _of_suite(folder, benchmark):
        for place in _of_store(one, int(index or 0)):
            cell = f"{one.name}-{place}" if one.params else one.name
            if cell != name and (answer := _answer(one, place)):
                found[cell] = answer
    return found


def _of_suite(folder: str, benchmark: str) -> Iterator[Any]:
    """The benchmarks of a benchmark's suite, as asv's runner has them; none if it does more than look up."""
    one = get_benchmark_from_name(folder, benchmark)
    suite = getattr(one.func, "__self__", None)
    if one.type != "track" or not getattr(suite, "looked_up", False):
        return
    for method in dir(suite):
        if method.startswith("track_"):
            yield get_benchmark_from_name(folder, f"{benchmark.rpartition('.')[0]}.{method}")


def _of_store(benchmark: Any, index: int) -> list[int]:
    """The places of the cells that are of the same store as the one at ``index``: of all, where the suite is over no grid."""
    grid = getattr(benchmark.func.__self__, "grid", None)
    cells = list(itertools.product(*benchmark._params))
    tail = len(grid.names) if grid else 0
    return [
        place
        for place, cell in enumerate(cells)
        if not tail or cell[-tail:] == cells[index][-tail:]
    ]


def _answer(benchmark: Any, place: int) -> Answer | None:
    """What a cell gives; None where something has to be found first, or it fails."""
    said = io.StringIO()
    with looking_up(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            if benchmark.params:
                benchmark.set_param_idx(place)
            return (math.nan if benchmark.do_setup() else benchmark.do_run()), said.getvalue()
        except SkipNotImplemented:
            return math.nan, said.getvalue()
        except Exception:  # noqa: BLE001 - its own process says what is wrong, and whose doing that is
            return None
