"""A release's worker, seen from the desk: started, asked, and started anew when it died or hung."""

import contextlib
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomobench.drivers
from tomobench.bench import blame
from tomobench.bench.blame import Whose

SCRIPT = Path(tomobench.drivers.__file__).with_name("racer.py")
"""What a worker runs: see there for the requests and answers."""

STARTUP = 120
"""Seconds in which a worker must have imported the suites."""


class Failed(Exception):
    """A cell can't be timed with this release: the reason, one line."""


class NotApplicable(Failed):
    """The release has no such cell (NotImplementedError in the benchmark)."""


class Disturbed(Failed):
    """The machine was in the way: nothing is known of the release."""


#: What each word of a worker's is raised as.
RAISED = {Whose.NOBODY: NotApplicable, Whose.OURS: Disturbed, Whose.RELEASE: Failed}


@dataclass(frozen=True)
class Entry:
    """A release that takes part: its hash, its line's Python, and the environment variables of its
    processes."""

    release: str
    python: str
    environment: dict[str, str]


class Worker:
    """One process a release, and a fork of it for the cell that is open.

    Requests raise Failed, NotApplicable or Disturbed when the benchmark does, when the process dies,
    and when it takes longer than the benchmark's own timeout; then no cell is open any more.
    """

    def __init__(self, entry: Entry, benchmarks: Path, folder: Path):
        self.entry, self._benchmarks, self._folder = entry, benchmarks, folder
        self._start()

    def open(self, benchmark: str, timeout: float) -> None:
        """Set a cell up: ``name-index``, as asv_runner names it."""
        if self._process.poll() is not None:
            self._start()
            self.wait_until_ready()
        self._ask({"open": benchmark}, timeout)

    def time(self, calls: int, timeout: float) -> float:
        """Seconds of one call: the mean of ``calls``, each with its setup outside the clock."""
        answer: float = self._ask({"time": calls}, timeout)["seconds"]
        return answer

    def value(self, timeout: float) -> float:
        """What a benchmark that is not timed gives; NaN where it has no figure."""
        answer: float = self._ask({"value": True}, timeout)["value"]
        return answer

    def close(self, timeout: float) -> None:
        """Tear the cell down. What goes wrong there changes no time."""
        with contextlib.suppress(Failed):
            self._ask({"close": True}, timeout)

    def wait_until_ready(self) -> None:
        """Raises Failed when the worker does not get there."""
        self._answer(time.monotonic() + STARTUP)

    def end(self) -> None:
        """End the process and whatever it has begun."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._asking, self._answering, self._said):
            with contextlib.suppress(OSError):
                pipe.close()

    def _start(self) -> None:
        self._unread = b""
        self._said = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed by end
        # A session of its own: Ctrl-C is for the desk, which ends the workers when it is ready to.
        self._process = subprocess.Popen(
            [self.entry.python, "-P", str(SCRIPT), str(self._benchmarks)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            cwd=self._folder,
            env=self.entry.environment,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None  # pipes
        self._asking, self._answering = self._process.stdin, self._process.stdout

    def _ask(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        try:
            self._asking.write(json.dumps(request).encode() + b"\n")
        except OSError:
            raise self._death() from None
        return self._answer(time.monotonic() + timeout)

    def _answer(self, deadline: float) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._line(deadline))
        if "reason" in answer:
            raise RAISED[Whose(answer["state"])](answer["reason"])
        return answer

    def _line(self, deadline: float) -> bytes:
        pipe = self._answering.fileno()
        while b"\n" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                self.end()
                raise Failed("timeout: it took longer than the benchmark's own limit")
            found = os.read(pipe, 65536)
            if not found:
                raise self._death()
            self._unread += found
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _death(self) -> Failed:
        self._said.seek(0, os.SEEK_SET)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        self.end()
        code = self._process.returncode
        said = blame.declared("\n".join(lines))
        kind, reason = said or (blame.ended(code), lines[-1] if lines else "no word")
        return RAISED[kind](f"the worker ended with {code}: {reason}")
