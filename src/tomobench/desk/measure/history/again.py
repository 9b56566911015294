"""``tomobench history --again``: failures that are to be looked at afresh.

A failure is in two places: among the results, and in the cache, beside the store, where what was found is kept. The
results stay until others take their place; what the cache says of failures is forgotten at once.
"""

import itertools
import re
from collections.abc import Iterable
from pathlib import Path

from tomobench.bench import release, store
from tomobench.bench.cache import discard, kept_json
from tomobench.desk.measure.history.steps import Step


def failed(step: Step, machine: Path, expression: str) -> dict[str, list[str]]:
    """The benchmarks of a step that have failed cells which ``expression`` finds, as asv's --bench; and those cells."""
    kept = step.kept(machine)
    found: dict[str, list[str]] = {}
    if kept is None:
        return found
    for name in step.names:
        if name in kept.get_all_result_keys():
            params = kept.get_result_params(name)
            cells = [
                f"{name}({', '.join(cell)})" if cell else name
                for cell in itertools.product(*params)
            ]
            values = kept.get_result_value(name, params) or [None] * len(cells)
            hit = [c for c, v in zip(cells, values) if v is None and re.search(expression, c)]
            if hit:
                found[name] = hit
    return found


def forget(steps: Iterable[Step]) -> None:
    """Have the cache forget what it keeps of failures of these releases on these volumes."""
    for wheel, volume in {(step.release.sha256, step.volume) for step in steps}:
        stores = (list(one.glob(f"{volume}-*/*/")) for one in release.folders("stores", wheel))
        for folder in itertools.chain(release.folders("tried", wheel), *stores):
            for kept in folder.glob("*.json"):
                if not _holds_failure(kept):
                    continue
                if kept.name == store.CHECK:
                    discard(folder)
                    break
                kept.unlink()


def _holds_failure(kept: Path) -> bool:
    """Whether a file of what was found names something that was raised, or is wrong: all else in it are numbers."""
    found = kept_json(kept, dict)
    return found is None or _says(found)


def _says(found: object) -> bool:
    if not isinstance(found, dict):
        return False
    return any(
        (isinstance(value, str) and key != "impossible") or _says(value)
        for key, value in found.items()
    )
