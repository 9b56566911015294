"""A network before a server: a TCP proxy that delays what goes through it, and limits its rate.

    with proxy.network("http://127.0.0.1:8333", round_trip=0.02, rate=100e6) as url:
        ...

``round_trip`` is what a request waits longer for its answer: half of it passes on the way to the
server, half on the way back. Connecting takes a round trip too, as it does in a network. ``rate``
is shared by all connections and both directions. The proxy runs in a process
of its own, so that it does not compete with the caller's Python for its lock, and ends with the
caller, however that ends.
"""

import asyncio
import contextlib
import os
import selectors
import subprocess
import sys
import threading
import time
from collections import deque
from urllib.parse import urlsplit

from tomobench.desk.errors import UserError
from tomobench.desk.servers import ports, supervisor

#: The networks that the suite measures: seconds of a round trip, and bytes a second (None: no
#: limit). Without a round trip, the client sits beside the server.
ROUND_TRIPS = (0.0, 0.020, 0.050)
RATES = (None, 100e6)

#: Bytes read at a time, and held for one connection and direction before its sender has to wait.
_PIECE = 1 << 16
_HELD = 1 << 24
#: Seconds of the rate that may pass at once after a pause: a piece, at 100 MB/s, takes 0.7 ms.
_BURST = 0.002


class Bucket:
    """A token bucket: ``rate`` bytes a second, for all who ask; None for no limit.

    It works in advance: each piece is told when it may go, so that a late wake-up costs nobody
    bandwidth.
    """

    def __init__(self, rate: float | None):
        self._rate, self._free_at = rate, 0.0

    def time_for(self, size: int, earliest: float) -> float:
        """When ``size`` bytes that are ready at ``earliest`` are through; seconds of the clock."""
        if self._rate is None:
            return earliest
        self._free_at = max(self._free_at, earliest - _BURST) + size / self._rate
        return max(self._free_at, earliest)


class Direction:
    """One way of one connection: pieces that have come, and when each may go on."""

    def __init__(self, bucket: Bucket, delay: float):
        self._bucket, self._delay = bucket, delay
        self._pieces: deque[tuple[float, bytes]] = deque()
        self._held = 0
        self._changed = asyncio.Event()

    async def receive(self, reader) -> None:
        """Take in all that is read. Apart from sending: a piece sets out while others travel."""
        piece = b"-"
        while piece:
            piece = await reader.read(_PIECE)
            due = self._bucket.time_for(len(piece), time.monotonic()) + self._delay
            self._pieces.append((due, piece))
            self._held += len(piece)
            self._changed.set()
            await self._until(lambda: self._held <= _HELD)

    async def send(self, writer) -> None:
        """Hand on each piece when it is due, and then the end of the stream."""
        piece = b"-"
        while piece:
            await self._until(lambda: self._pieces)
            due, piece = self._pieces.popleft()
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            writer.write(piece)
            await writer.drain()
            self._held -= len(piece)
            self._changed.set()
        writer.write_eof()

    async def _until(self, condition) -> None:
        while not condition():
            self._changed.clear()
            await self._changed.wait()


async def serve(host: str, port: int, round_trip: float, rate: float | None) -> None:
    """Be the proxy before ``host`` and ``port``: prints its own port, and goes on until cancelled.

    round_trip: seconds. rate: bytes a second.
    """
    bucket = Bucket(rate)

    async def connected(*near):
        try:
            # The handshake of a network takes a round trip; that of 127.0.0.1 is over at once.
            await asyncio.sleep(round_trip)
            far = await asyncio.open_connection(host, port)
            try:
                await _both_ways(near, far, bucket, round_trip / 2)
            finally:
                far[1].close()
        except* OSError:
            pass  # one side has gone: closing tells the other
        finally:
            near[1].close()

    server = await asyncio.start_server(connected, ports.LOCALHOST, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _both_ways(near, far, bucket: Bucket, delay: float) -> None:
    """Each end is a (reader, writer). An error of one way ends the other."""
    async with asyncio.TaskGroup() as tasks:
        for (reader, _), (_, writer) in ((near, far), (far, near)):
            direction = Direction(bucket, delay)
            tasks.create_task(direction.receive(reader))
            tasks.create_task(direction.send(writer))


@contextlib.contextmanager
def network(url: str, round_trip: float = 0.0, rate: float | None = None):
    """Yield an address that reaches the server at ``url`` (http) through the network.

    round_trip: seconds. rate: bytes a second for all connections together, None for no limit.
    Raises UserError for an address that it can't stand before.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise UserError(f"a network can be put before http://HOST:PORT only, not before {url}")
    wanted = [parts.hostname, parts.port or 80, round_trip, *([rate] if rate else [])]
    command = [sys.executable, "-m", __name__, str(os.getpid()), *map(str, wanted)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdin is not None and process.stdout is not None  # pipes
    try:
        yield f"http://{ports.LOCALHOST}:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def _main(parent: int, host: str, port: int, round_trip: float, rate: float | None) -> None:
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    # Other selectors round a wait up to whole milliseconds, on each way.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    loop.run_until_complete(serve(host, port, round_trip, rate))


def _end_with(parent: int) -> None:
    while not supervisor.gone(parent):
        pass
    os._exit(0)


if __name__ == "__main__":
    asker, far_host, far_port, seconds, *limit = sys.argv[1:]
    _main(int(asker), far_host, int(far_port), float(seconds), float(limit[0]) if limit else None)
