"""The metered file system counts, on a folder, what a real server answers: by Ceph RGW's own log.

s3fs adds requests of its own, which zarr does not make and the meter does not count. They follow a
rule:

* A HEAD that finds nothing is followed by a LIST, for there might be a folder of that name.
* Whether there is a folder, which zarr 2.18 asks once as it creates an array (a HEAD to the meter),
  is a LIST, and then a HEAD of the bucket.
* Unless ``max_concurrency=1``, s3fs 2026.6 and later ask for an object's size, by HEAD, before each
  GET of the whole of it. An object that is missing is then found missing by that HEAD, and its GET
  is not made.
"""

import json
from collections import Counter

import pytest

from tests.s3.release_process import RELEASES

UNSHARDED = {"shape": [80, 96, 112], "chunks": [16, 32, 32], "shards": None}
SHARDED = {**UNSHARDED, "shards": [48, 64, 32]}
LAYOUTS = {
    "format 2": {**UNSHARDED, "format": 2},
    "format 3": {**UNSHARDED, "format": 3},
    "sharded": {**SHARDED, "format": 3},
}
CASES = [
    (version, name)
    for version in RELEASES
    for name in LAYOUTS
    if name == "format 2" or not version.startswith("2.")
]
#: In an order in which each finds what it needs. The regions are parts of the shards they are in.
ACCESSES = [
    "write whole",
    "open array",
    "read whole",
    "read XY slice",
    "read 64³ aligned",
    "read 64³ unaligned",
    "read one chunk",
    "read 4 XY planes",
    "write 64³ aligned",
    "write 64³ unaligned",
]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]} {case[1]}")
def case(request, start_release, tmp_path):
    """A release at work on a layout, a folder, and a path on the server."""
    version, name = request.param
    with start_release(version, LAYOUTS[name]) as release:
        path = f"bucket/{version}-{name}".replace(" ", "-")
        yield release, {"folder": str(tmp_path)}, path


def on_folder(release, place, access) -> dict:
    """What the meter counts, and a checksum of what was read."""
    release.prepare(access, place)
    found = release.act()
    return {**found, "requests": Counter(found["requests"])}


def on_server(release, rgw, path, access, **options) -> tuple[dict, list]:
    """The same, from the server's log, and the log."""
    release.prepare(access, {"s3": {**rgw.fsspec_options(), **options}, "path": path})
    with rgw.recorded() as log:
        answer = release.act()
    # What a server says of a missing object is no byte of the array's.
    answered = [request for request in log if request.status < 300]
    found = {
        "requests": Counter(request.kind for request in log),
        "fetched": sum(request.sent for request in answered if "get" in request.kind),
        "written": sum(request.received for request in answered if request.kind == "put"),
        "read": answer["read"],
    }
    return found, log


def lists_of_s3fs(log) -> Counter:
    """The LISTs that come with HEADs: of missing objects, and of the bucket."""
    heads = [request for request in log if request.kind == "head"]
    return Counter({"list": sum(request.status == 404 or not request.key for request in heads)})


def test_a_server_answers_what_the_meter_counts(case, rgw):
    release, folder, path = case
    for access in ACCESSES:
        counted = on_folder(release, folder, access)
        answered, log = on_server(release, rgw, path, access, max_concurrency=1)
        counted["requests"] += lists_of_s3fs(log)
        assert answered == counted, access


def test_what_s3fs_adds_by_itself(case, rgw):
    release, folder, path = case
    path += "-by-default"
    for access in ("write whole", "open array", "read whole"):
        _, log = on_server(release, rgw, path, access, max_concurrency=1)
        missing = sum(request.kind == "get" and request.status == 404 for request in log)
        clear(rgw, path, access)
        counted = on_folder(release, folder, access)
        answered, log = on_server(release, rgw, path, access)
        gets = counted["requests"]["get"]
        counted["requests"] += lists_of_s3fs(log) + Counter({"head": gets})
        counted["requests"]["get"] -= missing
        assert answered["requests"] == +counted["requests"], access
        assert {**answered, "requests": None} == {**counted, "requests": None}, access


def clear(rgw, path, access) -> None:
    """Before a second writing, remove what the first wrote."""
    bucket, _, prefix = path.partition("/")
    client = rgw.client()
    for page in client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix + "/"
    ):
        for entry in page.get("Contents", ()) if access == "write whole" else ():
            client.delete_object(Bucket=bucket, Key=entry["Key"])


def test_bytes_of_ranges_are_those_asked_for(rgw):
    client = rgw.client()
    client.put_object(Bucket="bucket", Key="ranges", Body=bytes(1000))
    with rgw.recorded() as log:
        for wanted in ("bytes=0-0", "bytes=990-2000", "bytes=-7"):
            client.get_object(Bucket="bucket", Key="ranges", Range=wanted)["Body"].read()
    assert [(one.range, one.sent, one.kind) for one in log] == [
        ("bytes=0-0", 1, "range get"),
        ("bytes=990-2000", 10, "range get"),
        ("bytes=-7", 7, "range get"),
    ]


def test_the_log_has_every_request_of_many_at_once(start_release, rgw, tmp_path):
    """The log is complete each time, though requests end in any order."""
    with start_release("3.4.2", LAYOUTS["format 3"]) as release:
        path = "bucket/many"
        on_server(release, rgw, path, "write whole", max_concurrency=1)
        counts = {
            json.dumps(on_server(release, rgw, path, "read whole", max_concurrency=1)[0])
            for _ in range(10)
        }
    assert len(counts) == 1
