"""The values of a volume: smallest, largest, mean, the commonest; and whether it can mislead."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from tomobench.bench import grids
from tomobench.bench import volume as volumes
from tomobench.bench.volume import Volume

_PIECE = 1 << 22  # voxels looked at at a time
_CANDIDATES = 64
"""Any value of more than one voxel in 65 is found: the summary of Misra and Gries (1982), merged as
Agarwal and others (2013) do."""


@dataclasses.dataclass(frozen=True)
class Statistics:
    """Of all voxels. commonest: a value, and the share of voxels that have it; None: no value has
    more than one voxel in 65.
    """

    smallest: float
    largest: float
    mean: float
    commonest: tuple[float, float] | None


def measured(volume_id: str) -> Statistics:
    """The statistics of a cached volume, in bounded memory. Raises VolumeError."""
    _, voxels = volumes.load(volume_id)
    smallest = min(piece.min() for piece in _pieces(voxels))
    largest = max(piece.max() for piece in _pieces(voxels))
    total = sum(float(piece.sum(dtype=np.float64)) for piece in _pieces(voxels))
    return Statistics(smallest, largest, total / voxels.size, commonest(voxels))


def rows(volume: Volume) -> list[tuple[str, str]]:
    """The statistics as ``info`` shows them; none for a volume whose voxels can't be read."""
    try:
        found = measured(volume.id)
    except volumes.VolumeError:
        return []
    common = f"none has more than 1 voxel in {_CANDIDATES + 1}"
    if found.commonest:
        common = f"{found.commonest[0]:g}, {found.commonest[1]:.1%} of the voxels"
    return [
        ("smallest", f"{found.smallest:g}"),
        ("largest", f"{found.largest:g}"),
        ("mean", f"{found.mean:g}"),
        ("commonest", common),
        *(("note", line) for line in doubts(volume)),
    ]


def doubts(volume: Volume) -> list[str]:
    """Lines on what makes figures of this volume mean little. Raises VolumeError."""
    found = []
    _, voxels = volumes.load(volume.id)
    first = voxels[0, 0, 0]
    if all((piece == first).all() for piece in _pieces(voxels)):
        found.append(
            f"{volume.id}: every voxel is {first:g}; it compresses like nothing real, and figures "
            "of it say nothing of a tomogram"
        )
    largest = max(filter(None, grids.CHUNKS.values()), key=max)
    if all(edge < chunk for edge, chunk in zip(volume.shape, largest, strict=True)):
        said = "×".join(map(str, volume.shape))
        found.append(
            f"{volume.id}: its {said} voxels are fewer along every axis than the largest chunks "
            f"measured ({'×'.join(map(str, largest))}); those are padded, and their figures are not "
            "those of a tomogram"
        )
    return found


def _pieces(voxels: np.ndarray) -> Iterator[np.ndarray]:
    flat = voxels.reshape(-1)
    for start in range(0, flat.size, _PIECE):
        yield flat[start : start + _PIECE]


def commonest(voxels: np.ndarray) -> tuple[float, float] | None:
    """The commonest value and the share of voxels that have it, as Statistics has them."""
    values, counts = np.array([], voxels.dtype), np.array([], np.int64)
    # Noise has no frequent low bits, and sorting it would take most of the time.
    tally = np.zeros(1 << 16, np.int64)
    for piece in _pieces(voxels):
        tally += np.bincount(_low_bits(piece), minlength=1 << 16)
    frequent = tally * (_CANDIDATES + 1) > voxels.size
    for piece in _pieces(voxels):
        likely = piece[frequent[_low_bits(piece)]]
        more, theirs = _summary(*np.unique(likely, return_counts=True))
        merged, where = np.unique(np.concatenate([values, more]), return_inverse=True)
        sums = np.zeros(len(merged), np.int64)
        np.add.at(sums, where, np.concatenate([counts, theirs]))
        values, counts = _summary(merged, sums)
    totals = np.zeros(len(values), np.int64)
    for piece in _pieces(voxels):  # the summary's counts are low, so they are counted again
        totals += np.array([np.count_nonzero(piece == one) for one in values], np.int64)
    if not len(totals) or totals.max() * (_CANDIDATES + 1) <= voxels.size:
        return None
    return values[totals.argmax()], totals.max() / voxels.size


def _low_bits(piece: np.ndarray) -> np.ndarray:
    """The lowest 16 bits (8 of bytes) of each voxel, as equal ones of equal voxels."""
    width = piece.itemsize
    return piece.view("u1") if width == 1 else piece.view("<u2")[:: width // 2]


def _summary(values: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most frequent values, their counts reduced by that of the next."""
    order = np.argsort(counts)[::-1]
    surplus = counts[order[_CANDIDATES]] if len(order) > _CANDIDATES else 0
    kept = order[:_CANDIDATES][counts[order[:_CANDIDATES]] > surplus]
    return values[kept], counts[kept] - surplus
