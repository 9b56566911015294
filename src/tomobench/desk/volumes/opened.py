"""A volume's file, open but not read."""

import dataclasses
from collections.abc import Callable

import numpy as np

Region = tuple[slice, ...]
"""Slices along z, y and x, with start and stop."""


@dataclasses.dataclass(frozen=True)
class Opened:
    """What can be known before the voxels are read.

    shape: (z, y, x) if it is a volume. voxel_spacing: (z, y, x) in Å, or None.
    read: takes three slices and gives that region. files: for a folder of chunks, takes three
    slices and names the files (relative to the folder) that hold them, each with its own region.
    """

    format: str
    shape: tuple[int, ...]
    dtype: np.dtype
    voxel_spacing: tuple[float, ...] | None
    details: dict
    read: Callable[[Region], np.ndarray]
    files: Callable[[Region], dict[str, Region]] | None = None


def rounded(spacing: tuple[float, ...]) -> tuple[float, ...]:
    """Spacings to six figures: files keep them as float32, and 10.0120001 was meant as 10.012."""
    return tuple(float(f"{edge:.6g}") for edge in spacing)
