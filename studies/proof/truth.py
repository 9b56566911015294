"""What a slowed wheel's slowness really costs each cell, measured without comparing wheels.

One process reads one store with the slowness off, and on in each size, in turns (bench/toggled.py).
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy import stats

from studies.proof import samples, variants
from studies.proof.project import Stage
from tomobench.desk.asv.session import session
from tomobench.desk.errors import UserError
from tomobench.desk.measure.race import field
from tomobench.desk.measure.race.estimate import INTERVAL

FILE = "truth.csv"
SCRIPT = Path(__file__).with_name("toggled.py")
SEED = 10445
LEAST_WIDTH = 1e-3
"""The narrowest interval that is believed."""


def load(folder: Path) -> dict[tuple[str, str, float], float]:
    """ln(ratio) by cell, kind and share, of what was measured.

    What is added is a share of one and the same time, so that ratio - 1 is proportional to the share:
    the sizes of a kind in a cell are one line's, fitted by least squares to all of them, each
    weighted by its interval.
    """
    cells: dict[tuple[str, str], list[np.ndarray]] = {}
    for row in samples.load_table(folder / FILE):
        if row["ratio"]:
            numbers = [float(row[name]) for name in ("share", "ratio", "low", "high")]
            cells.setdefault((row["benchmark"], row["kind"]), []).append(np.array(numbers))
    found: dict[tuple[str, str, float], float] = {}
    for (benchmark, kind), rows in cells.items():
        share, ratio, low, high = np.transpose(rows)
        weight = 1 / np.maximum(high - low, LEAST_WIDTH) ** 2
        slope = np.sum(weight * share * (ratio - 1)) / np.sum(weight * share**2)
        found |= {(benchmark, kind, one): float(np.log1p(slope * one)) for one in share.tolist()}
    return found


def measure(
    project: Stage, sizes: dict[str, tuple[float, ...]], pattern: str, turns: int
) -> Iterator[str]:
    """Measure what is missing, a kind and cell at a time, and keep each; yields what is said.

    ``sizes``: the shares of each kind; ``pattern``: the cells, those that a kind touches.
    """
    rows = samples.load_table(project.kept / FILE)
    done = {(row["benchmark"], row["kind"]) for row in rows}
    for kind, shares in sizes.items():
        wheel = variants.slowed(kind, shares[-1])
        with session(project.folder):
            racing = field.prepare(project.folder, [project.add(wheel)], pattern, None)
        wanted = [one for one in racing.cells if wheel.touches(one) and (one, kind) not in done]
        for number, cell in enumerate(wanted, 1):
            yield f"true size of {kind}, {number} of {len(wanted)}: {cell}"
            found = _toggled(project, racing, cell, shares, turns)
            rows += _rows(cell, kind, shares, found.get("seconds", []))
            samples.save_table(project.kept / FILE, rows)


def _toggled(project: Stage, racing: field.Field, cell: str, shares, turns: int) -> dict:
    """The script's answer for one cell. Raises UserError when it fails."""
    asked = {"cells": [cell], "shares": [0, *shares], "turns": turns, "seed": SEED}
    entry = racing.entries[0]
    done = subprocess.run(
        [entry.python, str(SCRIPT)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        cwd=project.folder,
        env={**entry.environment, "volume": racing.volume},
    )
    if done.returncode:
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise UserError(f"the true size of {cell} could not be measured: {reason}")
    return json.loads(done.stdout.splitlines()[-1])


def _rows(cell: str, kind: str, shares, seconds: Sequence[Sequence[float]]) -> list[dict]:
    """A row a share: the ratio with its interval, empty where the cell is impossible."""
    rows = []
    for place, share in enumerate(shares, 1):
        found = ratio_of(seconds, place) if seconds else ("",) * 3
        rows.append({"benchmark": cell, "kind": kind, "share": share, "turns": len(seconds)})
        rows[-1] |= {
            name: value and f"{value:.6f}" for name, value in zip(("ratio", "low", "high"), found)
        }
    return rows


def ratio_of(seconds: Sequence[Sequence[float]], place: int) -> tuple[float, float, float]:
    """The ratio of a share's time to that without slowness, and its interval.

    ``seconds``: (turns, shares), the first without. The median over the turns of ln(ratio); its
    interval from the order statistics, which ask nothing of how the times are distributed.
    """
    times = np.log(np.asarray(seconds))
    logs = np.sort(times[:, place] - times[:, 0])
    rank = int(stats.binom.ppf((1 - INTERVAL) / 2, len(logs), 0.5))
    low, high = logs[max(rank - 1, 0)], logs[min(len(logs) - rank, len(logs) - 1)]
    return float(np.exp(np.median(logs))), float(np.exp(low)), float(np.exp(high))
