"""``tomobench inspect`` over S3 and HTTP: what is asked for, and what comes of it."""

import json
import shutil
from pathlib import Path

import pytest

from tests import REPOSITORY
from tests.s3.portal import published

CHUNK = r"\.zarr/\d/\d"


@pytest.fixture
def inspect(run, tmp_path, monkeypatch):
    """``tomobench inspect ... --format json`` in a folder with the committed results."""
    for name in ("asv.conf.json", "releases.lock.json"):
        shutil.copy(REPOSITORY / name, tmp_path)
    Path(tmp_path, "results").symlink_to(REPOSITORY / "results")
    monkeypatch.chdir(tmp_path)

    def inspected(*words):
        done = run("inspect", "--machine", "reference", "--format", "json", *words)
        return json.loads(done.printed) if done.code == 0 else done.error

    return inspected


@pytest.mark.parametrize("by", ["s3", "https"])
def test_sizes_alone_are_asked_for(inspect, portal, proxy, by):
    where = f"s3://{published.BUCKET}" if by == "s3" else f"{proxy.url}/{published.BUCKET}"
    (one,) = inspect(f"{where}/{published.ZARR}", "--tomograms", 484)
    assert (one["shape"], one["chunks"]) == ("40×300×300", "256×256×256")
    assert (one["codec"], one["levels"], one["objects"]) == ("blosc-lz4-5-shuffle", 3, 11)
    chunks = sum(
        len(body) for key, body in published.objects() if "/" in key.partition(".zarr/")[2][1:]
    )
    assert one["stored_bytes"] == pytest.approx(chunks, rel=0.01)
    assert one["convert_gets"] == 4 * 484 and one["convert_requests_cost"] > 0
    asked = [(method, path) for method, path, _ in proxy.log if ".zarr/0/0" in path]
    assert asked and {method for method, _ in asked} == {"HEAD"}


def test_a_prefix_gives_a_line_for_each(inspect, portal, bucket):
    found = inspect(f"s3://{published.BUCKET}/10445")
    assert not isinstance(found, str), found
    (one,) = found
    assert one["zarr"].endswith(published.ZARR)


@pytest.mark.parametrize("fault", ["503", "silent", "refuse"])
def test_a_server_that_does_not_answer_is_one_line(inspect, portal, proxy, fault):
    proxy.fault("", fault)
    line = inspect(f"s3://{published.BUCKET}/{published.ZARR}")
    assert "check the network" in line and "kept" not in line


def test_what_is_not_there_is_one_line(inspect, portal):
    assert "no Zarr is there" in inspect(f"s3://{published.BUCKET}/10445/nothing")
    assert "absent: S3 answers 403" in inspect("s3://no-such-bucket/a.zarr")


def test_two_colons_are_part_of_a_key(inspect, portal, bucket):
    key = published.ZARR.replace("TS_100_3.zarr", "a::b.zarr")
    moved = {
        name.replace(published.ZARR, key): body
        for name, body in published.objects()
        if published.ZARR in name
    }
    for name, body in moved.items():
        bucket.put_object(Bucket=published.BUCKET, Key=name, Body=body)
    try:
        (one,) = inspect(f"s3://{published.BUCKET}/{key}")
        assert one["shape"] == "40×300×300" and one["objects"] == 11
        below = inspect(f"s3://{published.BUCKET}/10445")
        assert any(one["zarr"].endswith("a::b.zarr") for one in below)
        chain = f"simplecache::s3://{published.BUCKET}/{published.ZARR}"
        assert "only s3:// and https:// addresses" in inspect(chain)
    finally:
        for name in moved:
            bucket.delete_object(Bucket=published.BUCKET, Key=name)
