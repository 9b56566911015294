"""Stored bytes of a layout on a volume, from the compression that was measured.

Bytes of the voxels over the ratio of the chunk shape, and what shards add: an index. The ratio is
that of the chunk shape where it was measured on voxels of the kind, else it is interpolated over
the logarithm of a chunk's voxels. Padding at the volume's end takes next to nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log2, prod

import numpy as np

from tomobench.bench.layout import Codec, Layout, Shape
from tomobench.bench.objects import grid_shape
from tomobench.desk.advise.evidence.evidence import Evidence, Measurements
from tomobench.desk.advise.evidence.fetches import CHECKSUM, ENTRY

DEFAULT = Codec()


@dataclass(frozen=True, eq=False)
class Ratios:
    """Voxel bytes over stored bytes without indices, by codec and chunk shape. ``volume``: whose
    voxels they are of, as it is said. The default codec is among them, or one ratio for all."""

    volume: str
    found: Mapping[tuple[Codec, Shape], float]

    def of(self, chunks: Shape, codec: Codec = DEFAULT) -> float:
        """The ratio of a chunk shape in a codec.

        In the default codec interpolated over the logarithm of a chunk's voxels where it was not
        measured; in another, that times what the other made of it where both were measured.
        """
        if (known := self.found.get((codec, chunks))) is not None:
            return known
        if codec.name == "none":
            return 1.0
        by_default = float(self.of_sizes(np.array([prod(chunks)]))[0])
        if codec == DEFAULT or not (other := self.against_default.get(codec)):
            return by_default
        sizes, times = other
        return by_default * float(np.interp(log2(prod(chunks)), sizes, times))

    def of_sizes(self, voxels: np.ndarray) -> np.ndarray:
        """The ratios in the default codec of chunks of so many voxels."""
        return np.interp(np.log2(voxels), *self.by_size)

    @cached_property
    def by_size(self) -> tuple[list[float], list[float]]:
        """In the default codec: the binary logarithms of the voxels of chunks, and the mean ratio of each."""
        return _means(
            (prod(shape), ratio) for (codec, shape), ratio in self.found.items() if codec == DEFAULT
        )

    @cached_property
    def against_default(self) -> dict[Codec, tuple[list[float], list[float]]]:
        """By codec: the binary logarithms of the voxels of chunks, and its ratio over the default codec's."""
        pairs: dict[Codec, list[tuple[int, float]]] = {}
        for (codec, shape), ratio in self.found.items():
            if codec != DEFAULT and (own := self.found.get((DEFAULT, shape))):
                pairs.setdefault(codec, []).append((prod(shape), ratio / own))
        return {codec: _means(found) for codec, found in pairs.items()}

    def bytes(self, shape: Shape, itemsize: int, layout: Layout) -> float:
        """Stored bytes of a volume of ``shape`` (z, y, x)."""
        payload = prod(shape) * itemsize / self.of(layout.chunks, layout.codec)
        return payload + index_bytes(shape, layout)


def _means(pairs: Iterable[tuple[int, float]]) -> tuple[list[float], list[float]]:
    """The logarithms of the sizes, rising, and the mean of what there is of each."""
    sizes: dict[float, list[float]] = {}
    for size, value in pairs:
        sizes.setdefault(log2(size), []).append(value)
    known = sorted(sizes)
    return known, [float(np.mean(sizes[size])) for size in known]


def index_bytes(shape: Shape, layout: Layout) -> int:
    """Bytes of the indices of all shards, 0 without shards."""
    if not layout.shards:
        return 0
    inside = prod(shard // chunk for shard, chunk in zip(layout.shards, layout.chunks))
    return prod(grid_shape(shape, layout.shards)) * (ENTRY * inside + CHECKSUM)


@lru_cache(maxsize=8)
def ratios(
    evidence: Evidence, dtype: str, volume: str | None = None, kind: str = "raw"
) -> Ratios | None:
    """The ratios of a volume: the named one, else of voxels of the element type and kind.

    None where nothing of both was measured: labels say nothing of densities, nor the other way.
    """
    alike = {
        name: one
        for name, one in _volumes(evidence).items()
        if one.dtype == dtype and (one.kind == kind or name == volume)
    }
    if not alike:
        return None
    # The volume with the most layouts says most.
    most = _measured(max(alike, key=lambda name: len(_measured(name, evidence).found)), evidence)
    return _with_codecs(_measured(volume, evidence), most) if volume in alike else most


def _with_codecs(own: Ratios, other: Ratios) -> Ratios:
    """A volume's ratios; in codecs that it was not measured in, as far from its default as another
    volume's are."""
    known = {codec for codec, _ in own.found}
    found = dict(own.found)
    for (codec, chunks), ratio in other.found.items():
        if codec not in known:
            found.setdefault((DEFAULT, chunks), own.of(chunks))
            found[codec, chunks] = ratio / other.of(chunks) * own.of(chunks)
    return Ratios(own.volume, found)


def _volumes(evidence: Evidence) -> dict[str, Measurements]:
    return {volume: one for (volume, _), one in evidence.found.items() if one.stored}


@lru_cache(maxsize=32)
def _measured(volume: str, evidence: Evidence) -> Ratios:
    found: dict[tuple[Codec, Shape], float] = {}
    for (name, _), one in evidence.found.items():
        # What is not compressed has the ratio 1, but for padding.
        packed = {
            layout: nbytes for layout, nbytes in one.stored.items() if layout.codec.name != "none"
        }
        for layout, nbytes in packed.items() if name == volume else ():
            payload = nbytes - index_bytes(one.shape, layout)
            ratio = prod(one.shape) * one.itemsize / payload
            found.setdefault((layout.codec, layout.chunks), ratio)
    return Ratios(volume, found)


@lru_cache(maxsize=8)
def largest_error(evidence: Evidence, dtype: str) -> float | None:
    """The largest relative error when each layout of each volume of raw voxels is predicted from
    another volume, or from its own other chunk shapes, in the default codec; None where there is
    nothing to predict."""
    found = [one for one in evidence.found.items() if one[1].dtype == dtype and one[1].raw]
    names = dict.fromkeys(name for (name, _), one in found if one.stored)
    measured = {name: _by_default(_measured(name, evidence)) for name in names}
    without = {
        (name, left_out): _without(known, left_out)
        for name, known in measured.items()
        for _, left_out in known.found
    }
    worst = []
    for (name, _), one in found:
        for layout, nbytes in one.stored.items():
            for source, ratios in measured.items() if layout.codec == DEFAULT else ():
                known = ratios if source != name else without[name, layout.chunks]
                if known.found:
                    worst.append(abs(known.bytes(one.shape, one.itemsize, layout) / nbytes - 1))
    return max(worst, default=None)


def _by_default(ratios: Ratios) -> Ratios:
    """The ratios in the default codec."""
    return Ratios(ratios.volume, {k: r for k, r in ratios.found.items() if k[0] == DEFAULT})


def _without(ratios: Ratios, chunks: tuple[int, ...]) -> Ratios:
    """The ratios of the other chunk shapes."""
    return Ratios(ratios.volume, {k: r for k, r in ratios.found.items() if k[1] != chunks})
