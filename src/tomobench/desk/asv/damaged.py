"""asv reads results that are whole: a damaged file is named in one line, with what to do, and is in no other's way.

asv 0.6.6 passes over a file that is no JSON, and shows a traceback for one of another shape.
"""

import functools
from collections.abc import Iterator
from pathlib import Path

from asv import results as asv_results
from asv.results import Results
from asv.util import UserError as AsvUserError

from tomobench.desk.results import parsed

BENCHMARKS = "benchmarks.json"
"""What a folder of results has, beside its machines' folders."""

REMEDY = "restore it from git, or remove it and measure again"


def tell() -> None:
    """Have asv say which file is damaged, and look for results in the folders of machines alone. Called once."""
    if not hasattr(Results.load, "tells_damage"):
        Results.load = classmethod(_telling(Results.load.__func__))
        asv_results.iter_results_paths = _of_machines(asv_results.iter_results_paths)


def _telling(load):
    @functools.wraps(load)
    def telling(cls, path, machine_name=None):
        try:
            return parsed.shaped(load(cls, path, machine_name=machine_name))
        except AsvUserError as error:
            raise AsvUserError(f"{error} ({REMEDY})") from None
        except parsed.DAMAGE as error:
            problem = f"{type(error).__name__}: {error}".splitlines()[0]
            raise AsvUserError(f"{path} is damaged, {problem} ({REMEDY})") from None

    telling.__dict__["tells_damage"] = True
    return telling


def _of_machines(paths):
    """asv's walk over the result files of a folder. What lies beside the machines' folders is no result."""

    @functools.wraps(paths)
    def of_machines(folder: str) -> Iterator[tuple[str, str, str]]:
        holds_machines = Path(folder, BENCHMARKS).exists()
        for one in sorted(Path(folder).glob("*/")) if holds_machines else [folder]:
            yield from paths(str(one))

    return of_machines
