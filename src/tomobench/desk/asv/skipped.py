"""asv run --skip-existing, of cells: a benchmark is there where one of the cells that are asked for has a result.

asv keeps the cells of a benchmark together and skips it for any result it has: a new layout would never be measured.
A cell that is n/a and one that was not measured look alike, so that cells which are all n/a are asked again.
"""

import functools
import itertools
import math
from collections.abc import Iterable
from typing import Any

from asv.commands import run as run_command
from asv.results import Results


def look_at_cells() -> None:
    """Have asv run look at the cells that --bench selects. Called once."""
    every = run_command.iter_results_for_machine_and_hash
    if not hasattr(every, "looks_at_cells"):
        run_command.iter_results_for_machine_and_hash = _looking(every)


def _looking(every):
    @functools.wraps(every)
    def looking(*where):
        for one in every(*where):
            one.get_result_keys = functools.partial(_there, one)
            yield one

    looking.__dict__["looks_at_cells"] = True
    return looking


def _there(result: Results, benchmarks: Any) -> set[str]:
    """The benchmarks of which a result has cells that are asked for."""
    return {
        name
        for name in Results.get_result_keys(result, benchmarks)
        if _has(result, benchmarks[name], benchmarks.benchmark_selection.get(name))
    }


def _has(result: Results, benchmark: dict[str, Any], selected: Iterable[int] | None) -> bool:
    if selected is None or not benchmark["params"]:
        return True
    params = result.get_result_params(benchmark["name"])
    values = result.get_result_value(benchmark["name"], params)
    found = dict(zip(itertools.product(*params), values))
    cells = list(itertools.product(*benchmark["params"]))
    asked = (found.get(cells[place], math.nan) for place in selected)
    return any(value is None or not math.isnan(value) for value in asked)
