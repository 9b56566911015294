"""The phantom is the same everywhere, and has a tomogram's spectrum, contrast and compression."""

import math

import numpy as np
import pytest
import tensorstore
from scipy import fft

from tests.made.on_disk import on_disk
from tomobench.bench import volume as volumes
from tomobench.desk.errors import UserError
from tomobench.desk.volumes import phantom, specimen, tilt_series

CHECKSUM = "1d8d2c266112d34ce9a924bc20bd05c2f8d7840dbe3c0bd30b2462dfad4e1ee1"
"""Of phantom-128, model 1. If it changes, so do all results on it: count phantom.MODEL up."""

KIND_CHECKSUMS = {
    "denoised": "2e0864ca4c55776f22b9ed69624d4e1131e0625db5c94e25fd10ff0d4c0f03b4",
    "labels": "b0289b453152528a43f30081751f17a11555bc00d324004b1178454d22159f39",
}
"""Of phantom-128-denoised and phantom-128-labels, model 1."""

REFERENCE = {16: 1.14, 32: 1.14, 64: 1.17, 128: 1.17}
"""Compression of the reference report, by chunk edge: Blosc-zstd, level 5, shuffle."""


@pytest.fixture(scope="module")
def cube():
    return phantom.make((128, 128, 128))


@pytest.fixture(scope="module")
def power(cube):
    """Power over (kz, kx), summed over y sections, and the two frequencies."""
    frequency = np.fft.fftfreq(128)
    window = np.hanning(128)
    flat = (cube - cube.mean()) * window[:, None, None] * window[None, None, :]
    return (
        (abs(np.fft.fft2(flat, axes=(0, 2))) ** 2).sum(axis=1),
        frequency[:, None],
        frequency[None, :],
    )


def test_the_bytes_are_the_recorded_ones(cube):
    assert cube.dtype == np.dtype("<f4") and cube.shape == (128, 128, 128)
    assert volumes.checksum(cube) == CHECKSUM


@pytest.fixture(scope="module")
def denoised():
    return phantom.make((128, 128, 128), "denoised")


@pytest.fixture(scope="module")
def labels():
    return phantom.make((128, 128, 128), "labels")


def test_the_bytes_of_the_other_kinds_are_the_recorded_ones(denoised, labels):
    assert denoised.dtype == np.dtype("<f4") and labels.dtype == np.uint8
    assert volumes.checksum(denoised) == KIND_CHECKSUMS["denoised"]
    assert volumes.checksum(labels) == KIND_CHECKSUMS["labels"]


@pytest.mark.parametrize("kind", phantom.KINDS)
def test_every_shape_is_made_alike_twice(kind):
    shape = (5, 17, 33)
    first = phantom.make(shape, kind)
    assert first.shape == shape and np.isfinite(first).all()
    assert np.array_equal(first, phantom.make(shape, kind))


@pytest.mark.parametrize("kind", phantom.KINDS)
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 40, 2), (30, 1, 9)])
def test_thin_shapes(shape, kind):
    assert phantom.make(shape, kind).shape == shape


@pytest.mark.parametrize("kind", ["raw", "denoised"])
def test_transforms_of_other_lengths_give_the_same_bytes(monkeypatch, kind):
    """Other lengths round differently throughout, as another machine's transforms would."""
    expected = phantom.make((20, 12, 24), kind)
    monkeypatch.setattr(fft, "next_fast_len", lambda length, real: length + 37)
    assert np.array_equal(phantom.make((20, 12, 24), kind), expected)


def test_no_kernel_coefficient_is_near_a_rounding_boundary(monkeypatch):
    monkeypatch.setattr(tilt_series, "_whole", lambda kernel: kernel * tilt_series.GAIN)
    blur, amplitude = phantom.DENOISED_BLUR, phantom.DENOISED_NOISE
    of_raw = (tilt_series.object_kernel(), tilt_series.noise_kernel())
    of_denoised = (tilt_series.object_kernel(blur), tilt_series.noise_kernel(blur, amplitude))
    for kernel in (*of_raw, *of_denoised):
        assert abs(kernel % 1 - 0.5).min() > 1e-6


def test_kernels_keep_contrast_and_variance():
    of_object, of_noise = tilt_series.object_kernel(), tilt_series.noise_kernel()
    assert of_object.dtype == of_noise.dtype == np.int64
    assert of_object.sum() == pytest.approx(tilt_series.GAIN, rel=1e-3)
    assert math.sqrt((of_noise * of_noise).sum()) == pytest.approx(tilt_series.GAIN, rel=1e-3)


def test_the_wedge_is_missing(power):
    spectrum, kz, kx = power
    radius = np.hypot(kz, kx)
    angle = np.degrees(np.arctan2(abs(kz), abs(kx)))
    middle = (radius > 0.1) & (radius < 0.4)
    inside = spectrum[middle & (angle > tilt_series.MAX_TILT + 8)].mean()
    outside = spectrum[middle & (angle < tilt_series.MAX_TILT - 8)].mean()
    assert inside < 0.02 * outside


def test_the_noise_is_coloured(power):
    spectrum, _, kx = power
    along_x = spectrum[0]
    middle = along_x[(kx[0] > 0.2) & (kx[0] < 0.3)].mean()
    assert along_x[kx[0] > 0.44].mean() < 0.7 * middle


def test_membranes_and_particles_are_darker_than_ice(cube):
    layers = specimen.populate((128 * phantom.SPACING,) * 3, phantom.SEED)
    kinds = {layer.half_thickness for layer in layers}
    assert len(kinds) >= 3  # leaflets and shells, large and small subunits
    positions = np.arange(128) * phantom.SPACING
    sections = [
        specimen.draw_section(layers, y * phantom.SPACING, positions, positions) for y in range(128)
    ]
    density = np.stack(sections, axis=1)
    ice = cube[density == 0]
    assert ice.mean() == pytest.approx(phantom.MEAN, abs=0.1)
    assert ice.std() == pytest.approx(1, abs=0.05)
    assert cube[density > 1].mean() < ice.mean() - 0.8
    assert 0.01 < (density > 0.5).mean() < 0.3


def test_denoising_leaves_the_specimen_and_little_noise(cube, denoised, labels):
    ice = labels == 0
    assert cube[ice].std() == pytest.approx(1, abs=0.1)
    assert denoised[ice].std() == pytest.approx(phantom.DENOISED_NOISE, abs=0.1)
    for voxels in (cube, denoised):
        assert voxels[labels == specimen.LABELS["ribosome"]].mean() < voxels[ice].mean() - 0.5


def test_labels_are_where_the_density_is(labels):
    assert set(np.unique(labels)) == {0, *specimen.LABELS.values()}
    positions = np.arange(128) * phantom.SPACING
    layers = specimen.populate((128 * phantom.SPACING,) * 3, phantom.SEED)
    density = specimen.draw_section(layers, 64 * phantom.SPACING, positions, positions)
    section = labels[:, 64]
    # The brightest of every layer is inside its outline; a vesicle's interior may be empty.
    assert (section[density > 1] > specimen.LABELS["vesicle interior"]).all()
    runs = 1 + np.count_nonzero(np.diff(labels.ravel().astype(int)))
    assert labels.size / runs > 10


def test_low_mantissa_bytes_are_full(cube):
    lowest = np.bincount(cube.view(np.uint8).reshape(-1, 4)[:, 0], minlength=256) / cube.size
    assert -(lowest * np.log2(lowest)).sum() > 7.999


@pytest.mark.parametrize("edge", REFERENCE)
def test_compression_is_that_of_the_reference(cube, edge, tmp_path):
    spec = {
        "driver": "zarr",
        "kvstore": on_disk(tmp_path / "store"),
        "metadata": {
            "dtype": "<f4",
            "shape": cube.shape,
            "chunks": [edge] * 3,
            "compressor": {"id": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 1},
        },
    }
    tensorstore.open(spec, create=True).result().write(cube).result()
    stored = sum(file.stat().st_size for file in (tmp_path / "store").rglob("*") if file.is_file())
    assert cube.nbytes / stored == pytest.approx(REFERENCE[edge], abs=0.01)


@pytest.mark.parametrize(
    ("volume_id", "shape"),
    [
        ("phantom-128", (128, 128, 128)),
        ("phantom-184x630x630", (184, 630, 630)),
        ("phantom-1x2x3", (1, 2, 3)),
        ("phantom-1x2x3-labels", (1, 2, 3)),
        ("phantom-128-denoised", (128, 128, 128)),
        ("phantom-128-int16", (128, 128, 128)),
        ("phantom-1x2x3-denoised-float16", (1, 2, 3)),
        ("phantom-128-int7", None),
        ("phantom-128-raw", None),
        ("phantom-12-0f3a77c2", None),
        ("phantom-1x2", None),
        ("TS_100_3", None),
    ],
)
def test_ids(volume_id, shape):
    assert phantom.shape_of(volume_id) == shape


@pytest.mark.parametrize("dtype", phantom.TYPES)
def test_densities_in_another_type_are_those_of_float64(dtype):
    exact = phantom.make((6, 7, 8), "raw", "float64")
    made = phantom.make((6, 7, 8), "raw", dtype)
    assert made.dtype == np.dtype(dtype).newbyteorder("<")
    values = made.astype(float)
    if made.dtype.kind == "f":
        assert np.allclose(values, exact, rtol=1e-3, atol=1e-3)
        return
    bits = 8 * made.dtype.itemsize
    step = min(phantom.COUNTS, 2 ** (bits - 1) // phantom.DEVIATIONS)
    middle = min(2 ** (bits - 1), 2**52) if made.dtype.kind == "u" else 0
    back = (values - middle) / step + phantom.MEAN
    within = np.abs(exact - phantom.MEAN) < phantom.DEVIATIONS
    assert within.mean() > 0.99
    assert np.abs(back - exact)[within].max() <= 1.01 / step


@pytest.mark.parametrize("kind", phantom.KINDS)
@pytest.mark.parametrize("dtype", phantom.TYPES)
@pytest.mark.parametrize("shape", [(128, 128, 128), (1, 2, 3)])
def test_an_id_and_its_parts(shape, kind, dtype):
    volume_id = phantom.id_of(shape, kind, dtype)
    if kind == "labels" and dtype.startswith("float"):
        with pytest.raises(UserError, match="labels are whole numbers"):
            phantom.shape_of(volume_id)
        return
    assert phantom.shape_of(volume_id) == shape
    assert (phantom.kind_of(volume_id), phantom.dtype_of(volume_id)) == (kind, dtype)


def test_kinds_in_ids():
    assert len(phantom.IDS) == 9 and phantom.IDS[0] == "phantom-128"
    assert {phantom.kind_of(volume_id) for volume_id in phantom.IDS} == set(phantom.KINDS)


@pytest.mark.parametrize("volume_id", ["phantom-0", "phantom-1x0x3", "phantom-9999999"])
def test_impossible_shapes_are_refused(volume_id, refused):
    assert volume_id in refused(phantom.shape_of, volume_id)
