"""The phantom: a made-up cryo-ET reconstruction, the same bytes on every machine and NumPy.

The model, for a volume (z, y, x) of float32 with the voxel size of dataset 10445 of the CryoET
Data Portal:

1. a specimen of membranes and particles (:mod:`~tomobench.desk.volumes.specimen`), dark in the ice;
2. white noise, each voxel the sum of four random bytes (nearly a Gaussian, more so once filtered);
3. both convolved with what a tilt series leaves of them
   (:mod:`~tomobench.desk.volumes.tilt_series`): missing wedge, ramp-weighted noise, a fall towards
   high frequency;
4. scaled to a standard deviation of 1 for the noise and shifted by MEAN.

**Why it is exact.** Specimen, noise and kernels are whole numbers, so each voxel of their
convolution is one, too, far below 2**53. A float64 Fourier transform finds it to within 1e-6,
and rounding then gives the one right answer, however a machine orders its sums. What is
left is a product, a sum and a cast, which IEEE 754 defines. The result has all 24 bits of a
float32's mantissa filled, as a reconstruction's have: the low bytes are as incompressible as real
ones.

**Kinds.** What is above is the *raw* reconstruction. *denoised* is the same specimen and noise with
DENOISED_NOISE of the noise left and all of it blurred by DENOISED_BLUR: networks trained on pairs
of noisy halves (Buchholz et al., cryoCARE, ISBI 2019) remove most noise, fine detail with it, and
leave the wedge as it is. Both numbers are chosen by eye. *labels* is the specimen as a segmentation, in
the values of :data:`~tomobench.desk.volumes.specimen.LABELS`.

**Types.** Densities are kept in other types too, as other software does (:data:`TYPES`). A float is cast.
An integer is the voxel less MEAN, in COUNTS or so many as the type's range allows for each standard
deviation of the noise, rounded and cut off at the ends of the range; 0 lies in the middle of an
unsigned type's range. Labels are cast.

**What is calibrated.** MEAN is set so that the 128**3 phantom has, under Blosc-zstd level 5 with
shuffle, the compression of a real tomogram in the published report (1.14, 1.14, 1.17, 1.17 in
chunks of 16, 32, 64, 128 a side). Only a float32's sign and exponent compress here, and how well
they do depends on where the values lie between powers of two: a mean of 0 gives 1.12 to 1.16, one of
1.5 gives 1.17 to 1.19. The agreement is by that choice, then, and no evidence of likeness.
"""

import collections
import dataclasses
import math
import re

import numpy as np

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import specimen, tilt_series

MODEL = 1
"""Counted up whenever the voxels change: a cached phantom of another model is made anew."""

SPACING = 10.012
"""Å a voxel edge: that of dataset 10445 (run TS_100_3, 184 x 630 x 630)."""

KINDS = {"raw": "float32", "denoised": "float32", "labels": "uint8"}
"""What a phantom can be, and its element type where the id names none."""

TYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64") + (
    "float16", "float32", "float64",
)  # fmt: skip
"""The element types that an id may name: those of MRC and OME-Zarr. Labels are integers."""

COUNTS = 1000
"""An integer's steps in a standard deviation of the noise, where its range allows DEVIATIONS of
these either way: as the 16-bit tomograms that IMOD writes, of which some ten bits are noise."""

DEVIATIONS = 4
"""Standard deviations either way that an integer's range must hold: 32 steps each in 8 bits."""

IDS = tuple(
    f"phantom-{shape}{kind}"
    for kind in ("", "-denoised", "-labels")
    for shape in ("128", "192x320x320", "184x630x630")
)
"""The phantoms that the suites use; any other shape can be had as ``phantom-ZxYxX``."""

MEAN = 0.8
"""Mean of the ice in standard deviations of the noise: calibrated, see above."""

SEED = 10445
"""Of specimen and noise; the dataset's number, which is as good as any."""

DENOISED_NOISE = 0.25
"""What is left of the noise's standard deviation in a denoised phantom."""

DENOISED_BLUR = 1.0
"""Standard deviation, in voxels, of a denoised phantom's blur; along y, that of _BINOMIAL."""

_ID = re.compile(
    rf"phantom-([0-9]+)(?:x([0-9]+)x([0-9]+))?(?:-(denoised|labels))?(?:-({'|'.join(TYPES)}))?"
)
_BINOMIAL = (1, 4, 6, 4, 1)  # variance 4 / 4
_BYTES = 4  # random bytes summed for one voxel's noise
_NOISE_MEAN = _BYTES * 255 // 2
_LARGEST = 2048  # voxels a side
_BATCH = 8  # y sections transformed together


def is_id(volume_id: str) -> bool:
    """Whether this is how phantoms are called: no import may be."""
    return _ID.fullmatch(volume_id) is not None


def shape_of(volume_id: str) -> tuple[int, ...] | None:
    """The (z, y, x) shape of the phantom with this id, or None if the id is no phantom's.

    ``phantom-128`` is a cube, ``phantom-192x320x320-labels`` says z, y, x and kind. Raises
    UserError for a shape that can't be made.
    """
    match = _ID.fullmatch(volume_id)
    if not match:
        return None
    depth, height, width, kind, dtype = match.groups()
    shape = tuple(int(edge or depth) for edge in (depth, height, width))
    if not all(1 <= edge <= _LARGEST for edge in shape):
        raise UserError(f"{volume_id}: edges of a phantom must be 1 to {_LARGEST} voxels")
    if kind == "labels" and dtype and dtype.startswith("float"):
        raise UserError(f"{volume_id}: labels are whole numbers, not {dtype}")
    return shape


def kind_of(volume_id: str) -> str:
    """The kind, one of KINDS, of the phantom with this id."""
    match = _ID.fullmatch(volume_id)
    return (match and match[4]) or "raw"


def dtype_of(volume_id: str) -> str:
    """The element type, one of TYPES, of the phantom with this id."""
    match = _ID.fullmatch(volume_id)
    return (match and match[5]) or KINDS[kind_of(volume_id)]


def id_of(shape: tuple[int, ...], kind: str, dtype: str) -> str:
    """The id of a phantom of this (z, y, x) shape, kind and element type, the shorter where there are
    two."""
    depth, *others = shape
    edges = str(depth) if set(others) == {depth} else "x".join(map(str, shape))
    kind_said = "" if kind == "raw" else f"-{kind}"
    return f"phantom-{edges}{kind_said}" + ("" if dtype == KINDS[kind] else f"-{dtype}")


@dataclasses.dataclass(frozen=True)
class _Instrument:
    """What is between specimen and image: kernels in (z, x), int64, and taps along y."""

    of_object: np.ndarray
    of_noise: np.ndarray
    taps: tuple[int, ...]

    @property
    def deviation(self) -> float:
        """Of raw noise, a sum of uniform bytes, after the taps; the unit of the voxels' values."""
        squares = sum(tap * tap for tap in self.taps)
        return math.sqrt(_BYTES * (256**2 - 1) / 12 * squares)


def make(shape: tuple[int, ...], kind: str = "raw", dtype: str | None = None) -> np.ndarray:
    """The phantom of this (z, y, x) shape, kind and element type (None: the kind's own); equal bytes
    for equal requests, always.

    Memory: the result and a few dozen sections.
    """
    voxels = np.empty(shape, dtype=np.dtype(dtype or KINDS[kind]).newbyteorder("<"))
    if kind == "labels":
        sections = _labelled(shape)
    else:
        imaged = _imaged(shape, _instrument(kind))
        sections = (_counted(section, voxels.dtype) for section in imaged)
    for y, section in enumerate(sections):
        voxels[:, y, :] = section
    return voxels


def _counted(section: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """A float64 section as a type keeps it: itself for a float, whole numbers within an integer's
    range."""
    if dtype.kind == "f":
        return section
    # The ends that float64 holds exactly are far enough for 64 bits.
    half = min(2 ** (8 * dtype.itemsize - 1), 2**52)
    steps = min(COUNTS, half // DEVIATIONS)
    counts = np.clip(np.rint((section - MEAN) * steps), -half, half - 1)
    return counts + half if dtype.kind == "u" else counts


def _labelled(shape: tuple[int, ...]):
    """The (z, x) sections of the segmentation."""
    z, y, x = (np.arange(edge) * SPACING for edge in shape)
    bodies = specimen.outline(_extent(shape), SEED)
    for position in y:
        yield specimen.label_section(bodies, position, z, x)


def _instrument(kind: str) -> _Instrument:
    of_object, of_noise, taps = (
        tilt_series.object_kernel,
        tilt_series.noise_kernel,
        tilt_series.Y_TAPS,
    )
    if kind == "raw":
        return _Instrument(of_object(), of_noise(), taps)
    return _Instrument(
        of_object(DENOISED_BLUR),
        of_noise(DENOISED_BLUR, DENOISED_NOISE),
        tuple(int(tap) for tap in np.convolve(taps, _BINOMIAL)),
    )


def _imaged(shape: tuple[int, ...], instrument: _Instrument):
    """The (z, x) sections of the image, float64."""
    scale = 1 / (instrument.deviation * tilt_series.GAIN)
    window: collections.deque[np.ndarray] = collections.deque(maxlen=len(instrument.taps))
    for section in _filtered_sections(shape, instrument):
        window.append(section)
        if len(window) == window.maxlen:
            whole = sum(tap * one for tap, one in zip(instrument.taps, window, strict=True))
            yield whole * scale + MEAN


def _filtered_sections(shape: tuple[int, ...], instrument: _Instrument):
    """All (z, x) sections that the taps need, convolved in z and x: whole numbers, as float64."""
    # Not at the top: it takes a third of a second, and most who come here ask for a shape alone.
    from scipy import fft

    depth, height, width = shape
    margin = tilt_series.HALF_WIDTH
    padded = (depth + 2 * margin, width + 2 * margin)
    lengths = tuple(fft.next_fast_len(length, real=True) for length in padded)
    of_noise = fft.rfft2(instrument.of_noise.astype(np.float64), lengths)
    of_object = fft.rfft2(instrument.of_object.astype(np.float64), lengths)
    layers = specimen.populate(_extent(shape), SEED)
    density_unit = instrument.deviation / sum(instrument.taps)  # so that density 1 ends as 1
    beyond = len(instrument.taps) // 2
    for start in range(-beyond, height + beyond, _BATCH):
        rows = range(start, min(start + _BATCH, height + beyond))
        noise = np.stack([_noise(y, padded) for y in rows])
        ice = np.stack([_ice(layers, y, padded, density_unit) for y in rows])
        spectrum = fft.rfft2(noise, lengths, workers=-1) * of_noise
        spectrum -= fft.rfft2(ice, lengths, workers=-1) * of_object
        convolved = fft.irfft2(spectrum, lengths, workers=-1)
        # Beyond twice the margin, nothing has come round from the other side.
        yield from np.rint(convolved[:, 2 * margin : padded[0], 2 * margin : padded[1]])


def _extent(shape: tuple[int, ...]) -> tuple[float, ...]:
    return tuple(edge * SPACING for edge in shape)


def _noise(y: int, padded: tuple[int, int]) -> np.ndarray:
    """White noise of mean 0 for the section y: whole numbers, as float64, each y its own seed."""
    count = padded[0] * padded[1] * _BYTES
    bits = np.random.PCG64(np.random.SeedSequence((SEED, (y + 1) % 2**32)))
    raw = bits.random_raw(-(-count // 8)).astype("<u8").view(np.uint8)[:count]
    nothing = np.zeros(count // _BYTES, np.int16)
    total = sum((raw[i::_BYTES].astype(np.int16) for i in range(_BYTES)), start=nothing)
    return (total - _NOISE_MEAN).astype(np.float64).reshape(padded)


def _ice(layers: list[specimen.Layer], y: int, padded: tuple[int, int], unit: float) -> np.ndarray:
    """What lies in the section y and its margins: whole numbers, as float64."""
    z, x = ((np.arange(length) - tilt_series.HALF_WIDTH) * SPACING for length in padded)
    return np.rint(specimen.draw_section(layers, y * SPACING, z, x) * unit)
