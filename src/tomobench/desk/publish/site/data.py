"""The data of a page: JSON beside it in the site."""

import json
from pathlib import Path

import numpy as np

from tomobench.bench.cache import whole_file


def write(path: Path, content) -> None:
    """Write a file of the site, whole, and as short as JSON can be."""
    with whole_file(path, "w") as file:
        json.dump(content, file, ensure_ascii=False, separators=(",", ":"))


def number(value) -> float | int | None:
    """A number as short as it can be said: whole, or with six digits. None for infinity, as for NaN: JSON has neither."""
    if not np.isfinite(value):
        return None
    return int(value) if value == int(value) else float(f"{value:.6g}")
