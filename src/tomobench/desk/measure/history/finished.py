"""Steps that were finished and could not be kept: their command was ended while another one wrote results."""

import contextlib
from pathlib import Path

from asv.benchmarks import Benchmarks
from asv.results import Results

from tomobench.bench.cache import discard, kept_json, whole_copy
from tomobench.desk import locks
from tomobench.desk.asv.damaged import BENCHMARKS
from tomobench.desk.errors import UserError
from tomobench.desk.measure.history import kept, one_step
from tomobench.desk.results.reading import DAMAGE, result_files

STEP = "step-"
"""Begins the name of a step's folder."""

RESULTS = "results"
"""What a step wrote, in its folder."""


def keep(waiting: Path, machine: Path, benchmarks: Benchmarks) -> None:
    """Add whole steps to a machine's folder of results. Nobody else may be at work in ``waiting``, where their folders are.

    A step is whole that ended well, and gave nothing but results of today's ``benchmarks``. Of a benchmark that was
    measured again meanwhile, the later result stays.
    Raises UserError where TOMOBENCH_NO_WAIT=1, and another command writes results.
    """
    found = [one / RESULTS for one in waiting.glob(f"{STEP}*")]
    whole = [one for one in found if _is_whole(one, machine.name, benchmarks)]
    if not whole:
        return
    with locks.writing(machine.parent):
        for one in whole:
            with contextlib.suppress(UserError):  # of another machine: it is measured again
                whole_copy(one / BENCHMARKS, machine.parent / BENCHMARKS)
                kept.add(one, machine.parent)
                discard(one.parent)


def _is_whole(found: Path, machine: str, benchmarks: Benchmarks) -> bool:
    ended_well = kept_json(found / one_step.NOT_MEASURED, dict) is not None
    return ended_well and all(
        _is_of_today(one, benchmarks) for one in result_files(found / machine)
    )


def _is_of_today(path: Path, benchmarks: Benchmarks) -> bool:
    try:
        found = Results.load(str(path))
    except DAMAGE:
        return False
    return set(found.get_all_result_keys()) <= set(found.get_result_keys(benchmarks))
