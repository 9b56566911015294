"""The network before a server: what was asked for is what comes out, within 15 %.

Everything is compared with the same request without the network, taken in turns, so that a busy
machine slows both. Medians of several; where other work on the machine still spoils them, they are
taken again, at most three times: chance can make one late, but not keep bringing out what was
asked.
"""

import contextlib
import http.client
import http.server
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tomobench.desk.errors import UserError
from tomobench.desk.servers import proxy, server

TOLERANCE = 0.15
#: Bytes that take 0.3 s at 100 MB/s.
LARGE = 30_000_000


class _Bytes(http.server.BaseHTTPRequestHandler):
    """GET /N answers with N bytes; PUT swallows its body."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body together: a small answer is one piece
    disable_nagle_algorithm = True  # else the end of a body waits 40 ms for a late acknowledgement

    def do_GET(self):
        size = int(self.path[1:])
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write(bytes(size))

    def do_PUT(self):
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 20)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        """Nothing is noted."""


@pytest.fixture(scope="module")
def url():
    """A plain server of bytes."""
    plain = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Bytes)
    plain.daemon_threads = True
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{plain.server_port}"
    plain.shutdown()
    plain.server_close()


@contextlib.contextmanager
def connection(url):
    with contextlib.closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)) as one:
        ask(one, "GET", 1)  # the handshake is over
        yield one


def ask(one, method, size) -> float:
    """Seconds that a request takes, its body or its answer's of ``size`` bytes."""
    start = time.perf_counter()
    one.request(method, f"/{size}", body=bytes(size) if method == "PUT" else None)
    one.getresponse().read()
    return time.perf_counter() - start


def in_turns(repeats, *measures) -> list[float]:
    """The median of each measure, taken in turns."""
    rounds = [[measure() for measure in measures] for _ in range(repeats)]
    return [statistics.median(column) for column in zip(*rounds)]


def comes_out(measure, wanted) -> None:
    """The figure that ``measure()`` gives is within the tolerance of what was asked for."""
    found = []
    for _ in range(4):
        found.append(measure())
        if found[-1] == pytest.approx(wanted, rel=TOLERANCE):
            return
    pytest.fail(f"{wanted} was asked for, {found} came out")


@pytest.mark.alone
@pytest.mark.parametrize("round_trip", [seconds for seconds in proxy.ROUND_TRIPS if seconds])
def test_the_first_byte_comes_a_round_trip_later(url, round_trip):
    with proxy.network(url, round_trip) as far, connection(url) as one, connection(far) as other:

        def later():
            direct, delayed = in_turns(25, lambda: ask(one, "GET", 1), lambda: ask(other, "GET", 1))
            return delayed - direct

        comes_out(later, round_trip)


@pytest.mark.alone
def test_a_new_connection_takes_a_round_trip_more(url):
    def whole(place):
        start = time.perf_counter()
        with connection(place):
            return time.perf_counter() - start

    def later():
        direct, delayed = in_turns(15, lambda: whole(url), lambda: whole(far))
        return delayed - direct

    with proxy.network(url, 0.02) as far:
        comes_out(later, 0.04)


@pytest.mark.alone
@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("round_trip", [0.0, 0.02])
def test_a_large_body_comes_at_the_rate_asked_for(url, method, round_trip):
    rate = 100e6
    with proxy.network(url, round_trip, rate) as far, connection(far) as one:

        def found():
            (seconds,) = in_turns(5, lambda: ask(one, method, LARGE))
            return LARGE / (seconds - round_trip)

        comes_out(found, rate)


@pytest.mark.alone
def test_connections_share_the_rate(url):
    rate, share = 100e6, LARGE // 8

    with contextlib.ExitStack() as stack:
        far = stack.enter_context(proxy.network(url, 0.0, rate))
        eight = [stack.enter_context(connection(far)) for _ in range(8)]
        pool = stack.enter_context(ThreadPoolExecutor(8))

        def together():
            start = time.perf_counter()
            list(pool.map(lambda one: ask(one, "GET", share), eight))
            return time.perf_counter() - start

        comes_out(lambda: 8 * share / in_turns(5, together)[0], rate)


@pytest.mark.alone
def test_a_pause_saves_up_nothing(url):
    rate, small = 1e6, 30_000
    with proxy.network(url, 0.0, rate) as far, connection(far) as one:

        def after_a_pause():
            time.sleep(0.2)
            return ask(one, "GET", small)

        # What was saved up would come at once. That it comes later after a pause is the machine's doing: it sleeps.
        assert small / in_turns(5, after_a_pause)[0] <= rate * (1 + TOLERANCE)


def test_a_real_server_is_reached_through_it():
    body = os.urandom(5_000_000)
    with server.seaweedfs() as s3, proxy.network(s3.url, 0.02, 100e6) as far:
        client = server.Endpoint(far, s3.access_key, s3.secret_key).client()
        client.create_bucket(Bucket="bucket")
        client.put_object(Bucket="bucket", Key="key", Body=body)
        assert client.get_object(Bucket="bucket", Key="key")["Body"].read() == body


def test_a_server_that_is_gone_is_seen_as_gone(url):
    with proxy.network("http://127.0.0.1:9") as far, pytest.raises(OSError), connection(far):
        pass


def test_the_proxy_ends_with_who_asked_for_it(url):
    program = (
        "import time; from tomobench.desk.servers import proxy\n"
        f"with proxy.network({url!r}) as far: print(far, flush=True); time.sleep(600)"
    )
    user = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    far = user.stdout.readline().strip()
    with connection(far):
        user.send_signal(signal.SIGKILL)
        user.communicate()
        deadline = time.monotonic() + 10
        while answers(far):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def answers(url) -> bool:
    try:
        with connection(url):
            return True
    except OSError:
        return False


def test_an_address_it_can_not_stand_before_is_said(url):
    with pytest.raises(UserError, match="before http://HOST:PORT only"), proxy.network("https://x"):
        pass


def test_no_process_stays(url):
    before = proxies()
    with proxy.network(url):
        assert len(proxies()) == len(before) + 1
    assert proxies() == before


def proxies() -> list[Path]:
    """Our children that are proxies."""
    mine = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [pid for pid in mine if "servers.proxy" in Path(f"/proc/{pid}/cmdline").read_text()]
