"""The compression of a tomogram, from chunks of it that are coded here."""

import numpy as np
import pytest

from tomobench.bench.layout import Codec
from tomobench.desk.advise.evidence import coding, like
from tomobench.desk.advise.evidence.stored import DEFAULT
from tomobench.desk.errors import UserError


@pytest.fixture(scope="module")
def voxels():
    """Densities of int8, (70, 90, 140)."""
    return (np.random.default_rng(3).normal(size=(70, 90, 140)) * 20).astype(np.int8)


@pytest.mark.parametrize("form", ["npy", "mrc"])
def test_a_file_s_own_voxels_are_coded(tmp_path, voxels, form):
    path = tmp_path / f"tomogram.{form}"
    if form == "npy":
        np.save(path, voxels)
    else:
        import mrcfile

        with mrcfile.new(path) as file:
            file.set_data(voxels)
    found = like.tomogram(str(path))
    assert (found.shape, found.dtype, found.kind) == (voxels.shape, "int8", "raw")
    piece = np.ascontiguousarray(voxels[:64, :64, :64])
    for codec in (DEFAULT, Codec("gzip"), Codec(level=1)):
        coded = len(like.numcodec(codec).encode(piece))
        assert found.ratios.of((64, 64, 64), codec) == pytest.approx(piece.nbytes / coded, rel=0.02)
    assert found.ratios.of((64, 64, 64), Codec("none")) == 1


def test_every_codec_of_the_suites_is_tried(voxels):
    found = like.coded([voxels[:64, :64, :64]])
    assert {codec for codec, _ in found} == set(like.codecs())
    assert len(like.codecs()) == 13


@pytest.mark.parametrize("shape", [(1, 1, 1), (300, 500, 700), (40, 1000, 90)])
@pytest.mark.parametrize("unit", [None, (256, 256, 256), (8, 100, 64)])
def test_blocks_lie_in_the_volume_and_are_few(shape, unit):
    found = like.places(shape, unit)
    assert 1 <= len(found) <= like.ACROSS**3
    for region in found:
        for one, length in zip(region, shape):
            assert 0 <= one.start < one.stop <= length
            assert one.stop - one.start == min(length, like.BLOCK)


def test_little_is_fetched_from_elsewhere():
    unit = (256, 256, 256)
    assert len(like.places((512, 1024, 1024), unit)) * 4 * 256**3 <= 2 * like.FETCHED


def test_a_volume_that_there_is_not_is_refused():
    with pytest.raises(UserError, match="no such volume, file or folder"):
        like.tomogram("nothing-here.mrc")


def test_factors_of_codecs_and_types(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    rows = ["float32,raw,blosc-zstd,5,shuffle,1.17,1,1", "int8,raw,gzip,5,shuffle,1.3,4,2"]
    path = tmp_path / coding.FILE
    path.write_text("\n".join([",".join(coding.HEADINGS), *rows]) + "\n")
    found = coding.load(tmp_path)
    assert found.of("int8", "raw", Codec("gzip"), False) == 4
    assert found.of("int8", "raw", Codec("gzip"), True) == 2
    # A kind that was not raced takes the type's, a type the codec's on float32, a codec nothing.
    assert found.of("int8", "denoised", Codec("gzip"), True) == 2
    assert found.of("int16", "raw", DEFAULT, False) == 1
    assert found.knows("int8", "raw") and not found.knows("int16", "raw")
    assert not coding.Coding().found and coding.load(None).of("int8", "raw", DEFAULT, True) == 1
    path.write_text("nothing\n")
    coding.load.cache_clear()
    with pytest.raises(UserError, match="damaged"):
        coding.load(tmp_path)
