"""A step under way, in a process of its own: begun, awaited, ended; by this command, or by a worker of a cluster."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tomobench.bench.beside import CLUSTER
from tomobench.desk.measure.history import one_step


class StepProcess:
    """Runs :mod:`one_step`. ``asked``: its options, but for its starter, which is this process; ``said``: a file for
    asv's words, None for this process's own output.

    A session of its own: Ctrl-C is for the process that began it, which then ends it. What it measures is told of no
    cluster: who takes a cluster does so for all that it starts, and the suites of blocks start workers of their own.
    """

    def __init__(
        self,
        asked: Mapping[str, Any],
        said: Path | None,
        variables: Mapping[str, str] = os.environ,
    ):
        self._said = said
        words = [
            *(sys.executable, "-m", one_step.__name__),
            *(f"--{name}={value}" for name, value in asked.items()),
            f"--starter={os.getpid()}",  # the step asks for its parent late: it may have another by then
        ]
        with contextlib.ExitStack() as stack:
            self._process = subprocess.Popen(
                words,
                stdout=stack.enter_context(said.open("w")) if said else None,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={name: value for name, value in variables.items() if name != CLUSTER},
            )

    def done(self) -> bool:
        return self._process.poll() is not None

    def failure(self) -> str | None:
        """Of one that is done: None if all went well, else its last word, empty where that was said in sight."""
        if not self._process.returncode:
            return None
        lines = self._said.read_text().strip().splitlines() if self._said else []
        return lines[-1] if lines else ""

    def end(self) -> None:
        """Stop it, and all that it has started."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(one_step.PATIENCE)
        except subprocess.TimeoutExpired:
            one_step.end_session(self._process.pid)
            self._process.wait()
