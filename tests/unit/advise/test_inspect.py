"""``tomobench inspect`` and ``plan --current`` on the committed results."""

import csv
import io
import json
from math import inf

import numpy as np
import pytest

from tests.unit.volumes.files import edit_json, write_ome, write_zarr
from tomobench.bench.layout import Layout
from tomobench.desk.advise.costs.prices import Usage
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.inspect import awkward
from tomobench.desk.advise.plan import current
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.network import S3, Storage
from tomobench.desk.advise.plan.question import Question
from tomobench.desk.advise.present import places, present

VOXELS = np.random.default_rng(0).normal(size=(70, 90, 110)).astype("f4")
#: As many voxels in each chunk of 32³: whichever are sampled, they compress alike.
EVEN = VOXELS[:64, :64, :96]
CHANNELS = [{"name": "c"}, *({"name": name, "unit": "angstrom"} for name in "zyx")]
BLOSC = {"id": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 1}


@pytest.fixture(scope="module")
def zarrs(tmp_path_factory):
    """Two Zarrs and what is none, in a folder."""
    folder = tmp_path_factory.mktemp("zarrs")
    write_zarr(folder / "cubes.zarr", VOXELS, 2, 32, compressor=BLOSC)
    write_ome(folder / "image.zarr", [VOXELS[:20, :20, :20]], "0.5")
    write_zarr(folder / "flat.zarr", VOXELS[0])
    return folder


def inspected(run, *words) -> list[dict]:
    done = run("inspect", "--machine", "reference", "--format", "json", *words)
    assert done.code == 0, done.error
    return json.loads(done.printed)


def test_figures_are_those_of_plan(project, run, zarrs):
    (one,) = inspected(run, zarrs / "cubes.zarr", "--use", "xz")
    done = run(
        *(
            "plan",
            "--machine",
            "reference",
            "--format",
            "json",
            "--shape",
            "70x90x110",
            "--use",
            "xz",
        ),
        *("--current", "32x32x32,2"),
    )
    same = json.loads(done.printed)["current"]
    assert one["xz_disk_seconds"] == one["mean_seconds"] == same["xz_seconds"]
    assert one["xz_requests"] == same["xz_requests"]
    assert one["objects"] == 3 * 3 * 4 + 1
    assert one["times_as_fast"] == pytest.approx(one["mean_seconds"] / one["first_mean_seconds"])


def test_stored_bytes_are_those_of_its_own_chunks(project, run, zarrs):
    (one,) = inspected(run, zarrs / "cubes.zarr")
    chunks = sum(file.stat().st_size for file in (zarrs / "cubes.zarr").glob("[0-9]*"))
    assert one["stored_bytes"] == pytest.approx(chunks, rel=0.1)
    assert one["sizes_asked"] == 24
    assert 0.8 < one["first_stored_bytes"] / chunks < 1.3  # at most a quarter more is spared
    assert one["whole_bytes"] == pytest.approx(one["stored_bytes"])


#: Labels: a few blocks of ones in a volume of zeros.
LABELS = np.zeros((96, 96, 96), "u1")
LABELS[40:60, 8:30, 50:90] = 3
LABELS[70:90, 60:80, 10:30] = 1
LITTLE = {"name": "bytes", "configuration": {"endian": "little"}}
BLOSC_3 = {"cname": "zstd", "clevel": 5, "shuffle": "shuffle", "typesize": 1, "blocksize": 0}
#: Format 3 leaves chunks of zeros out.
FEW_BYTES = {
    "zstd": (LABELS, 2, {"compressor": BLOSC}),
    "lz4": (LABELS, 2, {"compressor": {**BLOSC, "cname": "lz4"}}),
    "lz4 of a type that was not measured": (LABELS.astype("u4"), 2, {}),
    "sparse": (LABELS, 3, {"codecs": [LITTLE, {"name": "blosc", "configuration": BLOSC_3}]}),
    "sparse, not compressed": (LABELS, 3, {}),
    "sparse, not compressed, of a type that was not measured": (LABELS.astype("u4"), 3, {}),
    "nothing stored": (LABELS * 0, 3, {}),
}


@pytest.mark.parametrize("use", ["xy", "archive"])
@pytest.mark.parametrize("name", FEW_BYTES)
def test_no_layout_is_said_to_take_more_than_the_zarr_shows(project, run, tmp_path, name, use):
    voxels, format_, metadata = FEW_BYTES[name]
    path = write_zarr(tmp_path / "v.zarr", voxels, format_, 32, **metadata)
    (one,) = inspected(run, path, "--use", use)
    # At most a quarter more is spent on time, and an index takes some bytes.
    assert one["first_stored_bytes"] < 1.3 * one["stored_bytes"] + 100
    assert one["first_stored_bytes"] < voxels.nbytes / 2


CODECS_3 = {
    "not compressed": [LITTLE],
    "compressed": [LITTLE, {"name": "blosc", "configuration": BLOSC_3}],
}
#: A volume of which two of eight chunks of 32³ exist, of voxels that compress.
HALF_EMPTY = np.zeros((64, 64, 64), "u1")
HALF_EMPTY[:32, :32] = np.random.default_rng(2).integers(0, 9, (32, 32, 64))


@pytest.mark.parametrize("coded", CODECS_3)
def test_what_is_missing_costs_a_request_and_no_byte(project, run, tmp_path, coded):
    full = np.concatenate([np.concatenate([HALF_EMPTY[:32, :32]] * 2, 1)] * 2)
    dense, sparse = (
        inspected(run, write_zarr(tmp_path / f"{n}.zarr", one, 3, 32, codecs=CODECS_3[coded]))[0]
        for n, one in enumerate((full, HALF_EMPTY))
    )
    assert (dense["sizes_missing"], sparse["sizes_missing"]) == (0, 6)
    for name in ("xy", "xz", "yz", "region-96", "whole"):
        assert sparse[f"{name}_requests"] == dense[f"{name}_requests"]
        assert sparse[f"{name}_bytes"] == pytest.approx(dense[f"{name}_bytes"] / 4)
        for where in ("disk", "s3"):
            assert 0 < sparse[f"{name}_{where}_seconds"] < dense[f"{name}_{where}_seconds"]
        # A place whose chunks all exist needs as much.
        assert sparse[f"{name}_memory_bytes"] == pytest.approx(dense[f"{name}_memory_bytes"])
    assert sparse["whole_bytes"] == pytest.approx(sparse["stored_bytes"])
    assert sparse["convert_seconds"] < dense["convert_seconds"]


@pytest.mark.parametrize("coded", CODECS_3)
def test_of_a_shard_that_is_missing_its_index_alone_is_asked_for(project, run, tmp_path, coded):
    inner = {"chunk_shape": [8] * 3, "codecs": CODECS_3[coded]}
    codecs = [{"name": "sharding_indexed", "configuration": inner}]
    full = np.concatenate([np.concatenate([HALF_EMPTY[:32, :32]] * 2, 1)] * 2)
    dense, sparse = (
        inspected(
            run, write_zarr(tmp_path / f"{n}.zarr", one, 3, 32, codecs=codecs), "--release", "3.4.2"
        )[0]
        for n, one in enumerate((full, HALF_EMPTY))
    )
    indices = 4  # of the shards that a slice meets, one range each beside
    assert sparse["xy_requests"] - indices == (dense["xy_requests"] - indices) / 4
    assert sparse["xy_bytes"] == pytest.approx(dense["xy_bytes"] / 4)
    assert sparse["whole_requests"] == dense["whole_requests"] == 8


def test_of_a_zarr_of_which_nothing_exists_nothing_is_fetched(project, run, tmp_path):
    (one,) = inspected(run, write_zarr(tmp_path / "v.zarr", HALF_EMPTY * 0, 3, 32))
    assert one["whole_bytes"] == one["xy_bytes"] == one["stored_bytes"] == 0
    assert one["whole_requests"] == 8 and one["whole_disk_seconds"] > 0


def test_padding_that_is_not_compressed_is_fetched(project, run, tmp_path):
    (one,) = inspected(run, write_zarr(tmp_path / "v.zarr", VOXELS, 2, 32, compressor=None))
    assert one["whole_bytes"] == pytest.approx(one["stored_bytes"])
    assert one["stored_bytes"] > 1.1 * VOXELS.nbytes


def test_chunks_that_do_not_exist_are_not_taken_for_voxels(project, run, tmp_path):
    for name, voxels in (("none", LABELS * 0), ("many", np.zeros((512, 32, 32), "u1"))):
        path = write_zarr(tmp_path / f"{name}.zarr", voxels, 3, 16)
        said = run("inspect", "--machine", "reference", path).printed
        assert "none of those exists" in said and "stored are" not in said
    said = run("inspect", "--machine", "reference", tmp_path / "many.zarr").printed
    assert "24 of 128 objects" in said and "what the others take is not known" in said
    some = write_zarr(tmp_path / "some.zarr", LABELS, 3, 32)
    said = run("inspect", "--machine", "reference", some).printed
    assert "do not exist: they hold the fill value" in said and "stored are" in said


def test_converting_is_a_whole_read_and_a_whole_write_of_each(project, run, zarrs):
    one, many = (
        inspected(run, zarrs / "cubes.zarr", "--use", "yz", "--tomograms", number)[0]
        for number in (1, 500)
    )
    assert many["convert_seconds"] == pytest.approx(500 * one["convert_seconds"])
    assert one["convert_seconds"] > one["whole_disk_seconds"]
    gained = one["mean_seconds"] - one["first_mean_seconds"]
    assert one["pays_after_reads"] == pytest.approx(one["convert_seconds"] / gained)
    assert one["convert_requests_cost"] is None  # on a disk


def test_a_person_reads_what_it_is_what_it_takes_and_what_is_awkward(project, run, zarrs):
    done = run("inspect", "--machine", "reference", zarrs / "cubes.zarr")
    lines = done.printed.splitlines()
    assert lines[0].startswith(f"{zarrs / 'cubes.zarr'}: Zarr, 70×90×110 float32")
    assert "times as fast" in lines[1] and lines[2].startswith("Converting it takes")
    for name in ("xy", "xz", "yz", "region-96", "whole"):
        assert any(line.startswith(f"{name} ") for line in lines)
    assert "- an array alone" in done.printed and "[OME-Zarr specification" in done.printed
    assert "sizes of 24 of 36 objects" in done.printed


def test_a_folder_gives_a_line_for_each_and_names_what_was_left_out(project, run, zarrs):
    done = run("inspect", "--machine", "reference", zarrs)
    assert done.code == 0
    assert "cubes.zarr" in done.printed and "image.zarr" in done.printed
    assert "left out" in done.error and "flat.zarr: a 2-D image" in done.error
    table = run("inspect", "--machine", "reference", "--format", "csv", zarrs).printed
    assert [row["kind"] for row in csv.DictReader(io.StringIO(table))] == ["Zarr", "OME-Zarr 0.5"]


def test_one_of_many_that_the_release_can_not_read_is_left_out(project, run, tmp_path):
    for name, format_ in (("a", 2), ("b", 3), ("c", 2)):
        write_zarr(tmp_path / "v" / f"{name}.zarr", EVEN, format_, 32)
    words = ["inspect", "--machine", "reference", "--format", "csv", "--release", "2.18.7"]
    done = run(*words, tmp_path / "v")
    rows = csv.DictReader(io.StringIO(done.printed))
    assert [row["zarr"][-6:] for row in rows] == ["a.zarr", "c.zarr"]
    assert done.error.count("left out") == 1
    assert f"{tmp_path / 'v' / 'b.zarr'}: zarr 2.18 has no Zarr format 3" in done.error
    write_zarr(tmp_path / "3" / "d.zarr", EVEN, 3, 32)
    write_zarr(tmp_path / "3" / "e.zarr", EVEN, 3, 32)
    assert "none of 2 Zarrs can be inspected; the first: " in run(*words, tmp_path / "3").error


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "f2", "f4"])
def test_every_type_of_an_mrc_is_examined(project, run, tmp_path, dtype):
    write_zarr(tmp_path / "v.zarr", (VOXELS * 30).astype(dtype), 3, 32)
    (one,) = inspected(run, tmp_path / "v.zarr")
    assert one["dtype"] == np.dtype(dtype).name
    assert 0 < one["mean_seconds"] < inf


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "no such file"),
        (["http://127.0.0.1:9/v.zarr"], "refused"),
        (["ftp://x/v.zarr"], "only s3:// and https://"),
        (["--latency", "-1", "."], "latency"),
        (["--use", "teleport", "."], "no use"),
        (["--readers", "excel", "."], "there is no reader 'excel'"),
    ],
)
def test_bad_input_is_one_line(project, run, monkeypatch, words, said):
    monkeypatch.setattr("tomobench.desk.volumes.transfer.ATTEMPTS", 1)
    done = run("inspect", "--machine", "reference", *words)
    assert done.code == 1 and said in done.error and not done.printed


# What is awkward


def names(path, channel=None) -> set[str]:
    with places.opened(str(path)) as stores:
        return {one.name for one in awkward.of(present.of(stores[0], channel))}


def test_a_well_laid_out_image_has_nothing_awkward(tmp_path):
    path = write_ome(tmp_path / "v.zarr", [VOXELS, VOXELS[::2, ::2, ::2]], chunk=16)
    for level in "01":
        array = write_zarr(
            tmp_path / "w" / level, VOXELS, 2, 32, dimension_separator="/", compressor=BLOSC
        )
        edit_json(path / level / ".zarray", **json.loads((array / ".zarray").read_text()))
    # The chunks of 16³ under other names do not exist now: what remains is what the metadata says.
    assert names(path) == set()


AWKWARD = {
    "large-chunks": {"chunks": [200, 200, 200]},
    "small-chunks": {"chunks": [8, 8, 8]},
    "flat-chunks": {"chunks": [1, 90, 110]},
    "lone-array": {},
    "order-f": {"order": "F"},
    "zstd-checksum": {"compressor": {"id": "zstd", "level": 3, "checksum": False}},
    "many-objects": {"shape": [2000, 2000, 2000], "chunks": [64, 64, 64]},
    "one-level": {"shape": [300, 300, 300]},
    "blosc-limit": {"shape": [1500, 1500, 1500], "chunks": [1000, 1000, 1000]},
    "padding": {"chunks": [128, 128, 128]},
    "memory": {"chunks": [10**5, 10**5, 10**5]},
}  # fmt: skip


@pytest.mark.parametrize("name", AWKWARD)
def test_a_trait_is_said_where_it_is_and_nowhere_else(tmp_path, name):
    path = write_zarr(tmp_path / "v.zarr", VOXELS, 2, 32, compressor=BLOSC)
    plain = names(path)
    edit_json(path / ".zarray", **AWKWARD[name])
    assert name in names(path)
    if name != "lone-array":
        assert name not in plain


def test_traits_of_images_shards_and_formats(tmp_path):
    axes = [{"name": name, "type": "space"} for name in "xyz"]
    assert {"axis-order", "no-spacing", "separator"} <= names(
        write_ome(tmp_path / "a.zarr", [VOXELS[:9, :9, :9]], axes=axes)
    )
    inner = {
        "chunk_shape": [8] * 3,
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
    }
    codecs = [{"name": "sharding_indexed", "configuration": inner}]
    one = names(write_zarr(tmp_path / "s.zarr", VOXELS[:16, :16, :16], 3, 16, codecs=codecs))
    two = names(write_zarr(tmp_path / "t.zarr", VOXELS[:32, :16, :16], 3, 16, codecs=codecs))
    assert "one-writer" in one and "shared-shards" not in one
    assert "shared-shards" in two and "one-writer" not in two
    assert "format-3" in one & two
    both = np.stack([VOXELS, VOXELS])
    path = write_ome(tmp_path / "c.zarr", [both], axes=CHANNELS, scales=[[1] * 4], chunk=32)
    assert "channels" in names(path, 0)


def in_chunks_of(run, folder, several: np.ndarray, channels: int) -> dict:
    """What is said of the last of several channels, in chunks of so many."""
    path = folder / f"{channels}.zarr"
    write_ome(path, [several], axes=CHANNELS, scales=[[1] * 4], chunk=(channels, 32, 32, 32))
    (found,) = inspected(run, path, "--channel", len(several) - 1)
    return found


def test_a_channel_is_fetched_and_decoded_with_those_in_its_chunk(project, run, tmp_path):
    """Of two channels, one chunk each or together: as many requests, twice the bytes."""
    both = np.stack([EVEN, EVEN[::-1]])
    alone, together = (in_chunks_of(run, tmp_path, both, channels) for channels in (1, 2))
    for name in ("xy", "region-96", "whole"):
        assert together[f"{name}_requests"] == alone[f"{name}_requests"]
        assert together[f"{name}_bytes"] == pytest.approx(2 * alone[f"{name}_bytes"], rel=0.01)
        for what in ("disk_seconds", "s3_seconds", "memory_bytes"):
            assert together[f"{name}_{what}"] > 1.05 * alone[f"{name}_{what}"], (name, what)
    assert together["convert_seconds"] > alone["convert_seconds"]


def test_what_a_chunk_has_beyond_the_channels_takes_no_room(project, run, tmp_path):
    for channels in (1, 3):
        one = in_chunks_of(run, tmp_path, EVEN[None], channels)
        assert one["whole_bytes"] == pytest.approx(one["stored_bytes"], rel=0.01)


def test_every_rule_has_a_source_and_a_test():
    assert all(rule.source for rule in awkward.RULES)
    tested = {*AWKWARD, "axis-order", "no-spacing", "separator", "one-writer", "shared-shards"}
    assert {rule.name for rule in awkward.RULES} == {*tested, "format-3", "channels", "no-gain"}


def test_a_codec_that_brings_nothing(tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 64)).astype("u1")
    assert "no-gain" in names(write_zarr(tmp_path / "n.zarr", noise, 2, 32, compressor=BLOSC))
    assert "no-gain" not in names(
        write_zarr(tmp_path / "z.zarr", noise * 0 + 1, 2, 32, compressor=BLOSC)
    )


# plan --current


def spelled(one: dict) -> str:
    """A layout as a person types it."""
    cut = one["chunks"] + ("" if one["shards"] == "none" else f"/{one['shards']}")
    return f"{cut},{one['format']},{one['codec']}"


def test_plan_compares_with_a_layout_that_is_spelled(project, run):
    words = ["plan", "--machine", "reference", "--shape", "128x128x128", "--format", "json"]
    same = json.loads(run(*words).printed)["candidates"][1]
    done = run(*words, "--current", spelled(same))
    said = json.loads(done.printed)
    assert {**said["current"], "place": same["place"], "front": same["front"], "says": 0} == {
        **same,
        "says": 0,
    }
    assert len(said["current"]["says"]) == 2
    table = run(*words[:-2], "--current", spelled(same)).printed
    assert table.startswith(said["current"]["says"][0])


def test_plan_takes_shape_and_type_from_a_zarr(project, run, zarrs):
    words = ["plan", "--machine", "reference", "--current", zarrs / "cubes.zarr"]
    said = json.loads(run(*words, "--format", "json").printed)
    assert (said["shape"], said["dtype"]) == ([70, 90, 110], "float32")
    assert "leave --shape out" in run(*words, "--shape", "1x2x3").error
    assert "holds 3 Zarrs" in run("plan", "--current", zarrs).error
    place = csv.DictReader(io.StringIO(run(*words, "--format", "csv").printed))
    assert next(place)["place"] == "now"


def test_what_comes_first_is_left_as_it_is(project, run):
    words = ["plan", "--machine", "reference", "--shape", "128x128x128"]
    first = json.loads(run(*words, "--format", "json").printed)["candidates"][0]
    assert "leave it as it is" in run(*words, "--current", spelled(first)).printed


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--readers", "copick"], "copick can't open format 3, none"),
        (["--zarr-format", "2"], "Zarr format 3 was not asked for"),
        (["--max-objects", "5"], "a tomogram of more than 5 objects"),
        (["--max-memory", "200KiB"], "an access that needs more than 204,800 bytes of memory"),
    ],
)
def test_what_the_question_rules_out_is_not_left_as_it_is(project, run, words, why):
    plan = ["plan", "--machine", "reference", "--shape", "128x128x128", "--use", "xy"]
    current = ["--current", "2x128x128,3,none"]
    assert "leave it as it is" in run(*plan, *current).printed
    first, _, takes, *_ = run(*plan, *current, *words).printed.splitlines()
    assert first.startswith(f"2×128×128, format 3, not compressed has to be converted: {why}")
    assert takes.endswith("by one process.")  # whether it pays is no question


def test_the_other_format_is_left_where_it_makes_no_difference_and_is_allowed(project, run):
    words = ["plan", "--machine", "reference", "--shape", "128x128x128", "--storage", "s3"]
    told = json.loads(run(*words, "--format", "json").printed)
    first = told["candidates"][0]
    assert told["either_format"]
    other = spelled({**first, "format": 5 - first["format"]})
    assert "leave it as it is" in run(*words, "--current", other).printed
    alone = run(*words, "--current", other, "--zarr-format", str(first["format"])).printed
    assert "has to be converted" in alone.splitlines()[0]


def test_a_read_of_all_is_paid_once_and_each_size_that_is_asked_for(committed):
    layout = Layout((16, 16, 16))
    for heads in (False, True):
        storage = Storage(S3, 0.02, heads=heads)
        question = Question((256,) * 3, uses.parse("xy"), committed.tips()["3"], storage)
        desk = Estimate(question, committed)
        found = current.compared(desk, layout, None)
        asked = {"get": 16**3, "head": 16**3 * heads, "put": int(found.first.objects.value)}
        one = found.conversion
        assert (one.gets, one.heads, one.puts) == tuple(asked.values())
        assert one.requests == desk.prices.of(Usage(asked))
        said = current.takes(found)
        assert ("4,096 GETs, 4,096 HEADs and" if heads else "4,096 GETs and") in said


def test_a_zarr_whose_name_begins_like_a_layout_is_a_zarr(tmp_path, monkeypatch, refused):
    write_zarr(tmp_path / "2x2bin.zarr", EVEN, 2, 32)
    monkeypatch.chdir(tmp_path)
    layout, one = current.asked("2x2bin.zarr")
    assert layout.chunks == (32, 32, 32) and one.shape == EVEN.shape
    assert "no layout" in refused(current.asked, "2x2bin")


def test_a_format_that_the_release_can_not_read(project, run):
    words = ["plan", "--machine", "reference", "--release", "2.18.7", "--current"]
    assert "zarr 2.18 has no Zarr format 3" in run(*words, "64x64x64,3").error
