"""The suites on volumes that are not float32 noise: labels with empty chunks, and integers."""

import numpy as np
import pytest

SUITES = (
    "footprint.Chunks.track_files", "correctness.Chunks", "correctness.Shards", "counts.Chunks.track_puts",
    "write.OverwriteChunks", "read.Chunks.time_slice_xy", "floor.Chunks.track_zarr",
)  # fmt: skip
CHUNKS = "(32×32×32|16×64×64)"


def labels():
    """Few values, and far more than one chunk of nothing but zeros."""
    voxels = np.zeros((40, 48, 56), np.uint8)
    voxels[20:30, 10:40, 30:] = 3
    return voxels


def counts():
    return np.random.default_rng(2).poisson(20, (40, 48, 56)).astype(np.int16)


@pytest.mark.parametrize(
    "voxels",
    [
        pytest.param(labels(), id="labels"),
        pytest.param(counts(), id="int16", marks=pytest.mark.dear),
    ],
)
def test_the_tips_measure_it_without_a_failure(project, tmp_path, voxels):
    path = tmp_path / f"{voxels.dtype}.npy"
    np.save(path, voxels)
    volume = project.here("volume", "import", "--print-id", path).stdout.split()[-1]
    words = [word for suite in SUITES for word in ("--bench", rf"^{suite}.*\(.*{CHUNKS}")]
    project.asv("run", "--quick", *words, TOMOBENCH_VOLUME=volume)
    assert project.measured() == {"2.18.7", "3.4.2"}
