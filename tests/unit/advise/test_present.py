"""What a Zarr is by its metadata and the sizes of some chunks, as tensorstore wrote it; spelled layouts."""

import json
import zipfile
from math import prod

import numpy as np
import pytest

from tests.unit.volumes.files import edit_json, ramp, write_ome, write_zarr
from tomobench.bench.layout import Codec, Layout
from tomobench.desk.advise.present import places, present, spelled
from tomobench.desk.errors import UserError

VOXELS = np.random.default_rng(0).normal(size=(20, 30, 40)).astype("f4")


def found(path, channel=None):
    with places.opened(str(path)) as stores:
        (store,) = stores
        return present.of(store, channel)


def sharded(chunk, codecs, **more):
    """Tensorstore's words for shards of 16³ with chunks in them."""
    inner = {"chunk_shape": [chunk] * 3, "codecs": codecs}
    return {"codecs": [{"name": "sharding_indexed", "configuration": inner}], **more}


LITTLE = {"name": "bytes", "configuration": {"endian": "little"}}
ZSTD_3 = {"name": "zstd", "configuration": {"level": 3}}
BLOSC_3 = {"cname": "zstd", "clevel": 5, "shuffle": "bitshuffle", "typesize": 4, "blocksize": 0}

WRITTEN = {
    "lz4": (2, {"compressor": {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1}},
            Codec("blosc-lz4", 5, "shuffle"), "blosc-lz4-5-shuffle"),
    "gzip": (2, {"compressor": {"id": "gzip", "level": 4}}, Codec("gzip", 4, "none"), "gzip-4"),
    "zstd": (2, {"compressor": {"id": "zstd", "level": 3}}, Codec("zstd", 3, "none"), "zstd-3"),
    "zlib": (2, {"compressor": {"id": "zlib", "level": 6}}, Codec("gzip", 6, "shuffle"), "zlib"),
    "none": (2, {"compressor": None}, Codec("none"), "none"),
    "3 none": (3, {}, Codec("none"), "none"),
    "3 blosc": (3, {"codecs": [LITTLE, {"name": "blosc", "configuration": BLOSC_3}]},
                Codec("blosc-zstd", 5, "bitshuffle"), "blosc-zstd-5-bitshuffle"),
    "3 sharded": (3, sharded(4, [LITTLE, ZSTD_3]), Codec("zstd", 3, "none"), "zstd-3"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_layout_codec_objects_and_bytes_are_those_on_the_disk(tmp_path, name):
    format_, metadata, codec, said = WRITTEN[name]
    path = write_zarr(tmp_path / "v.zarr", VOXELS, format_, 16, **metadata)
    one = found(path)
    shards = (16,) * 3 if "shard" in name else None
    assert one.layout == Layout((4,) * 3 if shards else (16,) * 3, shards, codec, format_)
    assert (one.coding.said, one.shape, one.dtype) == (said, VOXELS.shape, "float32")
    assert one.coding.same is (name != "zlib")
    files = [file for file in path.rglob("*") if file.is_file()]
    assert one.objects == len(files)
    chunks = [file for file in files if not file.name.startswith((".z", "zarr.json"))]
    assert one.levels[0].stored == pytest.approx(sum(file.stat().st_size for file in chunks))


#: The codec of ours that is nearest to each of Blosc's, where its level is 4 and its shuffle of bits.
OF_BLOSC = {
    "zstd": Codec("blosc-zstd", 4, "bitshuffle"),
    "lz4": Codec("blosc-lz4", 4, "bitshuffle"),
    "lz4hc": Codec("blosc-lz4", 4, "bitshuffle"),
    "blosclz": Codec("blosc-lz4", 4, "bitshuffle"),
    "snappy": Codec("blosc-lz4", 4, "bitshuffle"),
    "zlib": Codec("gzip", 4, "none"),
}


@pytest.mark.parametrize("cname", OF_BLOSC)
@pytest.mark.parametrize("format_", [2, 3])
def test_each_codec_of_blosc_has_one_that_is_nearest(tmp_path, cname, format_):
    as_2 = {"id": "blosc", "cname": cname, "clevel": 4, "shuffle": 2}
    as_3 = [LITTLE, {"name": "blosc", "configuration": {**BLOSC_3, "cname": cname, "clevel": 4}}]
    metadata = {"compressor": as_2} if format_ == 2 else {"codecs": as_3}
    one = found(write_zarr(tmp_path / "v.zarr", VOXELS, format_, 16, **metadata))
    assert one.coding.said == f"blosc-{cname}-4-bitshuffle"
    assert one.layout.codec == OF_BLOSC[cname] and one.coding.same is (cname in ("zstd", "lz4"))


@pytest.mark.parametrize(
    ("filters", "compressor", "nearest"),
    [
        ([{"id": "zlib", "level": 7}], {"id": "crc32"}, Codec("gzip", 7, "none")),
        (None, {"id": "zlib", "level": -1}, Codec("gzip", 5, "none")),
        (None, {"id": "lz4", "acceleration": 1}, Codec("blosc-lz4", 5, "none")),
    ],
)
def test_the_nearest_codec_has_the_level_of_what_compresses(tmp_path, filters, compressor, nearest):
    path = write_zarr(tmp_path / "v.zarr", VOXELS, 2, 16)
    edit_json(path / ".zarray", filters=filters, compressor=compressor)
    assert found(path).layout.codec == nearest


def test_inspect_takes_the_times_of_the_nearest_codec_for_those_of_now(project, run, tmp_path):
    path, told = tmp_path / "v.zarr", []
    lz4 = {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1}
    write_zarr(path, VOXELS, 2, 16, compressor=lz4)
    for cname in ("lz4", "lz4hc"):
        edit_json(path / ".zarray", compressor={**lz4, "cname": cname})
        words = ["inspect", "--machine", "reference", "--format", "json", path]
        (record,) = json.loads(run(*words).printed)
        told.append({**record, "codec": None})
    assert told[0] == told[1]


def test_a_filter_before_the_codec_is_said_and_not_taken_for_ours(tmp_path):
    path = write_zarr(tmp_path / "v.zarr", VOXELS, 2, 16, compressor={"id": "zstd", "level": 3})
    edit_json(path / ".zarray", filters=[{"id": "shuffle", "elementsize": 4}])
    one = found(path)
    assert one.coding.said == "shuffle + zstd-3" and not one.coding.same
    assert one.layout.codec == Codec("zstd", 3, "none")


def test_the_levels_spacing_and_version_of_an_image(tmp_path):
    path = write_ome(tmp_path / "v.zarr", [VOXELS, VOXELS[::2, ::2, ::2]], "0.5")
    one = found(path)
    assert (one.kind, one.spacing, one.axes) == ("OME-Zarr 0.5", (10.012,) * 3, ("z", "y", "x"))
    assert [level.shape for level in one.levels] == [(20, 30, 40), (10, 15, 20)]
    assert one.objects == len([file for file in path.rglob("*") if file.is_file()])


def test_axes_are_turned_and_channels_counted(tmp_path):
    axes = [{"name": name, "type": "space", "unit": "angstrom"} for name in "xyz"]
    turned = write_ome(tmp_path / "t.zarr", [VOXELS], axes=axes)
    assert found(turned).shape == (40, 30, 20) and not found(turned).in_order
    both = np.stack([VOXELS, VOXELS])
    axes = [{"name": "c"}, *({"name": name, "unit": "angstrom"} for name in "zyx")]
    many = write_ome(tmp_path / "c.zarr", [both], axes=axes, scales=[[1] * 4])
    assert found(many, 1).shape == VOXELS.shape and found(many, 1).channels == 3
    with pytest.raises(UserError, match="--channel"):
        found(many)


def test_chunks_that_do_not_exist_are_counted(tmp_path):
    path = write_zarr(tmp_path / "v.zarr", ramp(16, 16, 16) + 1, chunk=8)
    (path / "0.0.0").unlink()
    one = found(path)
    assert (one.levels[0].sample.asked, one.levels[0].sample.missing) == (8, 1)
    assert one.objects == 9


def test_of_many_chunks_some_are_looked_at_and_no_voxel_is_read(tmp_path, monkeypatch):
    path = write_zarr(tmp_path / "v.zarr", VOXELS, chunk=2)
    for file in path.glob("[0-9]*"):
        file.chmod(0)
    opened = []
    monkeypatch.setattr(
        "tomobench.desk.volumes.zarr_stores.Folder.read",
        lambda self, key, *_: opened.append(key) or ((path / key).read_bytes() if "." in key[:1] and (path / key).exists() else None),
    )  # fmt: skip
    one = found(path)
    assert one.levels[0].keys == prod((10, 15, 20)) and one.levels[0].sample.asked == 24
    assert {key.rpartition("/")[2] for key in opened} <= {
        "zarr.json",
        ".zarray",
        ".zattrs",
        ".zgroup",
    }


GRIDS = [
    (3, 8, 8), (24, 5, 5), (8, 8, 3), (2, 2, 50), (1, 1, 100), (100, 1, 1), (7, 1, 9), (2, 3, 4), (40, 60, 60),
]  # fmt: skip


@pytest.mark.parametrize("grid", GRIDS)
def test_sizes_are_asked_for_in_each_part_of_every_axis(tmp_path, monkeypatch, grid):
    path = write_zarr(tmp_path / "v.zarr", VOXELS, chunk=1)
    edit_json(path / ".zarray", shape=grid)
    keys = []
    monkeypatch.setattr(
        "tomobench.desk.volumes.zarr_stores.Folder.size",
        lambda self, key: keys.append(tuple(map(int, key.split(".")))) or 1,
    )
    sample = found(path).levels[0].sample
    assert sample.asked == len(set(keys)) == min(24, prod(grid))
    for axis, length in enumerate(grid):
        met = [key[axis] for key in keys]
        assert len(set(met)) >= 0.6 * min(length, 24)
        assert max(met) < length and met.count(0) < 24 / min(length, 24) + 4
        assert sum(2 * one < length for one in met) == pytest.approx(
            len(keys) * -(-length // 2) / length, abs=4
        )


def test_sizes_are_those_of_the_channel_that_is_meant(tmp_path):
    axes = [{"name": "c"}, *({"name": name, "unit": "angstrom"} for name in "zyx")]
    both = np.stack([VOXELS, 0 * VOXELS + 1])
    path = write_ome(tmp_path / "c.zarr", [both], axes=axes, scales=[[1] * 4], chunk=(1, 9, 9, 9))
    assert found(path, 0).ratio < 1.2 and found(path, 1).ratio > 10


def test_an_archive_and_a_folder_of_many(tmp_path):
    path = write_ome(tmp_path / "runs" / "TS_1" / "v.zarr", [VOXELS])
    write_zarr(tmp_path / "runs" / "w.zarr", VOXELS)
    (tmp_path / "runs" / "notes.txt").write_text("no Zarr")
    with zipfile.ZipFile(tmp_path / "runs" / "v.ozx", "w") as packed:
        for file in path.rglob("*"):
            packed.write(file, file.relative_to(path))
    with places.opened(str(tmp_path)) as stores:
        said = [present.of(store) for store in stores]
    assert [one.where.rpartition("/")[2] for one in said] == ["v.zarr", "v.ozx", "w.zarr"]
    assert said[0].levels == said[1].levels and said[0].layout == said[1].layout


def test_a_group_that_is_no_image_holds_many(tmp_path):
    for name in "ab":
        write_zarr(tmp_path / "g.zarr" / name, VOXELS, 3)
    (tmp_path / "g.zarr" / "zarr.json").write_text(
        json.dumps({"zarr_format": 3, "node_type": "group"})
    )
    with places.opened(str(tmp_path / "g.zarr")) as stores:
        assert [present.of(store).shape for store in stores] == [VOXELS.shape] * 2


BAD = {
    "nothing": (lambda path: None, "no such file"),
    "no Zarr": (lambda path: path.mkdir(), "no Zarr is there"),
    "a file": (lambda path: path.write_text("x"), "a file, and no Zarr"),
    "2-D": (lambda path: write_zarr(path, ramp(4, 4)), "2-D image"),
    "no voxels": (lambda path: edit_json(write_zarr(path, VOXELS) / ".zarray", shape=[0, 4, 4]), "without voxels"),
    "no JSON": (lambda path: (write_zarr(path, VOXELS) / ".zarray").write_text("{"), "not valid JSON"),
    "complex": (lambda path: edit_json(write_zarr(path, VOXELS) / ".zarray", dtype="<c8"), "complex64"),
    "other codec": (
        lambda path: edit_json(write_zarr(path, VOXELS) / ".zarray", compressor={"id": "jpeg2k"}),
        "jpeg2k",
    ),
    "empty group": (lambda path: (path.mkdir(), (path / ".zgroup").write_text('{"zarr_format": 2}')), "none is listed"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_array_is_one_line(tmp_path, refused, kind):
    make, said = BAD[kind]
    make(tmp_path / "v.zarr")
    assert said in refused(found, tmp_path / "v.zarr")


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("64x64x64", Layout((64,) * 3)),
        ("32×32×32/128x128x128", Layout((32,) * 3, (128,) * 3, zarr_format=3)),
        ("16x128x128, 3", Layout((16, 128, 128), zarr_format=3)),
        ("64x64x64,blosc-lz4-1-none", Layout((64,) * 3, codec=Codec("blosc-lz4", 1, "none"))),
        ("64x64x64,gzip-3,3", Layout((64,) * 3, None, Codec("gzip", 3, "none"), 3)),
    ],
)
def test_a_layout_as_it_is_spelled(text, layout):
    assert spelled.is_one(text) and spelled.parse(text) == layout


@pytest.mark.parametrize(
    "text",
    ["64x64", "64x64x0", "64x64x64/100x100x100", "64x64x64/128x128x128,2", "64x64x64,4",
     "64x64x64,2,3", "64x64x64,lzma", "64x64x64,zstd-3-shuffle", "1e3x4x4", "64x64x64,zstd,gzip"],
)  # fmt: skip
def test_what_is_no_layout_is_one_line(text, refused):
    assert text in refused(spelled.parse, text)
