"""``tomobench plan`` on the committed results."""

import csv
import io
import json
from itertools import pairwise
from math import ceil, prod

import pytest

from tomobench.bench.kinds import READS, REFUSES
from tomobench.desk.advise.evidence.use import parse
from tomobench.desk.advise.readers import verdicts as readers
from tomobench.desk.advise.readers.verdicts import Trial
from tomobench.desk.judge.tiers import UNSAFE_WAYS

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
    found, text = planned(run, *use), run("plan", "--machine", "reference", *use).printed
    assert found["candidates"][0]["shards"] == "none" or what == "shard"
    assert found["writers"].startswith(f"Align parallel writers to {what}s (")
    assert (
        UNSAFE_WAYS[f"by 2 threads, in one {what}"] in found["writers"] and found["writers"] in text
    )
    for script in found["code"].values():
        assert f"Two that write into one {what} lose" in script and script in text + "\n"


def test_layouts_are_in_order_of_the_mean_time(project, run):
    found = planned(run, "--use", "xy=10,whole=1")["candidates"]
    assert len(found) > 20
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
    found = planned(run, *SMALL, "--release", "3.4.2")
    assert found["measured_on"] == "phantom-128"
    findings = committed.found["phantom-128", "3.4.2"]
    said = {(one["chunks"], one["shards"], one["format"]): one for one in found["candidates"]}
    compared = 0
    for (name, layout), time in findings.times.items():
        key = ("×".join(map(str, layout.chunks)), "×".join(map(str, layout.shards or ())) or "none")
        if name == "XY slice" and (one := said.get((*key, layout.zarr_format))):
            compared += 1
            assert (one["xy_seconds"], one["xy_seconds_how"]) == (time.value, "measured")
            assert one["xy_requests"] == findings.counts["requests", "XY slice", layout]
            assert one["xy_requests_how"] == one["stored_bytes_how"] == "exact"
    assert compared == 17


def test_what_was_not_measured_is_marked_as_modelled(project, run):
    found = planned(run, "--shape", "100x200x300")
    assert found["measured_on"] is None
    assert {one["xy_seconds_how"] for one in found["candidates"]} == {"modelled"}
    assert any("layout held out" in note for note in found["notes"])


def test_the_front_is_what_nothing_beats(project, run):
    found = planned(run, "--use", "xz,region-64")["candidates"]
    aims = [(one["mean_seconds"], one["objects"]) for one in found]
    assert found[0]["front"]
    for one, mine in zip(found, aims):
        # With bytes within 1 % left out, the front can only be smaller.
        if not any(a <= mine[0] and b <= mine[1] and (a, b) != mine for a, b in aims):
            assert one["front"]


def test_one_line_of_zarr_and_one_format(project, run):
    old = planned(run, "--release", "2.18.7")
    assert {one["format"] for one in old["candidates"]} == {2}
    assert list(old["code"]) == ["2.18", "3"]
    assert any("2.18 has no Zarr format 3" in reason for reason in old["left_out"].values())
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
    assert any("no shards here" in reason for reason in found["left_out"].values())


def test_an_archive_is_ordered_by_bytes_and_objects(project, run):
    found = planned(run, "--use", "archive")["candidates"]
    assert all(one["objects"] >= found[0]["objects"] for one in found if one["place"] != 1)
    assert found[0]["stored_bytes"] <= 1.011 * min(one["stored_bytes"] for one in found)
    assert "mean_seconds" not in found[0]


def test_latency_favours_few_requests_and_costs_are_those_of_the_requests(project, run):
    near = planned(run, "--storage", "s3", "--latency", "0", "--use", "whole", "--zarr-format", "2")
    far = planned(
        run, "--storage", "s3", "--latency", "100", "--use", "whole", "--zarr-format", "2"
    )
    assert far["candidates"][0]["chunks"] == "128×128×128"
    slow = {one["chunks"]: one["whole_seconds"] for one in near["candidates"]}
    for one in far["candidates"]:
        gets = one["whole_requests"]
        added = one["whole_seconds"] - slow[one["chunks"]]
        assert added == pytest.approx(0.1 * ceil(gets / 10))
        assert one["million_requests_cost"] == pytest.approx(gets * 0.0004 / 1000 * 1e6)


def test_a_client_that_asks_for_sizes_pays_for_it(project, run):
    words = ("--storage", "s3", "--use", "xy", "--zarr-format", "2")
    plain, heads = planned(run, *words), planned(run, *words, "--client", "s3fs")
    paid = {one["chunks"]: one["million_requests_cost"] for one in plain["candidates"]}
    for one in heads["candidates"]:
        assert one["million_requests_cost"] == pytest.approx(2 * paid[one["chunks"]])


def test_many_tomograms_cost_as_many_times_as_much(project, run):
    one = planned(run, "--storage", "s3")["candidates"][0]
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


def test_the_table_is_for_people_and_the_csv_for_programs(project, run):
    text = run("plan", "--top", "3").printed
    assert "~" in text and "●" in text and "With zarr 3:" in text and "takes" in text
    assert "layout held out in turn" in text
    rows = list(csv.DictReader(io.StringIO(run("plan", "--format", "csv").printed)))
    assert rows[0]["place"] == "1" and float(rows[0]["xy_seconds"]) > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--shape", "128"], "no shape"),
        (["--shape", "0x1x1"], "no shape"),
        (["--dtype", "float99"], "no type of numbers"),
        (["--dtype", "int16"], "no volume of int16 was measured"),
        (["--use", "xw"], "no use 'xw'"),
        (["--use", "xy=0"], "no number above 0"),
        (["--use", "xy=nan"], "no number above 0"),
        (["--use", "xy,xy"], "twice"),
        (["--use", "archive,xy"], "archive alone"),
        (["--use", "region-0"], "no use 'region-0'"),
        (["--latency", "5"], "--latency is for --storage s3"),
        (["--storage", "s3", "--latency", "-1"], "can't be"),
        (["--storage", "s3", "--bandwidth", "0"], "can't be"),
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


def test_a_region_is_eight_boxes_of_the_size():
    assert parse("region-64").weights == {"region-64": 1.0}
    assert parse("archive").archive
