"""A proxy that reads along: it counts what is billed, and spoils answers when it is told to.

It hands on every byte as it came, but for the faults, so that signatures hold and any client works.
Nothing goes past it: s3fs, obstore and a user's server are counted alike. The counts are equal to
Ceph RGW's own log (tests/s3/test_watching.py). It is not for timings.
"""

import asyncio
import contextlib
import itertools
import socket
import struct
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlsplit

from tomobench.desk.errors import UserError
from tomobench.desk.servers import ports

_PIECE = 1 << 16
#: Seconds for which a server that died is away.
AWAY = 3.0
#: What S3 says with a 503 (Amazon S3 API reference, "List of error codes").
SLOW_DOWN = (
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
#: The faults of an answer: what each is, for a person.
FAULTS = {
    "503": "answers 503 Slow Down",
    "reset": "resets the connection in place of an answer",
    "stall": "never answers, and keeps the connection",
    "cut": "announces the whole body, and hangs up after half of it",
    "short": "announces and sends half of the body, as if that were all",
    "restart": f"dies with all connections, and returns after {AWAY:.0f} s",
}


@dataclass(frozen=True)
class Head:
    """The head of a request or an answer: its bytes, the words of its first line, its headers."""

    raw: bytes
    words: list[str]
    headers: dict[str, str]

    @property
    def method(self) -> str:
        return self.words[0]

    @property
    def status(self) -> int:
        return int(self.words[1])

    @property
    def key(self) -> str:
        """The object's key, quoted; empty for a request about the bucket."""
        return urlsplit(self.words[1]).path.lstrip("/").partition("/")[2]

    @property
    def kind(self) -> str:
        """As S3 bills it: see access_log.Request.kind."""
        if self.method == "GET" and not self.key:
            return "list"
        if self.method == "GET" and "range" in self.headers:
            return "range get"
        return self.method.lower()

    def about_voxels(self) -> bool:
        """Whether it reads or writes an object that holds chunks, not metadata."""
        name = self.key.rpartition("/")[2]
        metadata = name.startswith(".z") or name == "zarr.json"
        return self.method in ("GET", "PUT") and bool(name) and not metadata


@dataclass
class Counts:
    """What passed: requests by kind, bytes of the voxels' and metadata's bodies, connections.

    ``fetched``: bodies of objects that were answered with; listings and errors are not in it, for
    their length differs from server to server. ``written``: bodies of PUTs that were accepted.
    ``connections``: those that a request came on. ``spoilt``: answers that a fault came in.
    """

    requests: Counter
    fetched: int
    written: int
    connections: set
    spoilt: int


class Watch:
    """The proxy before ``url`` (http). ``counts`` grows; ``fault`` is what is wrong, if anything.

    Raises UserError for an address that it can't stand before.
    """

    def __init__(self, url: str):
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise UserError(f"requests can be counted before http://HOST:PORT only, not {url}")
        self._far = parts.hostname, parts.port or 80
        self._port, self._numbers = 0, itertools.count()
        self._server: asyncio.Server | None = None
        self._restarting: asyncio.Task[None] | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._fault: str | None = None
        self._left = 0
        self.reset()

    def reset(self) -> None:
        """Count from nothing."""
        self.counts = Counts(Counter(), 0, 0, set(), 0)

    def spoil(self, fault: str | None, times: int = 1) -> None:
        """From now on, spoil the answers to the next ``times`` requests that are about voxels."""
        self._fault, self._left = fault, times

    async def start(self) -> str:
        """Listen; returns the address."""
        self._server = await asyncio.start_server(
            self._connected, ports.LOCALHOST, self._port, limit=1 << 20
        )
        self._port = self._server.sockets[0].getsockname()[1]
        return f"http://{ports.LOCALHOST}:{self._port}"

    async def stop(self) -> None:
        """Listen no more, and reset what is open."""
        if self._restarting is not None:
            self._restarting.cancel()
        self._die()

    def _die(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            _reset(writer)

    async def _restart(self) -> None:
        self._die()
        await asyncio.sleep(AWAY)
        await self.start()

    async def _connected(self, reader, writer) -> None:
        self._open.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._far, limit=1 << 20)
            self._open.add(far_writer)
            with contextlib.closing(far_writer):
                await self._exchanges(
                    next(self._numbers), (reader, writer), (far_reader, far_writer)
                )
                self._open.discard(far_writer)
        except (OSError, EOFError):
            pass  # one side has gone: closing tells the other
        finally:
            self._open.discard(writer)
            writer.close()

    async def _exchanges(self, number: int, near, far) -> None:
        """One request after the other, until one side has enough."""
        while (request := await _head(near[0])) is not None:
            self.counts.requests[request.kind] += 1
            self.counts.connections.add(number)
            fault = self._taken(request)
            if fault in ("503", "reset", "stall", "restart"):
                going_on = await self._refuse(fault, request, near)
            else:
                going_on = await self._hand_on(fault, request, near, far)
            if not going_on:
                return

    def _taken(self, request: Head) -> str | None:
        """The fault of this answer, counted off."""
        if self._fault is None or not self._left or not request.about_voxels():
            return None
        self._left -= 1
        self.counts.spoilt += 1
        return self._fault

    async def _refuse(self, fault: str, request: Head, near) -> bool:
        """Take in the request; the server never sees it."""
        reader, writer = near
        if "expect" in request.headers:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await _body(request, reader, None)
        if fault == "503":
            head = f"HTTP/1.1 503 Slow Down\r\nContent-Length: {len(SLOW_DOWN)}\r\n"
            writer.write(f"{head}Content-Type: application/xml\r\n\r\n".encode() + SLOW_DOWN)
            await writer.drain()
            return True
        if fault == "stall":
            await reader.read()  # until the client has enough of it
        elif fault == "reset":
            _reset(writer)
        else:
            self._restarting = asyncio.create_task(self._restart())
            await reader.read()  # until it has died
        return False

    async def _hand_on(self, fault: str | None, request: Head, near, far) -> bool:
        far[1].write(request.raw)
        sending = asyncio.ensure_future(_body(request, near[0], far[1]))
        try:
            answer = await _head(far[0])
            asked_for_body = False
            while answer is not None and answer.status < 200:
                asked_for_body = True
                near[1].write(answer.raw)
                answer = await _head(far[0])
            if answer is None:
                return False
            if fault in ("cut", "short"):
                return await _halve(fault, answer, far[0], near[1])
            good = answer.status < 300

            def passed(size: int) -> None:
                if good and request.kind in ("get", "range get"):
                    self.counts.fetched += size

            if "expect" in request.headers and not asked_for_body and not good:
                near[1].write(answer.raw)
                await _answer_body(request, answer, far[0], near[1], passed)
                return False  # the body that was announced never comes
            written = await sending
            if good and request.kind == "put":
                self.counts.written += written
            near[1].write(answer.raw)
            await _answer_body(request, answer, far[0], near[1], passed)
            return answer.headers.get("connection", "").lower() != "close"
        finally:
            sending.cancel()


async def _head(reader) -> Head | None:
    """The next head, None at the end of the stream."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = raw.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Head(raw, first.split(" ", 2), headers)


async def _answer_body(request: Head, answer: Head, reader, writer, passed) -> None:
    if request.method == "HEAD" or answer.status in (204, 304):
        await writer.drain()
    else:
        await _body(answer, reader, writer, passed)


async def _body(head: Head, reader, writer, passed=lambda size: None) -> int:
    """Hand on the body that a head announces; returns its bytes. ``passed`` is told each piece.

    A piece is counted before it is handed on: who has all of a body finds all of it counted.
    """
    if head.headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunked(reader, writer, passed)
    return await _piece_by_piece(int(head.headers.get("content-length", 0)), reader, writer, passed)


async def _piece_by_piece(length: int, reader, writer, passed) -> int:
    left = length
    while left:
        piece = await reader.read(min(left, _PIECE))
        if not piece:
            raise EOFError
        left -= len(piece)
        passed(len(piece))
        if writer is not None:
            writer.write(piece)
            await writer.drain()
    if writer is not None:
        await writer.drain()
    return length


async def _chunked(reader, writer, passed) -> int:
    total = 0
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        if writer is not None:
            writer.write(line)
        total += await _piece_by_piece(size, reader, writer, passed)
        end = await reader.readuntil(b"\r\n")
        while size == 0 and end != b"\r\n":  # headers that come after the last chunk
            if writer is not None:
                writer.write(end)
            end = await reader.readuntil(b"\r\n")
        if writer is not None:
            writer.write(end)
            await writer.drain()
        if size == 0:
            return total


async def _halve(fault: str, answer: Head, reader, writer) -> bool:
    """Half of the body, with its whole length announced (cut) or the half's (short)."""
    whole = bytearray()
    length = int(answer.headers.get("content-length", 0))
    while len(whole) < length and (piece := await reader.read(_PIECE)):
        whole += piece
    half = bytes(whole[: length // 2])
    raw = answer.raw
    if fault == "short":
        raw = _with_length(answer, len(half))
    writer.write(raw + half)
    await writer.drain()
    return fault == "short"


def _with_length(answer: Head, length: int) -> bytes:
    lines = answer.raw.decode("latin-1").split("\r\n")
    new = [
        f"Content-Length: {length}" if line.lower().startswith("content-length:") else line
        for line in lines
    ]
    return "\r\n".join(new).encode("latin-1")


def _reset(writer) -> None:
    """End a connection as a crash does: with RST in place of FIN."""
    if (one := writer.get_extra_info("socket")) is not None:
        with contextlib.suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
