"""Stored bytes of a layout on a volume, from the compression that was measured.

Bytes of the voxels over the ratio of the chunk shape, and what shards add: an index. The ratio is
that of the chunk shape where it was measured on voxels of the kind, else it is interpolated over
the logarithm of a chunk's voxels. Padding at the volume's end takes next to nothing.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log2, prod

import numpy as np

from tomobench.bench.layout import Layout, Shape
from tomobench.bench.objects import grid_shape
from tomobench.desk.advise.evidence.evidence import Evidence, Measurements
from tomobench.desk.advise.evidence.fetches import CHECKSUM, ENTRY
from tomobench.desk.errors import UserError


@dataclass(frozen=True)
class Ratios:
    """Voxel bytes over stored bytes without indices, by chunk shape, of a volume's voxels."""

    volume: str
    by_chunks: dict[Shape, float]

    def of(self, chunks: Shape) -> float:
        """The ratio of a chunk shape."""
        if chunks in self.by_chunks:
            return self.by_chunks[chunks]
        return float(np.interp(log2(prod(chunks)), *self._by_size))

    @cached_property
    def _by_size(self) -> tuple[list[float], list[float]]:
        """The logarithms of the sizes of chunks, and the mean ratio of each."""
        sizes: dict[float, list[float]] = {}
        for shape, ratio in self.by_chunks.items():
            sizes.setdefault(log2(prod(shape)), []).append(ratio)
        known = sorted(sizes)
        return known, [float(np.mean(sizes[size])) for size in known]

    def bytes(self, shape: Shape, itemsize: int, layout: Layout) -> float:
        """Stored bytes of a volume of ``shape`` (z, y, x)."""
        return prod(shape) * itemsize / self.of(layout.chunks) + index_bytes(shape, layout)


def index_bytes(shape: Shape, layout: Layout) -> int:
    """Bytes of the indices of all shards, 0 without shards."""
    if not layout.shards:
        return 0
    inside = prod(shard // chunk for shard, chunk in zip(layout.shards, layout.chunks))
    return prod(grid_shape(shape, layout.shards)) * (ENTRY * inside + CHECKSUM)


@lru_cache(maxsize=8)
def ratios(evidence: Evidence, dtype: str, volume: str | None = None) -> Ratios:
    """The ratios of a volume: the named one, else of raw voxels of the element type, else of any.

    Raises UserError where nothing of the element type was measured.
    """
    alike = {name: one for name, one in _volumes(evidence).items() if one.dtype == dtype}
    if volume in alike:
        return _measured(volume, evidence)
    # The volume with the most layouts says most.
    order = sorted(
        alike, key=lambda name: (alike[name].raw, len(_measured(name, evidence).by_chunks))
    )
    if not order:
        known = ", ".join(sorted({one.dtype for one in _volumes(evidence).values()}))
        raise UserError(
            f"no volume of {dtype} was measured, so its compression is not known: "
            f"choose from {known}, or measure one with TOMOBENCH_VOLUME=ID asv run --bench footprint"
        )
    return _measured(order[-1], evidence)


def _volumes(evidence: Evidence) -> dict[str, Measurements]:
    return {volume: one for (volume, _), one in evidence.found.items() if one.stored}


def _measured(volume: str, evidence: Evidence) -> Ratios:
    found: dict[Shape, float] = {}
    for (name, _), one in evidence.found.items():
        for layout, nbytes in one.stored.items() if name == volume else ():
            payload = nbytes - index_bytes(one.shape, layout)
            found.setdefault(layout.chunks, prod(one.shape) * one.itemsize / payload)
    return Ratios(volume, found)


@lru_cache(maxsize=8)
def largest_error(evidence: Evidence, dtype: str) -> float | None:
    """The largest relative error when each layout of each volume of raw voxels is predicted from
    another volume, or from its own other chunk shapes; None where there is nothing to predict."""
    found = [one for one in evidence.found.items() if one[1].dtype == dtype and one[1].raw]
    names = dict.fromkeys(name for (name, _), one in found if one.stored)
    measured = {name: _measured(name, evidence) for name in names}
    without = {
        (name, left_out): _without(known, left_out)
        for name, known in measured.items()
        for left_out in known.by_chunks
    }
    worst = []
    for (name, _), one in found:
        for layout, nbytes in one.stored.items():
            for source, ratios in measured.items():
                known = ratios if source != name else without[name, layout.chunks]
                if known.by_chunks:
                    worst.append(abs(known.bytes(one.shape, one.itemsize, layout) / nbytes - 1))
    return max(worst, default=None)


def _without(ratios: Ratios, chunks: tuple[int, ...]) -> Ratios:
    """The ratios of the other chunk shapes."""
    return Ratios(ratios.volume, {c: r for c, r in ratios.by_chunks.items() if c != chunks})
