"""``tomobench plan`` on the committed results."""

import csv
import io
import json
import re
import shutil
from itertools import pairwise
from math import ceil, prod

import numpy as np
import pytest

from tests.unit.volumes.files import write_zarr
from tomobench.bench.kinds import READS, REFUSES
from tomobench.bench.layout import Layout
from tomobench.desk.advise.evidence.use import parse
from tomobench.desk.advise.plan import trial_voxels, writers
from tomobench.desk.advise.plan.estimate import estimated
from tomobench.desk.advise.plan.network import S3, Storage
from tomobench.desk.advise.plan.question import Question
from tomobench.desk.advise.readers import verdicts as readers
from tomobench.desk.advise.readers.verdicts import Trial
from tomobench.desk.judge.tiers import UNSAFE_WAYS

pytestmark = pytest.mark.committed

SMALL = ("--shape", "128x128x128")


def planned(run, *words) -> dict:
    """The plan as JSON."""
    done = run("plan", "--machine", "reference", "--format", "json", *words)
    assert done.code == 0, done.error
    return json.loads(done.printed)


def shape_of(text: str) -> tuple:
    return tuple(map(int, text.split("×")))


@pytest.mark.parametrize(("zarr_format", "what"), [("2", "chunk"), ("3", "shard")])
def test_the_plan_and_its_scripts_say_what_writers_must_not_share(zarr_format, what, project, run):
    use = ("--use", "archive", "--zarr-format", zarr_format, *SMALL)
    found, text = planned(run, *use), run("plan", "--machine", "reference", "--code", *use).printed
    assert found["candidates"][0]["shards"] == "none" or what == "shard"
    assert found["writers"].startswith(f"Align parallel writers to {what}s (")
    assert (
        UNSAFE_WAYS[f"by 2 threads, in one {what}"] in found["writers"] and found["writers"] in text
    )
    for script in found["code"].values():
        assert f"Two that write into one {what} lose" in script and script in text + "\n"


@pytest.mark.parametrize("zarr_format", ["2", "3"])
def test_the_plan_says_how_thick_a_slab_to_write_and_to_read(zarr_format, project, run):
    use = ("--use", "archive", "--zarr-format", zarr_format, *SMALL)
    found, text = planned(run, *use), run("plan", "--machine", "reference", *use).printed
    first = found["candidates"][0]
    depths = [
        min(128, shape_of(first[one])[0]) for one in ("chunks", "shards") if first[one] != "none"
    ]
    assert (
        f"written {depths[-1]} times" in found["slabs"]
        and f"chunk {depths[0]} times" in found["slabs"]
    )
    assert found["slabs"] in text


def test_what_is_one_plane_thick_is_not_counted():
    one, in_shards = Layout((1, 128, 128)), Layout((1, 128, 128), shards=(8, 128, 128))
    said = writers.slabs(one, (128, 128, 128))
    assert (
        said == "Fill it plane by plane: each chunk is one plane thick. Read it plane by plane, too"
    )
    said = writers.slabs(in_shards, (128, 128, 128))
    assert "each shard is written 8 times. Read it plane by plane" in said


def test_layouts_are_in_order_of_the_mean_time(project, run):
    found = planned(run, "--use", "xy=10,whole=1", "--top", "0", *SMALL)["candidates"]
    assert len(found) > 40
    assert [one["place"] for one in found] == list(range(1, len(found) + 1))
    assert all(a["mean_seconds"] <= b["mean_seconds"] for a, b in pairwise(found))
    for one in found:
        mean = (10 * one["xy_seconds"] + one["whole_seconds"]) / 11
        assert one["mean_seconds"] == pytest.approx(mean)


def test_objects_are_exact(project, run):
    for one in planned(run, "--shape", "184x630x630")["candidates"]:
        edges = shape_of(one["chunks"] if one["shards"] == "none" else one["shards"])
        metadata = 2 if one["format"] == 2 else 1
        counted = prod(ceil(n / edge) for n, edge in zip((184, 630, 630), edges)) + metadata
        assert (one["objects"], one["objects_how"]) == (counted, "exact")


def test_what_was_counted_and_timed_on_the_volume_is_used(project, run, committed):
    assert planned(run, *SMALL, "--release", "3.4.2")["measured_on"] == "phantom-128"
    question = Question((128, 128, 128), parse("xy"), "3.4.2")
    findings = committed.found["phantom-128", "3.4.2"]
    compared = 0
    for (name, layout), time in findings.times.items():
        if name != "XY slice":
            continue
        compared += 1
        one = estimated(layout, question, committed)
        slice_ = one.accesses["xy"]
        assert (slice_.seconds.value, slice_.seconds.how) == (time.value, "measured")
        assert slice_.requests.value == findings.counts["requests", "XY slice", layout]
        assert slice_.requests.how == one.stored.how == "exact"
    assert compared == 17


def test_what_was_not_measured_is_marked_as_modelled(project, run):
    found = planned(run, "--shape", "100x200x300")
    assert found["measured_on"] is None
    assert {one["xy_seconds_how"] for one in found["candidates"]} == {"modelled"}
    assert any("layout held out" in note for note in found["notes"])


def test_a_layout_that_was_measured_may_be_named_from_its_time(project, run):
    found = planned(run, "--shape", "128x128x128", "--max-chunk", "16KiB", "--top", "0")
    named = {one["chunks"] for one in found["candidates"] if one["xy_seconds_how"] == "measured"}
    assert "16×16×16" in named


AIMS = ("mean_seconds", "objects", "stored_bytes", "memory_bytes", "write_seconds")


def test_each_line_is_better_in_something_than_those_above(project, run):
    found = planned(run, "--use", "xz,region-64")["candidates"]
    assert 1 < len(found) <= 12
    aims = [[one[aim] for aim in AIMS] for one in found]
    for place, mine in enumerate(aims):
        assert not any(all(a <= b for a, b in zip(other, mine)) for other in aims[:place])
        beaten = any(
            all(a <= b for a, b in zip(other, mine)) and other != mine
            for other in aims
        )  # fmt: skip
        assert found[place]["front"] is not beaten


def test_the_first_takes_no_longer_than_any_and_the_least_of_the_rest(project, run):
    every = planned(run, "--use", "xz,region-64", "--top", "0", *SMALL)["candidates"]
    first = planned(run, "--use", "xz,region-64", *SMALL)["candidates"][0]
    fastest = min(one["mean_seconds"] for one in every)
    assert first["mean_seconds"] <= 1.051 * fastest
    same = [rest(one) for one in every if one["mean_seconds"] <= 1.04 * fastest]
    assert rest(first) <= min(same)


def rest(one: dict) -> float:
    """What decides where times are the same."""
    return one["objects"] * one["stored_bytes"] * one["write_seconds"]


def test_one_line_of_zarr_and_one_format(project, run):
    old = planned(run, "--release", "2.18.7")
    assert {one["format"] for one in old["candidates"]} == {2}
    assert list(old["code"]) == ["2.18", "3"]
    assert any("2.18 has no Zarr format 3" in reason for reason in old["left_out"].values())
    assert not any("Error" in reason for reason in old["left_out"].values())
    new = planned(run, "--zarr-format", "3", "--use", "whole")
    assert {one["format"] for one in new["candidates"]} == {3}
    assert list(new["code"]) == ["3"]
    for code in [*old["code"].values(), *new["code"].values()]:
        compile(code, "snippet", "exec")


def test_layouts_that_a_reader_cannot_open_are_left_out_with_the_reason(own_project, run):
    kinds = {
        "format 2, blosc-zstd shuffle": (READS, ""),
        "format 3, blosc-zstd shuffle": (READS, ""),
        "format 3, sharded, blosc-zstd shuffle": (REFUSES, "no shards here"),
    }
    rows = [Trial("zarrita", "0.5", "3.4.2", kind, *verdict) for kind, verdict in kinds.items()]
    readers.save(own_project, rows)
    found = planned(run, "--readers", "zarrita")
    assert {one["shards"] for one in found["candidates"]} == {"none"}
    said = " ".join(found["left_out"].values())
    # A sentence of ours, and not what the reader said.
    assert "zarrita can't open format 3, sharded" in said and "no shards here" not in said


def test_an_archive_is_ordered_by_bytes_and_objects(project, run):
    found = planned(run, "--use", "archive")["candidates"]
    assert all(one["objects"] >= found[0]["objects"] for one in found if one["place"] != 1)
    assert found[0]["stored_bytes"] <= 1.011 * min(one["stored_bytes"] for one in found)
    assert "mean_seconds" not in found[0]


def test_latency_favours_few_requests_and_costs_are_those_of_the_requests(project, run):
    words = ("--storage", "s3", "--use", "whole", "--zarr-format", "2", "--top", "0")
    near = planned(run, *words, "--latency", "0")["candidates"]
    far = planned(run, *words, "--latency", "100")["candidates"]
    requests = {one["chunks"]: one["whole_requests"] for one in near + far}
    assert requests[far[0]["chunks"]] <= requests[near[0]["chunks"]]
    slow = {(one["chunks"], one["codec"]): one["whole_seconds"] for one in near}
    compared = 0
    for one in far:
        gets = one["whole_requests"]
        if (before := slow.get((one["chunks"], one["codec"]))) is not None:
            compared += 1
            # No wait is shorter for the work that is done in it, and some of the work is hidden.
            waits = 0.1 * ceil(gets / 10)
            assert waits <= one["whole_seconds"] <= before + waits + 1e-9
        assert one["million_requests_cost"] == pytest.approx(gets * 0.0004 / 1000 * 1e6)
    assert compared


def test_a_client_that_asks_for_sizes_pays_for_it_and_its_requests_are_counted(project, committed):
    tip = committed.tips()["3"]
    layout = Layout((64, 64, 64))
    plain, heads = (
        estimated(layout, Question((184, 630, 630), parse("xy"), tip, storage), committed)
        for storage in (Storage(S3, 0.02), Storage(S3, 0.02, heads=True))
    )
    assert heads.requests == 2 * plain.requests
    assert heads.accesses["xy"].requests.value == 2 * plain.accesses["xy"].requests.value == 200


def test_many_tomograms_cost_as_many_times_as_much(project, run):
    one = planned(run, "--storage", "s3", "--tomograms", "1")["candidates"][0]
    many = planned(run, "--storage", "s3", "--tomograms", "484")["candidates"][0]
    assert many["month_cost"] == pytest.approx(484 * one["month_cost"], rel=1e-6)


@pytest.mark.parametrize("use", ["xy", "region-64"])
def test_a_lead_within_the_noise_is_said_to_be(project, run, use):
    found = planned(run, "--use", use)
    first, *others = found["candidates"]
    cut = (first["chunks"], first["shards"])
    second = next(one for one in others if (one["chunks"], one["shards"]) != cut)
    doubtful = second["mean_seconds"] < 1.18 * first["mean_seconds"]
    assert ("within the noise" in found["reason"]) is doubtful


def test_the_answer_comes_first_then_the_table_then_how_sure(project, run):
    text = run("plan", "--use", "viewer,region-64").printed
    lines = text.splitlines()
    assert lines[0].startswith("Write it in chunks of ") and "compression of phantom-" in lines[0]
    assert text.index("●") < text.index("How sure:") < text.index("layout held out in turn")
    assert "±" in lines[0] and "By one layout for all: viewer" in text
    assert "import zarr" not in text
    assert "import zarr" in run("plan", "--code").printed
    rows = list(csv.DictReader(io.StringIO(run("plan", "--format", "csv").printed)))
    assert rows[0]["place"] == "1" and float(rows[0]["xy_seconds"]) > 0


def test_what_is_not_compressed_is_said_to_be_and_held_against_the_best_that_is(project, run):
    told = planned(run, "--use", "xy")
    first, other = told["candidates"][0], told["compressed"]
    assert first["codec"] == "none" != other["codec"]
    assert other["stored_bytes"] < 0.95 * first["stored_bytes"]
    assert other["xy_seconds"] > first["xy_seconds"]
    assert "of the page cache" in told["answer"] and "Compressed, the best is" in told["answer"]
    # From a disk that delivers little, fewer bytes are quicker.
    slow = planned(run, "--use", "xy", "--bandwidth", "100")
    assert slow["candidates"][0]["codec"] != "none" and slow["compressed"] is None
    assert "page cache" not in slow["answer"]
    assert slow["candidates"][0]["xy_seconds"] > slow["candidates"][0]["xy_bytes"] / 100e6


def test_densities_of_a_type_that_was_not_measured_are_compressed_as_its_phantom(project, run):
    found = planned(run, "--dtype", "uint8", "--use", "archive")
    assert found["compression_of"] == "phantom-128-uint8"
    # Noise: as labels, it would be a seventieth.
    assert found["candidates"][0]["stored_bytes"] > 184 * 630 * 630 / 2
    labels = planned(run, "--dtype", "uint8", "--kind", "labels", "--use", "archive")
    assert labels["candidates"][0]["stored_bytes"] < 184 * 630 * 630 / 20
    assert any("scale with the bytes decoded" in note for note in found["notes"])


def test_a_known_ratio_is_used(project, run):
    found = planned(run, "--ratio", "2", "--use", "archive", "--shape", "128x128x128")
    assert found["candidates"][0]["stored_bytes"] == pytest.approx(128**3 * 4 / 2, rel=0.01)


def test_limits_are_kept_and_said(project, run):
    words = (
        "--use",
        "whole",
        "--max-objects",
        "100",
        "--max-chunk",
        "1MiB",
        "--max-memory",
        "2GiB",
    )
    found = planned(run, *words)
    for one in found["candidates"]:
        assert one["objects"] <= 100 and prod(shape_of(one["chunks"])) * 4 <= 2**20
        assert one["memory_bytes"] <= 2**31
    assert any("more than 100 objects" in reason for reason in found["left_out"].values())


def test_parallel_writers_get_units_of_their_own(project, run):
    found = planned(run, "--use", "pipeline-8")
    (said,) = found["workers"]
    assert "8 workers" in said and "lost without an error" in found["writers"]
    for one in found["candidates"]:
        unit = shape_of(one["chunks"] if one["shards"] == "none" else one["shards"])
        assert prod(ceil(n / edge) for n, edge in zip((184, 630, 630), unit)) >= 8


def test_programs_stand_for_what_they_read_with(project, run):
    assert {one["format"] for one in planned(run, "--readers", "copick")["candidates"]} == {2}
    done = run("plan", "--readers", "neuroglancer", "--dtype", "float64")
    assert done.code == 1 and "neuroglancer shows no float64" in done.error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--shape", "128"], "no shape"),
        (["--shape", "0x1x1"], "no shape"),
        (["--dtype", "float99"], "no type of numbers"),
        (["--dtype", "complex64"], "no type of numbers"),
        (["--dtype", "int16", "--kind", "labels", "--ratio", "0"], "a compression of 0"),
        (["--dtype", "float32", "--kind", "labels"], "labels are whole numbers"),
        (["--shape", "-1x2x3"], "no shape"),
        (["--shape", "128x128x128x3"], "no shape"),
        (["--shape", "99999x99999x99999"], "larger than any tomogram"),
        (["--use", "xy=1e308,whole=1e308"], "the weight in 'xy=1e308'"),
        (["--use", "training-0"], "no use 'training-0'"),
        (["--use", "pipeline-0"], "no use 'pipeline-0'"),
        (["--use", "pipeline-5", "--shape", "16x16x16"], "fewer chunks or shards than 5 workers"),
        (["--max-memory", "1"], "an access that needs more than 1 bytes of memory"),
        (["--max-memory", "much"], "no number of bytes"),
        (["--max-chunk", "0"], "no number of bytes"),
        (["--like", "nothing-here.mrc"], "no such volume, file or folder"),
        (["--like", "phantom-128", "--dtype", "int8"], "a shape and a type of its own"),
        (["--use", "xw"], "no use 'xw'"),
        (["--use", "xy=0"], "no number above 0"),
        (["--use", "xy=nan"], "no number above 0"),
        (["--use", "xy,xy"], "twice"),
        (["--use", "archive,xy"], "archive alone"),
        (["--use", "region-0"], "no use 'region-0'"),
        (["--latency", "5"], "--latency is for --storage s3"),
        (["--latency", "0"], "--latency is for --storage s3"),
        (["--storage", "s3", "--latency", "-1"], "can't be"),
        (["--storage", "s3", "--bandwidth", "0"], "can't be"),
        (["--bandwidth", "-5"], "can't be"),
        (["--release", "9.9"], "no zarr release"),
        (["--volume", "nothing-here"], "there is no volume"),
        (["--volume", "phantom-128", "--shape", "1x1x1"], "shape and a type of its own"),
        (["--release", "2.18.7", "--zarr-format", "3"], "no layout is left"),
        (["--readers", "imod"], "there is no reader 'imod'"),
        (["--machine", "nobody"], "no results of nobody"),
        (["--release", "3.0.0"], "was not timed"),
    ],
)
def test_bad_input_is_one_clear_line(project, run, words, said):
    done = run("plan", *words)
    assert done.code == 1 and said in done.error


@pytest.mark.parametrize("use", ["xy", "whole", "archive"])
def test_of_a_large_tomogram_no_figure_has_an_exponent(project, run, use):
    text = run("plan", "--shape", "300x4000x4000", "--use", use, "--storage", "s3").printed
    assert re.search(r"[0-9] GiB", text.splitlines()[0])
    assert not re.findall(r"[0-9]e[+][0-9]+", text)


def test_planes_without_a_chunk_are_tried_as_background(cache_folder, tmp_path, refused):
    labels = np.zeros((48, 20, 20), np.uint8)
    labels[32:, 3:9] = 7
    path = write_zarr(tmp_path / "labels.zarr", labels, 3, chunk=16)
    question = Question((48, 20, 20), parse("xy"), "3.4.2")
    shape, said = trial_voxels.kept(str(path), question, 2**20, tmp_path / "kept.npy")
    assert np.array_equal(np.load(tmp_path / "kept.npy"), labels)
    assert shape == labels.shape and said == f"all of {path}"
    shutil.rmtree(path / "c")
    tried = (trial_voxels.kept, str(path), question, 2**20, tmp_path / "kept.npy")
    assert "not one chunk" in refused(*tried)


def test_a_region_is_an_access_and_an_archive_none():
    assert parse("region-64").weights == {"region-64": 1.0}
    assert parse("archive").archive
