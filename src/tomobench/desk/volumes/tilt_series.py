"""What a single-axis tilt series leaves of an object and of a detector's noise: two kernels.

With the beam along z and the tilt axis along y, the projection at tilt angle t samples the Fourier
plane at angle t to the kx axis (central slice theorem). All that tilting does is therefore a
function of (kz, kx), the same for every y section: the *missing wedge* |kz| > tan(tilt) |kx|, and
the ramp. What is left over, the fall towards high frequency, is a Gaussian of |k|, a product of one
in (kz, kx) and one in ky.

The kernels hold whole numbers, so that a convolution of whole numbers with them has one exact
answer, whatever the order of its sums: see :mod:`tomobench.desk.volumes.phantom`.
"""

import math

import numpy as np

HALF_WIDTH = 24
"""Kernel half-width in voxels. It blurs the wedge's edge by some 1/49 of the sampling frequency."""

GAIN = 1 << 18
"""What 1 becomes in a kernel. Noise of 8 bits then fills the 24 bits of a float32's mantissa."""

Y_TAPS = (1, 6, 1)
"""The kernel along y, in eighths: amplitude (6 + 2 cos 2 pi k) / 8, 1 to 0.5 at Nyquist."""

MAX_TILT = 60.0
"""Degrees either side: the usual limit of the stage, and the third of Fourier space that is missing
(Lucic, Foerster, Baumeister, Annu. Rev. Biochem. 74, 2005)."""

_NYQUIST_AMPLITUDE = 0.5  # chosen to equal that of Y_TAPS: the fall is alike in every direction
_FIELD = 256  # points a side of the frequency field the kernels are cut from


def object_kernel(blur: float = 0.0) -> np.ndarray:
    """What an object is convolved with: (z, x), int64, its sum GAIN (contrast is kept).

    blur: standard deviation, in voxels, of a Gaussian on top.
    """
    kernel = _cut(_transmitted() * _softened(blur))
    return _whole(kernel / kernel.sum())


def noise_kernel(blur: float = 0.0, amplitude: float = 1.0) -> np.ndarray:
    """What white noise is convolved with: (z, x), int64, its norm GAIN (variance is kept).

    blur: standard deviation, in voxels, of a Gaussian on top; amplitude: scales the noise.

    Weighted back-projection multiplies by the ramp |k| what tilting samples with density 1/|k|, so
    the noise's power goes as |k|, its amplitude as the root (Radermacher, in: Electron Tomography,
    2006).
    """
    kz, kx = _frequencies()
    ramp = np.sqrt(np.sqrt(kz * kz + kx * kx))
    kernel = _cut(_transmitted() * ramp * _softened(blur))
    return _whole(amplitude * kernel / math.sqrt((kernel * kernel).sum()))


def _transmitted() -> np.ndarray:
    """Amplitude over (kz, kx): the wedge and the fall towards high frequency."""
    kz, kx = _frequencies()
    seen = np.abs(kz) <= math.tan(math.radians(MAX_TILT)) * np.abs(kx)
    at_nyquist = 0.5 * 0.5
    return seen * np.exp(math.log(_NYQUIST_AMPLITUDE) / at_nyquist * (kz * kz + kx * kx))


def _softened(blur: float) -> np.ndarray:
    """Amplitude over (kz, kx) of a Gaussian blur."""
    kz, kx = _frequencies()
    return np.exp(-2.0 * (math.pi * blur) ** 2 * (kz * kz + kx * kx))


def _frequencies() -> tuple[np.ndarray, np.ndarray]:
    frequency = np.fft.fftfreq(_FIELD)
    return frequency[:, None], frequency[None, :]


def _cut(field: np.ndarray) -> np.ndarray:
    """The middle of the field's inverse transform, Hann-windowed, (2 HALF_WIDTH + 1) a side."""
    offsets = np.arange(-HALF_WIDTH, HALF_WIDTH + 1)
    window = 0.5 + 0.5 * np.cos(np.pi * offsets / (HALF_WIDTH + 1))
    response = np.fft.ifft2(field).real
    return response[np.ix_(offsets, offsets)] * np.outer(window, window)


def _whole(kernel: np.ndarray) -> np.ndarray:
    # exp, cos and transforms may differ in a last bit from machine to machine; whole numbers don't,
    # unless a coefficient lies within 1e-9 of a half. The tests check that none is near one.
    return np.rint(kernel * GAIN).astype(np.int64)
