"""The data of a page: JSON beside it in the site."""

import json
import math
from pathlib import Path

import numpy as np

from tomobench.bench.cache import whole_file


def write(path: Path, content) -> None:
    """Write a file of the site, whole, and as short as JSON can be."""
    with whole_file(path, "w") as file:
        # At once: piece by piece, as json.dump does it, takes ten times as long.
        file.write(json.dumps(content, ensure_ascii=False, separators=(",", ":")))


def numbers(values: np.ndarray) -> list:
    """Each as :func:`number` has it, in lists of the array's shape."""
    found = np.array([number(one) for one in values.ravel().tolist()], dtype=object)
    listed: list = found.reshape(values.shape).tolist()
    return listed


def number(value: float) -> float | int | None:
    """A number as short as it can be said: whole, or with six digits. None for infinity, as for NaN: JSON has neither."""
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) else float(f"{value:.6g}")
