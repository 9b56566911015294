"""The proxy that reads along: it counts what Ceph RGW logs, and its faults are as they are said."""

import http.client
import socket
from collections import Counter
from urllib.parse import urlsplit

import pytest

from tests.made.waiting import until
from tomobench.desk.errors import UserError
from tomobench.desk.servers import server
from tomobench.desk.servers.service import Service
from tomobench.desk.servers.watching import AWAY, Watch

UNSHARDED = {"shape": [80, 96, 112], "chunks": [16, 32, 32], "shards": None}
LAYOUTS = {
    "unsharded": {**UNSHARDED, "format": 2},
    "sharded": {**UNSHARDED, "shards": [48, 64, 32], "format": 3},
}
CASES = [
    ("2.18.7", "unsharded", "s3fs"),
    *((version, name, "s3fs") for version in ("3.0.8", "3.4.2") for name in LAYOUTS),
    *((version, "sharded", "obstore") for version in ("3.0.8", "3.4.2")),
]
ACCESSES = ["write whole", "open array", "read whole", "read XY slice", "read 64³ unaligned"]


@pytest.fixture(scope="module")
def service():
    """For its event loop; nothing else of it is asked for."""
    with_loop = Service()
    yield with_loop
    with_loop.close()


@pytest.fixture
def watched(service):
    """A function that puts a proxy before an address; it is gone after the test."""
    started = []

    def watch(url):
        one = Watch(url)
        started.append(one)
        return one, service.run(one.start())

    yield watch
    for one in started:
        service.run(one.stop())


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_the_proxy_counts_what_ceph_logs(case, rgw, start_release, watched):
    version, layout, client = case
    watch, url = watched(rgw.url)
    path = f"bucket/watched-{version}-{layout}-{client}"
    place = {
        "s3": server.Endpoint(url, rgw.access_key, rgw.secret_key).fsspec_options(),
        "path": path,
    }
    with start_release(version, LAYOUTS[layout]) as release:
        for access in ACCESSES:
            release.prepare(access, {**place, "client": client})
            with rgw.recorded() as log:
                watch.reset()
                release.act()
            answered = [one for one in log if one.status < 300]
            assert watch.counts.requests == Counter(one.kind for one in log), access
            assert watch.counts.fetched == sum(one.sent for one in answered if "get" in one.kind), (
                access
            )
            assert watch.counts.written == sum(
                one.received for one in answered if one.kind == "put"
            ), access
            assert log, access


@pytest.fixture(scope="module")
def s3():
    with server.seaweedfs() as running:
        client = running.client()
        client.create_bucket(Bucket="bucket")
        for key in ("array/0.0.0", "array/.zarray"):
            client.put_object(Bucket="bucket", Key=key, Body=bytes(range(200)))
        yield running


@pytest.fixture
def ask(s3, watched):
    """A function that fetches an object through a proxy, signed; and the proxy."""
    watch, url = watched(s3.url)
    retries = {"retries": {"total_max_attempts": 1}, "read_timeout": 2, "connect_timeout": 2}
    endpoint = server.Endpoint(url, s3.access_key, s3.secret_key)
    client = endpoint.client(response_checksum_validation="when_required", **retries)
    return watch, lambda key="array/0.0.0": client.get_object(Bucket="bucket", Key=key)[
        "Body"
    ].read()


def test_without_a_fault_nothing_changes(ask):
    watch, fetch = ask
    assert fetch() == bytes(range(200))
    assert watch.counts.requests == {"get": 1} and watch.counts.fetched == 200


@pytest.mark.parametrize("fault", ["503", "reset", "stall", "cut", "restart"])
def test_a_fault_is_seen_and_then_over(ask, fault):
    watch, fetch = ask
    watch.spoil(fault)
    assert fetch("array/.zarray") == bytes(range(200))  # metadata are spared
    assert watch.counts.spoilt == 0
    with pytest.raises(Exception) as raised:
        fetch()
    said = {
        "503": "SlowDown",
        "reset": "Connection was closed|reset",
        "stall": "Read timeout",
        "cut": "IncompleteRead|incomplete",
        "restart": "Connection was closed|reset",
    }
    raised.match(said[fault])
    assert watch.counts.spoilt == 1
    if fault == "restart":
        with pytest.raises(Exception, match="Could not connect"):
            fetch()
        until(lambda: _answers(fetch), seconds=AWAY + 60)
    assert fetch() == bytes(range(200))


def _answers(fetch) -> bool:
    try:
        return bool(fetch())
    except Exception:  # noqa: BLE001 - what the client raises of a server that is away is botocore's
        return False


def test_a_short_body_says_that_it_is_whole(ask):
    watch, fetch = ask
    watch.spoil("short")
    assert fetch() == bytes(range(100))
    assert fetch() == bytes(range(200))


def test_a_write_can_be_refused(s3, watched):
    watch, url = watched(s3.url)
    endpoint = server.Endpoint(url, s3.access_key, s3.secret_key)
    client = endpoint.client(retries={"total_max_attempts": 1})
    watch.spoil("503")
    with pytest.raises(Exception, match="SlowDown"):
        client.put_object(Bucket="bucket", Key="array/1.0.0", Body=b"x" * 100_000)
    client.put_object(Bucket="bucket", Key="array/1.0.0", Body=b"x" * 100_000)
    assert watch.counts.requests == {"put": 2} and watch.counts.written == 100_000


def test_it_is_gone_when_it_is_stopped(s3, service):
    watch = Watch(s3.url)
    url = service.run(watch.start())
    open_connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    open_connection.connect()
    service.run(watch.stop())
    with pytest.raises(OSError):
        socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=2)
    open_connection.close()


def test_an_address_it_can_not_stand_before_is_said():
    with pytest.raises(UserError, match="before http://HOST:PORT only"):
        Watch("https://x")
