"""What a release was found to do with small arrays of our own, whatever the volume: kept once for each wheel.

Under ``<cache>/tried/<wheel>/`` (:func:`tomobench.bench.release.key`). Small, because each voxel and byte of them is
looked at, and many are written.
"""

from pathlib import Path

import numpy as np

from tomobench.bench import release
from tomobench.bench.cache import root
from tomobench.bench.kinds import CHUNKS, SHAPE, SHARDS

__all__ = ["CHUNKS", "SHAPE", "SHARDS", "kept", "noise"]

#: Random numbers that are always the same.
SEED = 7


def kept(name: str, version: int) -> Path:
    """The file for what was found under a name, of the release under test; ``version``: of how it is found."""
    return folder(release.key()) / f"{name}-{version}.json"


def folder(key: str) -> Path:
    """The folder of a release (:func:`tomobench.bench.release.key`)."""
    return root() / "tried" / key


def noise(shape: tuple[int, ...] = SHAPE, seed: int = SEED) -> np.ndarray:
    """Voxels (z, y, x) of float32 noise."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)
