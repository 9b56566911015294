"""Fetching over S3 and HTTP from a real server: what comes, what is asked for, what faults do."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time

import numpy as np
import pytest
import tensorstore

from tests.made.on_disk import on_disk
from tests.s3.portal import published
from tomobench.bench import volume as volumes
from tomobench.desk.volumes import catalogue, mirror

RUN = "10445/TS_100_3"
CHUNK = r"\.zarr/\d/\d"
CLOSED = "http://127.0.0.1:9"


def voxels(volume_id: str) -> np.ndarray:
    return volumes.load(volume_id.strip())[1]


@pytest.fixture
def fetch(command):
    """``tomobench volume fetch --print-id ...``, and the voxels that came."""
    return lambda *words: voxels(command("fetch", "--print-id", *words))


@pytest.fixture
def put(bucket):
    """Replace objects of the published Zarr till the test ends; None removes one."""
    before = {}

    def put(name, body):
        key = f"{published.ZARR}/{name}"
        if key not in before:
            before[key] = bucket.get_object(Bucket=published.BUCKET, Key=key)["Body"].read()
        if body is None:
            bucket.delete_object(Bucket=published.BUCKET, Key=key)
        else:
            bucket.put_object(Bucket=published.BUCKET, Key=key, Body=body)

    yield put
    for key, body in before.items():
        bucket.put_object(Bucket=published.BUCKET, Key=key, Body=body)


def get(bucket, name: str) -> bytes:
    key = f"{published.ZARR}/{name}"
    return bucket.get_object(Bucket=published.BUCKET, Key=key)["Body"].read()


# What comes


def test_a_whole_tomogram_comes_once(fetch, portal, proxy, cache_folder):
    assert np.array_equal(fetch(RUN), published.voxels())
    assert len(proxy.fetched(CHUNK)) == len(published.CHUNKS)
    assert list((cache_folder / "downloads").iterdir()) == []
    proxy.log.clear()
    portal.asked = 0
    fetch(RUN)
    assert proxy.log == [] and portal.asked == 0


def test_a_region_needs_its_chunks_alone(fetch, portal, proxy):
    found = fetch(RUN, "--region", "5:9,:,270:300")
    assert np.array_equal(found, published.voxels()[5:9, :, 270:300])
    asked = sorted(path.partition(".zarr/")[2] for path in proxy.fetched(CHUNK))
    assert asked == ["0/0/0/1", "0/0/1/1"]


def test_a_level(command, portal, proxy):
    volume_id = command("fetch", "--print-id", RUN, "--level", "1").strip()
    assert np.array_equal(voxels(volume_id), published.voxels(1))
    assert volumes.describe(volume_id).voxel_spacing == (20.024,) * 3
    assert len(proxy.fetched(CHUNK)) == 1


@pytest.mark.parametrize("scheme", ["s3", "http"])
def test_an_address_of_a_zarr(fetch, portal, proxy, scheme):
    root = "s3:/" if scheme == "s3" else proxy.url
    found = fetch(f"{root}/{published.BUCKET}/{published.ZARR}", "--region", "0:2,:,:")
    assert np.array_equal(found, published.voxels()[:2])


@pytest.mark.parametrize("scheme", ["s3", "http"])
def test_an_address_of_an_mrc(fetch, portal, proxy, scheme):
    root = "s3:/" if scheme == "s3" else proxy.url
    found = fetch(f"{root}/{published.BUCKET}/{published.MRC}", "--region", "0:2,:,:")
    assert np.array_equal(found, published.voxels()[:2])


def test_a_local_file(fetch, tmp_path):
    np.save(tmp_path / "v.npy", published.voxels(2))
    assert np.array_equal(fetch(tmp_path / "v.npy"), published.voxels(2))


def test_a_sharded_ome_zarr_of_format_3(fetch, portal, proxy, bucket, tmp_path):
    """Axes c, x, y, z; of the shards, the one that the region lies in is fetched."""
    stored = published.voxels(2).T[None]
    inner = {"chunk_shape": [1, 8, 8, 8], "codecs": [{"name": "bytes"}, {"name": "crc32c"}]}
    spec = {
        "driver": "zarr3",
        "kvstore": on_disk(tmp_path / "v.zarr" / "full"),
        "metadata": {
            "shape": stored.shape,
            "data_type": "float32",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 40, 40, 16]}},
            "codecs": [{"name": "sharding_indexed", "configuration": inner}],
        },
    }
    tensorstore.open(spec, create=True).result().write(stored).result()
    axes = [{"name": "c"}, *({"name": name, "unit": "nanometer"} for name in "xyz")]
    scale = {"type": "scale", "scale": [1, 4, 4, 2]}
    datasets = [{"path": "full", "coordinateTransformations": [scale]}]
    ome = {"ome": {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}}
    group = {"zarr_format": 3, "node_type": "group", "attributes": ome}
    (tmp_path / "v.zarr" / "zarr.json").write_text(json.dumps(group))
    for path in (tmp_path / "v.zarr").rglob("*"):
        if path.is_file():
            key = path.relative_to(tmp_path).as_posix()
            bucket.put_object(Bucket=published.BUCKET, Key=key, Body=path.read_bytes())
    found = fetch(f"s3://{published.BUCKET}/v.zarr", "--region", "3:7,41:50,0:9")
    assert np.array_equal(found, published.voxels(2)[3:7, 41:50, :9])
    assert proxy.fetched("full/c") == [f"/{published.BUCKET}/v.zarr/full/c/0/0/1/0"]
    (volume_id,) = volumes.known()
    assert volumes.describe(volume_id).voxel_spacing == (20.0, 40.0, 40.0)


def test_two_colons_are_part_of_a_key(fetch, portal, bucket):
    keys = {"::a/b::c.mrc": published.MRC, "a::b.zarr/0/.zarray": f"{published.ZARR}/2/.zarray"}
    keys["a::b.zarr/0/0/0/0"] = f"{published.ZARR}/2/0/0/0"
    for key, name in keys.items():
        body = bucket.get_object(Bucket=published.BUCKET, Key=name)["Body"].read()
        bucket.put_object(Bucket=published.BUCKET, Key=key, Body=body)
    found = fetch(f"s3://{published.BUCKET}/::a/b::c.mrc", "--region", "0:2,:,:")
    assert np.array_equal(found, published.voxels()[:2])
    found = fetch(f"s3://{published.BUCKET}/a::b.zarr/0")
    assert np.array_equal(found, published.voxels(2))


def test_a_damaged_volume_is_fetched_again(fetch, portal, proxy):
    fetch(RUN, "--level", "2")
    (volume_id,) = volumes.known()
    path = volumes.folder(volume_id) / "voxels.npy"
    path.write_bytes(path.read_bytes()[:-4])
    catalogue.ensure(volume_id)
    assert np.array_equal(voxels(volume_id), published.voxels(2))


# Faults that pass


@pytest.mark.parametrize("kind", ["503", "cut", "refuse", "silent", "slow"])
@pytest.mark.parametrize("scheme", ["s3", "http"])
def test_one_fault_each_is_overcome(fetch, portal, proxy, scheme, kind):
    root = "s3:/" if scheme == "s3" else proxy.url
    for name in ("zattrs", "0/0/0/1"):
        proxy.fault(name, kind, times=1)
    found = fetch(f"{root}/{published.BUCKET}/{published.ZARR}", "--region", "0:2,:,:")
    assert np.array_equal(found, published.voxels()[:2])


def test_https_stands_in_for_s3(fetch, portal, proxy, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", CLOSED)
    assert np.array_equal(fetch(RUN), published.voxels())


def test_a_bucket_that_is_not_public(fetch, portal, proxy, refused, bucket):
    bucket.create_bucket(Bucket="private")
    bucket.put_object(Bucket="private", Key="v.zarr/.zgroup", Body=b"{}")
    assert "not public" in refused(fetch, "s3://private/v.zarr")


def test_credentials_open_a_bucket_that_is_not_public(fetch, portal, s3, monkeypatch, refused):
    client = s3.client()
    client.create_bucket(Bucket="mine")
    for key, body in published.objects():
        client.put_object(Bucket="mine", Key=key, Body=body)
    address = f"s3://mine/{published.ZARR}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)
    line = refused(fetch, address, "--level", "2")
    assert "not public, or absent" in line and "--credentials" in line
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret_key)
    monkeypatch.setenv("AWS_DEFAULT_REGION", s3.region)
    if s3.token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", s3.token)
    found = fetch(address, "--level", "2", "--credentials")
    assert np.array_equal(found, published.voxels(2))


def test_whoever_asks_may_pay(fetch, portal, proxy, monkeypatch, refused):
    """The server of this test knows no payers, and refuses what passed a proxy with a signature."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "name")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    refused(fetch, f"s3://{published.BUCKET}/{published.ZARR}", "--requester-pays")
    assert proxy.payers == {"requester"}


@pytest.mark.parametrize(
    ("variables", "words", "said"),
    [
        ({"AWS_ENDPOINT_URL": "127.0.0.1:9000"}, [], "Invalid endpoint"),
        ({"AWS_PROFILE": "nobody"}, ["--credentials"], "nobody"),
    ],
)
def test_settings_of_aws_that_cannot_work(
    fetch, portal, proxy, monkeypatch, refused, variables, words, said
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    line = refused(fetch, f"s3://{published.BUCKET}/{published.ZARR}", *words)
    assert said in line and "times" not in line


def test_a_bucket_that_does_not_exist(fetch, portal, proxy, refused):
    line = refused(fetch, "s3://no-such-bucket/v.zarr")
    assert "no-such-bucket" in line and "times" not in line
    assert len(proxy.log) <= 8  # each of the four files twice at most


# Faults that stay: one line, and a second try goes on


@pytest.mark.parametrize("kind", ["503", "cut", "refuse", "silent"])
def test_a_server_gone_halfway(fetch, portal, proxy, refused, kind):
    proxy.fault(published.CHUNKS[3], kind)
    line = refused(fetch, RUN)
    assert published.CHUNKS[3] in line and "try again" in line
    proxy.heal()
    proxy.log.clear()
    assert np.array_equal(fetch(RUN), published.voxels())
    assert [path.partition(".zarr/")[2] for path in proxy.fetched(CHUNK)] == [published.CHUNKS[3]]


def test_an_mrc_goes_on_in_the_middle(fetch, portal, proxy, refused):
    address = f"{proxy.url}/{published.BUCKET}/{published.MRC}"
    proxy.fault(r"\.mrc", "cut")
    assert "try again" in refused(fetch, address)
    proxy.heal()
    proxy.log.clear()
    assert np.array_equal(fetch(address), published.voxels())
    ((_, _, asked),) = proxy.log
    assert int(asked.removeprefix("bytes=").rstrip("-")) > published.voxels().nbytes // 2


def test_an_mrc_that_had_come_whole_when_the_command_ended(
    fetch, portal, proxy, refused, cache_folder, bucket
):
    address = f"{proxy.url}/{published.BUCKET}/{published.MRC}"
    proxy.fault(r"\.mrc", "cut")
    assert "try again" in refused(fetch, address)
    proxy.heal()
    (part,) = cache_folder.rglob(".*.mrc.part")
    whole = bucket.get_object(Bucket=published.BUCKET, Key=published.MRC)["Body"].read()
    part.write_bytes(whole)
    assert np.array_equal(fetch(address), published.voxels())


@pytest.mark.parametrize(
    "option", [("--dataset", "a"), ("--channel", "1"), ("--region", "9:8,:,:")]
)
def test_a_file_that_was_asked_for_amiss_is_not_fetched_again(
    fetch, portal, proxy, refused, option
):
    address = f"{proxy.url}/{published.BUCKET}/{published.MRC}"
    assert option[0].lstrip("-") in refused(fetch, address, *option)
    proxy.log.clear()
    assert np.array_equal(fetch(address), published.voxels())
    assert not proxy.log


def test_neither_s3_nor_https(fetch, portal, proxy, refused, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", CLOSED)
    proxy.fault("", "refuse")
    line = refused(fetch, RUN)
    assert line.startswith(proxy.url) and "check the network" in line


def test_a_missing_chunk_holds_the_fill_value(fetch, portal, put):
    put("0/0/1/0", None)
    expected = published.voxels()
    expected[:, 256:, :256] = 0
    assert np.array_equal(fetch(RUN), expected)


@pytest.mark.parametrize("damage", [lambda data: data[:-1000], lambda data: b"", bytes])
def test_a_damaged_chunk(fetch, portal, proxy, put, bucket, refused, damage):
    whole = get(bucket, "0/0/0/1")
    put("0/0/0/1", damage(whole) if damage is not bytes else bytes(len(whole)))
    line = refused(fetch, RUN)
    assert f"{published.ZARR}/0/0/0/1: a damaged chunk" in line
    put("0/0/0/1", whole)
    proxy.log.clear()
    assert np.array_equal(fetch(RUN), published.voxels())
    assert len(proxy.fetched(CHUNK)) == 1


def test_metadata_of_another_shape(fetch, portal, put, bucket, refused):
    metadata = json.loads(get(bucket, "0/.zarray"))
    put("0/.zarray", json.dumps(metadata | {"shape": [40, 300, 301]}).encode())
    assert "its array has (40, 300, 301)" in refused(fetch, RUN)


def test_metadata_that_does_not_fit_the_chunks(fetch, portal, put, bucket, refused):
    metadata = json.loads(get(bucket, "0/.zarray"))
    put("0/.zarray", json.dumps(metadata | {"dtype": "<f8"}).encode())
    assert "a damaged chunk" in refused(fetch, RUN)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not valid JSON"),
        (b"{}", "no OME-Zarr image"),
        (b'{"multiscales": [{"datasets": [{"path": "../../.."}]}]}', "lies outside of it"),
        (b'{"multiscales": [{"datasets": [{"path": "7"}]}]}', "no readable Zarr array"),
    ],
)
def test_metadata_that_makes_no_sense(fetch, portal, put, refused, cache_folder, content, said):
    put(".zattrs", content)
    line = refused(fetch, RUN)
    assert said in line and published.ZARR in line and str(cache_folder) not in line


def test_chunks_of_other_metadata_are_not_used(fetch, portal, proxy, put, bucket, refused):
    proxy.fault(published.CHUNKS[3], "refuse")
    refused(fetch, RUN)
    proxy.heal()
    metadata = json.loads(get(bucket, "0/.zarray"))
    put("0/.zarray", json.dumps(metadata, indent=3).encode())
    proxy.log.clear()
    fetch(RUN)
    assert len(proxy.fetched(CHUNK)) == len(published.CHUNKS)


@pytest.mark.parametrize("path", ["nothing.zarr", "nothing.mrc"])
def test_an_address_where_nothing_is(fetch, portal, proxy, refused, path):
    for root in ("s3:/", proxy.url):
        assert path in refused(fetch, f"{root}/{published.BUCKET}/{path}")


def test_addresses_that_cannot_be_used(fetch, refused):
    assert "s3:// and https://" in refused(fetch, "ftp://host/v.zarr")
    assert "plain addresses" in refused(fetch, "https://host/v.mrc#part")
    assert "not an address" in refused(fetch, "https://host:99999/v.mrc")
    assert "not an address" in refused(fetch, "https://[::1/v.mrc")
    assert "names no bucket" in refused(fetch, "s3:///v.zarr")
    assert "names no host" in refused(fetch, "https:///v.mrc")
    for source in ("s3://bucket/v.zarr", "v.mrc"):
        assert "for the portal" in refused(fetch, source, "--spacing", "10")
    assert "leave --level out" in refused(fetch, "https://host/v.mrc", "--level", "1")
    assert "DATASET/RUN" in refused(fetch, "https://host/v.mrc", "--list")


def test_a_disk_without_room(fetch, portal, refused, monkeypatch):
    def full(*_, **__):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(mirror.os, "replace", full)
    assert "no room in" in refused(fetch, RUN)


def test_ctrl_c_keeps_what_was_fetched(fetch, portal, proxy, cache_folder):
    proxy.fault(published.CHUNKS[3], "silent")
    program = "from tomobench.desk.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "volume", "fetch", RUN],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    kept = 0
    while kept < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
        kept = len([path for path in cache_folder.rglob("*/0/0/*/[01]") if path.is_file()])
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 1 and "Traceback" not in said
    proxy.heal()
    proxy.log.clear()
    assert np.array_equal(fetch(RUN), published.voxels())
    assert len(proxy.fetched(CHUNK)) == 1


def test_a_terminal_shows_bytes_rate_and_time_left(portal, proxy):
    """On a terminal, that is: elsewhere there is no bar."""
    proxy.fault(published.CHUNKS[0], "slow")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    program = "from tomobench.desk.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "volume", "fetch", "--print-id", RUN],
        stderr=theirs,
        stdout=subprocess.PIPE,
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # what a terminal says when its last user has gone
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert process.stdout.read().startswith(b"TS_100_3-")
    process.stdout.close()
    assert re.search(rb"[\d.]+M/[\d.]+M \[[\d:]+<[\d:]+, +[\d.]+[kM]B/s\]", shown), shown
