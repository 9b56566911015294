"""The machine's own pace while a history was measured: of plain reads, which no release has a part in."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from asv.results import Results

from tomobench.desk.measure.history.steps import Step
from tomobench.desk.results.calibration import ASSUMED

CONTROL = "floor.Pace.time_plain"
STEADY = 1 + ASSUMED
"""Beyond which times of different releases can't be compared with each other: what runs of one release are taken to
differ by."""


def said(steps: Iterable[Step], machine: Path) -> str | None:
    """How far the pace moved between the releases measured on the first volume, in a line; None if fewer than two were."""
    steps = [step for step in steps if CONTROL in step.names]
    paces = {
        step.release.version: pace
        for step in steps
        if step.volume == steps[0].volume and (pace := _pace(step.kept(machine)))
    }
    if len(paces) < 2:
        return None
    slowest, quickest = max(paces, key=paces.__getitem__), min(paces, key=paces.__getitem__)
    moved = paces[slowest] / paces[quickest]
    advice = (
        ""
        if moved < STEADY
        else ": too much to compare their times, measure those again or race them"
    )
    return (
        f"plain reads took {moved:.2f} times as long beside {slowest} as beside {quickest}{advice}"
    )


def _pace(found: Results | None) -> float | None:
    """Seconds, the geometric mean over the accesses; None where nothing is kept."""
    if found is None or CONTROL not in found.get_all_result_keys():
        return None
    values = np.array(
        found.get_result_value(CONTROL, found.get_result_params(CONTROL)), dtype=float
    )
    return float(np.exp(np.log(values).mean())) if np.isfinite(values).all() else None
