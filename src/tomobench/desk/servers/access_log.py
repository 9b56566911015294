"""Ceph RGW's log of requests (its "ops log"), read back: what a server really answered."""

import json
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

#: Seconds without a new line that show that all are there: a line comes just after the answer.
QUIET = 0.1
#: Seconds until a request that was answered must be in the log.
PATIENCE = 20
_STEP = 0.01


class IncompleteLog(RuntimeError):
    """The log does not show a request that was answered."""


@dataclass(frozen=True)
class Request:
    """One request as the server saw it.

    method: of HTTP. bucket, key: as text, unquoted; empty where there is none. query: the
    parameters' names and values. status: of HTTP. sent, received: bytes of the bodies, to and from
    the client. range: the Range header, or None. operation: RGW's name for it. time: when it came,
    UTC. seconds: what it took, in steps of about 4 ms.
    """

    method: str
    bucket: str
    key: str
    query: dict[str, list[str]]
    status: int
    sent: int
    received: int
    range: str | None
    operation: str
    time: datetime
    seconds: float

    @property
    def kind(self) -> str:
        """As S3 bills it, in the metered file system's words: get, range get, head, list, put, …"""
        if self.method == "GET" and not self.key:
            return "list"
        if self.method == "GET" and self.range:
            return "range get"
        return self.method.lower()


def size(log: Path) -> int:
    """Bytes in the log now: where what comes next will begin."""
    return log.stat().st_size


def read(log: Path, start: int = 0) -> list[Request]:
    """The requests in the log from byte ``start`` on, in the order in which they ended."""
    with open(log, "rb") as file:
        file.seek(start)
        lines = file.read().decode().splitlines()
    # A line ends with a comma; the first of a connection begins an array that is never closed.
    return [_request(json.loads(line.strip("[,]"))) for line in lines if line.endswith(",")]


def read_complete(log: Path, start: int, marker: str) -> list[Request]:
    """As :func:`read`, once a request for the bucket ``marker`` is there; without that request.

    ``marker``: a bucket that does not exist, asked for after all others were answered.
    Raises IncompleteLog if it does not appear.
    """
    deadline = time.monotonic() + PATIENCE
    found: list[Request] = []
    length = -1
    while marker not in {request.bucket for request in found} or size(log) != length:
        if time.monotonic() > deadline:
            raise IncompleteLog(f"RGW did not log a request within {PATIENCE} s")
        length = size(log)
        found = read(log, start)
        time.sleep(QUIET if marker in {request.bucket for request in found} else _STEP)
    return [request for request in found if request.bucket != marker]


def _request(entry: dict) -> Request:
    method, target, _ = entry["uri"].split(" ")
    parts = urlsplit(target)
    _, bucket, *key = parts.path.split("/", 2)
    headers = {
        name: text for header in entry.get("http_x_headers", ()) for name, text in header.items()
    }
    return Request(
        method=method,
        bucket=unquote(bucket),
        key=unquote(key[0]) if key else "",
        # RGW 16 writes the query twice.
        query=parse_qs(parts.query.split("?")[0], keep_blank_values=True),
        status=int(entry["http_status"]),
        sent=entry["bytes_sent"],
        received=entry["bytes_received"],
        range=headers.get("HTTP_RANGE"),
        operation=entry["operation"],
        time=datetime.fromisoformat(entry["time"]),
        seconds=entry["total_time"] / 1000,
    )
