"""What of a volume decides how it is stored: values, bytes, spectrum, compression.

Two volumes are measured alike on their central region of at most VOXELS voxels, the size of the
published report's, so that a small one and a large one can be compared.
"""

import dataclasses
import itertools

import numpy as np
import tensorstore

VOXELS = 128**3
"""Voxels measured at most: those of the published report's test volume."""

EDGES = (16, 32, 64, 128)
"""Cubic chunks that are compressed, voxels a side; the four cubes of the published report."""

LEVEL = 5
"""Level of every codec: that of the published report."""

CODECS = {
    "Blosc-zstd": {"id": "blosc", "cname": "zstd", "clevel": LEVEL, "shuffle": 1},
    "Blosc-lz4": {"id": "blosc", "cname": "lz4", "clevel": LEVEL, "shuffle": 1},
    "zstd": {"id": "zstd", "level": LEVEL},
    "gzip": {"id": "gzip", "level": LEVEL},
}
"""Compressors, in the words of Zarr format 2. Blosc shuffles bytes."""

REPORTED = {16: 1.14, 32: 1.14, 64: 1.17, 128: 1.17}
"""Compression that the published report found in TS_100_3, by chunk edge: Blosc-zstd, level 5."""

_BINS = 256
_LINES = 4096  # along which a spectrum is averaged, evenly spread over the region


@dataclasses.dataclass(frozen=True)
class Profile:
    """What was measured.

    region: (z, y, x) voxels measured. mean, deviation: of the values. edges, density: histogram;
    density integrates to 1. entropy: bits of each byte of a voxel, the lowest first. power: for z,
    y and x, relative power at equal steps of frequency from 0 to 1/2 cycle a voxel (empty for an axis
    too short); white noise is 1 everywhere. ratios: {codec: {chunk edge: ratio}}.
    """

    region: tuple[int, ...]
    mean: float
    deviation: float
    edges: list[float]
    density: list[float]
    entropy: list[float]
    power: dict[str, list[float]]
    ratios: dict[str, dict[int, float]]


def measure(voxels: np.ndarray) -> Profile:
    """Measure a volume (z, y, x); a float64 copy of the region is made."""
    region = np.ascontiguousarray(voxels[central(voxels.shape)])
    values = region.astype(np.float64)
    density, edges = np.histogram(values, _bins(region), density=True)
    return Profile(
        region=region.shape,
        mean=float(values.mean()),
        deviation=float(values.std()),
        edges=edges.tolist(),
        density=density.tolist(),
        entropy=entropy(region),
        power={axis: power(values, i) for i, axis in enumerate("zyx")},
        ratios={name: {edge: ratio(region, name, edge) for edge in EDGES} for name in CODECS},
    )


def central(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """The middle of a volume, of at most VOXELS voxels, as near to a cube as the shape lets it."""
    edges, left = {}, VOXELS
    for done, axis in enumerate(np.argsort(shape, kind="stable")):
        fair = int(round(left ** (1 / (3 - done)), 6))
        edges[int(axis)] = min(shape[axis], fair)
        left //= edges[int(axis)]
    starts = [(shape[axis] - edges[axis]) // 2 for axis in range(3)]
    return tuple(slice(start, start + edges[axis]) for axis, start in enumerate(starts))


def entropy(voxels: np.ndarray) -> list[float]:
    """Shannon's entropy, in bits, of each byte of a voxel, the lowest byte first: 8 is noise."""
    little = np.ascontiguousarray(voxels, voxels.dtype.newbyteorder("<"))
    planes = little.view(np.uint8).reshape(-1, little.dtype.itemsize).T
    return [_entropy(plane) for plane in planes]


def power(values: np.ndarray, axis: int) -> list[float]:
    """Mean power spectrum along an axis, Hann-windowed; its mean, frequency 0 left out, is 1."""
    length = values.shape[axis]
    if length < 8:  # too short for a spectrum
        return []
    every = np.moveaxis(values, axis, -1).reshape(-1, length)
    lines = every[:: max(1, len(every) // _LINES)]
    spectrum = abs(np.fft.rfft((lines - values.mean()) * np.hanning(length))) ** 2
    mean = spectrum.mean(axis=0)
    level = mean[1:].mean()
    return (mean / level if level else mean).tolist()


def ratio(voxels: np.ndarray, codec: str, edge: int) -> float:
    """Bytes of the voxels / bytes of all files, Zarr format 2, metadata included.

    Chunks are cubes, cut to the volume where it is thinner: of a single section they are so small
    that headers and metadata weigh.
    """
    spec = {
        "driver": "zarr",
        "kvstore": {"driver": "memory", "path": "v/"},
        "metadata": {
            "dtype": voxels.dtype.newbyteorder("<").str,
            "shape": voxels.shape,
            "chunks": [min(edge, length) for length in voxels.shape],
            "compressor": CODECS[codec],
        },
    }
    array = tensorstore.open(spec, create=True).result()
    array.write(voxels).result()
    files = array.kvstore
    assert files is not None  # as every zarr array of tensorstore has
    reads = [files.read(name) for name in files.list().result()]
    return voxels.nbytes / sum(len(read.result().value) for read in reads)


def bands(spectrum: list[float]) -> list[float]:
    """Shares of the power in four bands from 0 (left out) to 1/2 cycle a voxel; white: a quarter."""
    means = [part.mean() for part in np.array_split(np.array(spectrum[1:]), 4)]
    total = sum(means)
    return [float(mean / total) if total else 0.0 for mean in means]


def rows(profile: Profile) -> list[tuple[str, str, float]]:
    """All that was measured as (measure, at, value), for a table that other programs read."""
    histogram = zip(itertools.pairwise(profile.edges), profile.density, strict=True)
    return [
        ("mean", "", profile.mean),
        ("deviation", "", profile.deviation),
        *(("density", f"{(low + high) / 2:.6g}", value) for (low, high), value in histogram),
        *(("entropy", f"byte {i}", bits) for i, bits in enumerate(profile.entropy)),
        *(
            (f"power along {axis}", f"{i / (2 * (len(spectrum) - 1)):.6g}", value)
            for axis, spectrum in profile.power.items()
            for i, value in enumerate(spectrum)
        ),
        *(
            (f"ratio, {codec}", f"{edge}", value)
            for codec, by_edge in profile.ratios.items()
            for edge, value in by_edge.items()
        ),
    ]


def _bins(region: np.ndarray) -> np.ndarray:
    """One bin a value where there are few whole ones; else equal bins over all but the outliers."""
    if region.dtype.kind in "iu" and int(region.max()) - int(region.min()) < _BINS:
        return np.arange(int(region.min()), int(region.max()) + 2) - 0.5
    low, high = np.percentile(region, (0.05, 99.95))
    return np.linspace(low, high if high > low else low + 1, _BINS + 1)


def _entropy(plane: np.ndarray) -> float:
    share = np.bincount(plane, minlength=256) / plane.size
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum()) + 0.0
