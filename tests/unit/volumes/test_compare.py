"""What is measured of two volumes, and how it is shown."""

import csv
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from tomobench.desk.volumes import phantom, profile

SMALL, LABELS = "phantom-24", "phantom-20x24x28-labels"


@pytest.fixture
def noise():
    return np.random.default_rng(5).normal(size=(32, 40, 48))


# Measures


@given(st.tuples(*[st.integers(1, 5000)] * 3))
def test_the_central_region(shape):
    part = profile.central(shape)
    edges = [one.stop - one.start for one in part]
    assert all(
        one.start >= 0 and one.stop <= length for one, length in zip(part, shape, strict=True)
    )
    assert np.prod(edges) <= profile.VOXELS
    for one, length in zip(part, shape, strict=True):
        assert abs(one.start - (length - one.stop)) <= 1
    # It is the whole volume, or nearly as large as it may be.
    assert tuple(edges) == shape or np.prod(edges) > 0.95 * profile.VOXELS


@pytest.mark.parametrize(
    ("shape", "edges"),
    [
        ((128, 128, 128), (128, 128, 128)),
        ((184, 630, 630), (128, 128, 128)),
        ((1, 4096, 4096), (1, 1448, 1448)),
        ((20, 20, 20), (20, 20, 20)),
    ],
)
def test_central_regions_of_common_shapes(shape, edges):
    assert tuple(part.stop - part.start for part in profile.central(shape)) == edges


def test_entropy_of_known_bytes():
    assert profile.entropy(np.zeros((2, 3, 4), "<u2")) == [0.0, 0.0]
    ramp = np.arange(256, dtype="<u2").reshape(4, 8, 8)
    assert profile.entropy(ramp) == [8.0, 0.0] == profile.entropy(ramp.astype(">u2"))
    halves = np.repeat([0, 7], 32).astype("u1").reshape(4, 4, 4)
    assert profile.entropy(halves) == [1.0]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_power_of_a_wave_and_of_noise(axis, noise):
    length = noise.shape[axis]
    along = np.sin(2 * np.pi * np.arange(length) / 4)
    wave = np.moveaxis(np.broadcast_to(along, (3, 4, length)), -1, axis)
    assert np.argmax(profile.power(wave, axis)) == length // 4
    spectrum = profile.power(noise, axis)
    white = np.array(spectrum)[1:]
    assert white.mean() == pytest.approx(1) and white.min() > 0.7 and white.max() < 1.3
    assert profile.bands(spectrum) == pytest.approx([0.25] * 4, abs=0.03)


def test_what_is_too_short_or_flat_has_no_spectrum():
    assert profile.power(np.ones((1, 4, 20)), 0) == []
    flat = profile.power(np.ones((1, 4, 20)), 2)
    assert not any(flat) and profile.bands(flat) == [0.0] * 4


@pytest.mark.parametrize("codec", profile.CODECS)
def test_ratios_of_noise_and_of_nothing(codec):
    random = np.random.default_rng(3).integers(0, 256, (32, 32, 32), "u1")
    assert 0.95 < profile.ratio(random, codec, 32) < 1
    # A chunk of the fill value is not stored: metadata is all there is.
    assert profile.ratio(np.zeros((32, 32, 32), "u1"), codec, 16) > 50


def test_the_phantom_has_the_ratios_of_the_report():
    found = profile.measure(phantom.make((128, 128, 128))).ratios["Blosc-zstd"]
    assert found == pytest.approx(profile.REPORTED, abs=0.01)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "f2", "f4", "f8", ">f4", ">i2"])
def test_every_element_type_is_measured(dtype):
    voxels = (np.random.default_rng(1).normal(size=(9, 10, 11)) * 20 + 50).astype(dtype)
    found = profile.measure(voxels)
    assert found.region == voxels.shape and len(found.entropy) == voxels.itemsize
    widths = np.diff(found.edges)
    assert 0.99 < (np.array(found.density) * widths).sum() < 1.01
    json.dumps(profile.rows(found), allow_nan=False)


# Command


def test_a_table_of_both(command):
    said = command("compare", SMALL, LABELS)
    assert said.splitlines()[0].split() == [SMALL, LABELS, "report"]
    for word in ("raw", "labels", "24×24×24", "20×24×28", "uint8", "ratio, Blosc-zstd, 128³"):
        assert word in said
    assert said.index("entropy of byte 3") < said.index("power along z")
    assert command("compare", LABELS, SMALL).index("entropy of byte 3") < said.index("ratio, gzip")


def test_figure_and_data(command, tmp_path):
    words = ("compare", SMALL, LABELS, "-o", tmp_path / "c.png", "--data")
    command(*words, tmp_path / "c.json")
    command(*words, tmp_path / "c.csv")
    picture = imread(tmp_path / "c.png")
    assert min(picture.shape[:2]) > 800 and len(np.unique(picture[..., 0])) > 50
    profiles = json.loads((tmp_path / "c.json").read_text())
    assert set(profiles) == {SMALL, LABELS}
    with open(tmp_path / "c.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    (ratio,) = [
        row
        for row in rows
        if (row["volume"], row["measure"], row["at"]) == (SMALL, "ratio, gzip", "16")
    ]
    assert float(ratio["value"]) == profiles[SMALL]["ratios"]["gzip"]["16"]


def test_a_single_section_can_be_compared(command, tmp_path):
    np.save(tmp_path / "m.npy", np.random.default_rng(2).integers(0, 999, (1, 60, 50), "u2"))
    volume_id = command("import", "--print-id", tmp_path / "m.npy").strip()
    said = command("compare", volume_id, SMALL, "-o", tmp_path / "c.png")
    assert "1×60×50" in said and imread(tmp_path / "c.png").size


def test_what_cannot_be_compared(command, refused, tmp_path):
    assert "import" in refused(command, "compare", SMALL, "nothing")
    assert ".json or .csv" in refused(command, "compare", SMALL, SMALL, "--data", "c.xls")
    (tmp_path / "file").write_text("")
    line = refused(command, "compare", SMALL, SMALL, "-o", tmp_path / "file" / "c.png")
    assert "can't write" in line
