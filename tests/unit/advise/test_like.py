"""The compression of a tomogram, from chunks of it that are coded here."""

from itertools import product

import numpy as np
import pytest

from tests.unit.volumes.files import write_ome, write_zarr
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
    assert 1 <= len(found) <= like.BLOCKS
    for region in found:
        for one, length in zip(region, shape):
            assert 0 <= one.start < one.stop <= length
            assert one.stop - one.start == min(length, like.BLOCK)


@pytest.mark.parametrize("shape", [(512, 1024, 1024), (256, 2048, 256), (600, 600, 600)])
@pytest.mark.parametrize(("edge", "itemsize"), [(64, 4), (100, 4), (256, 4), (256, 2), (512, 1)])
def test_little_is_fetched_from_elsewhere_and_of_both_halves_of_every_axis(shape, edge, itemsize):
    found = like.places(shape, (edge,) * 3, itemsize)
    chunks = {
        chunk
        for region in found
        for chunk in product(
            *(range(one.start // edge, (one.stop - 1) // edge + 1) for one in region)
        )
    }
    assert len(chunks) * itemsize * edge**3 <= like.FETCHED
    for axis, length in enumerate(shape):
        starts = [region[axis].start for region in found]
        if len(found) > 1 and length >= 2 * max(edge, like.BLOCK):
            assert min(starts) < length / 2 <= max(starts) + like.BLOCK
        if len(found) == like.BLOCKS and length >= 8 * max(edge, like.BLOCK):
            assert len(set(np.diff(sorted(set(starts))))) > 1  # no constant step


#: Volumes whose halves along an axis are noise or nothing, again and again: with the period, in voxels.
STRIPES = [(axis, period) for axis in range(3) for period in (64, 128, 256, 512)]


@pytest.mark.parametrize(("axis", "period"), STRIPES)
def test_what_repeats_along_an_axis_is_seen_in_both_its_halves(tmp_path, axis, period):
    shape = [128, 128, 128]
    shape[axis] = 1024 if period > 64 else 128
    noise = np.random.default_rng(4).integers(1, 255, shape).astype(np.uint8)
    empty = (np.arange(shape[axis]) % period) < period // 2
    noise[tuple(empty if one == axis else slice(None) for one in range(3))] = 0
    np.save(tmp_path / "stripes.npy", noise)
    ratios = like.tomogram(str(tmp_path / "stripes.npy")).ratios
    for codec in (DEFAULT, Codec("gzip"), Codec("zstd")):
        assert 1.4 < ratios.of((64, 64, 64), codec) < 2.8, codec


def test_blocks_of_a_zarr_without_a_chunk_are_background(tmp_path):
    labels = np.zeros((256, 128, 128), np.uint8)
    labels[192:] = np.random.default_rng(5).integers(1, 255, (64, 128, 128))
    path = write_ome(tmp_path / "labels.zarr", [labels], "0.5", chunk=64)
    np.save(tmp_path / "labels.npy", labels)
    assert not (path / "0/c/0/0/0").exists()
    found, whole = (like.tomogram(str(tmp_path / f"labels.{one}")) for one in ("zarr", "npy"))
    for codec in (DEFAULT, Codec("gzip"), Codec("zstd")):
        assert found.ratios.of((64, 64, 64), codec) == whole.ratios.of((64, 64, 64), codec)


def test_a_zarr_of_which_no_chunk_exists_is_refused(tmp_path, refused):
    path = write_zarr(tmp_path / "v.zarr", np.zeros((256, 128, 128), np.uint8), 3, chunk=64)
    assert "not one chunk" in refused(like.tomogram, str(path))


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
