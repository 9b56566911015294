"""What a release was found to do with small arrays of our own, whatever the volume: kept once for each wheel.

Under ``<cache>/tried/<wheel>/``. Small, because each voxel and byte of them is looked at, and many are written.
"""

from pathlib import Path

import numpy as np

from tomobench.bench import release
from tomobench.bench.cache import root
from tomobench.bench.kinds import CHUNKS, SHAPE, SHARDS
from tomobench.bench.store import DIGITS

__all__ = ["CHUNKS", "SHAPE", "SHARDS", "kept", "noise"]

#: Random numbers that are always the same.
SEED = 7


def kept(name: str, version: int) -> Path:
    """The file for what was found under a name, of the release under test; ``version``: of how it is found."""
    return folder(release.asked().wheel[:DIGITS]) / f"{name}-{version}.json"


def folder(wheel: str) -> Path:
    """The folder of a wheel, given by its first DIGITS digits."""
    return root() / "tried" / wheel


def noise(shape: tuple[int, ...] = SHAPE, seed: int = SEED) -> np.ndarray:
    """Voxels (z, y, x) of float32 noise."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)
