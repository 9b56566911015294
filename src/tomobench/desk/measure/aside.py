"""A project of its own beside the clone's: measured in, its history and results are no other's.

It shares the suites, the locks, the environments and the cache of the repository. What is committed
there stays as it is.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from tomobench.bench.beside import CLUSTER
from tomobench.bench.cache import whole_copy
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.results import machine as machines

SHARED = ("benchmarks", "requirements", ".asv/env")
COPIED = ("asv.conf.json", lock.LOCK)
"""Not linked: what is beside a lock file, through a link too, is its project."""

PATIENCE = 5
"""Seconds after which a command that was not interrupted itself is."""

RUN = "from tomobench.desk.measure import aside; aside.begin(); from {} import main; main()"
PROGRAMS = {"tomobench": "tomobench.desk.cli", "asv": "asv.main"}
"""What a child runs, with the program's name as its first word; and the module of each program."""


@dataclass(frozen=True)
class Aside:
    """``root``: the repository's; ``folder``: the project's own; ``volume``: the id of what is measured on."""

    root: Path
    folder: Path
    volume: str

    def run(self, *words: str, ok: Sequence[int] = (0,)) -> None:
        """Run a tomobench command in the project, its output in sight. Raises UserError if it fails."""
        self._run(["tomobench", *words], ok)

    def asv(self, *words: str, ok: Sequence[int] = (0, 2)) -> None:
        """Run asv in the project; 2 is what it ends with when a benchmark failed."""
        self._run(["asv", *words], ok)

    def run_on_stderr(self, *words: str) -> None:
        """As ``run``, with all that it prints on stderr. Raises UserError with its last line if it fails."""
        self._on_stderr(["tomobench", *words], (0,))

    def asv_on_stderr(self, *words: str) -> None:
        """As ``asv``, with all that it prints on stderr. Raises UserError with its last line if it fails."""
        self._on_stderr(["asv", *words], (0, 2))

    def _on_stderr(self, words: list[str], ok: Sequence[int]) -> None:
        process = self._start(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        last = ""
        try:
            for line in process.stdout or ():
                click.echo(line, err=True, nl=False)
                last = line.strip() or last
            process.wait()
        except BaseException:
            _end(process)
            raise
        if process.returncode not in ok:
            raise UserError(last.removeprefix("tomobench: ") or f"{' '.join(words[:2])} failed")

    def _environment(self) -> dict[str, str]:
        own = {"TOMOBENCH_VOLUME": self.volume, "TOMOBENCH_MACHINE": machines.name()}
        # No cluster: its workers have no such history.
        return {**{name: one for name, one in os.environ.items() if name != CLUSTER}, **own}

    def _run(self, words: list[str], ok: Sequence[int]) -> None:
        process = self._start(words)
        try:
            code = process.wait()
        except BaseException:
            _end(process)
            raise
        if code not in ok:
            place = self.folder.relative_to(self.root)
            raise UserError(f"{' '.join(words[:2])} ended with {code} in {place}")

    def _start(self, words: list[str], **options: Any) -> subprocess.Popen[str]:
        """A child that ends when this process does, however it ends: its input is closed then (see begin)."""
        return subprocess.Popen(
            [sys.executable, "-c", RUN.format(PROGRAMS[words[0]]), *words],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.PIPE,
            text=True,
            **options,
        )


def begin() -> None:
    """In a child: the words are the program's from now on, and it ends with its parent."""
    del sys.argv[0]
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait until nobody holds the other end of the input; end as by Ctrl-C then, or else at once."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)


def _end(process: subprocess.Popen[str]) -> None:
    """Let a command end in good order. Ctrl-C is for it too; a signal to this process alone is not."""
    if process.stdout is not None:
        process.stdout.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        process.wait()


def prepare(root: Path, folder: Path) -> None:
    """Make the project in ``folder``, or bring it up to the repository ``root``."""
    for name in SHARED:
        _link(root / name, folder / name)
    for name in COPIED:
        whole_copy(root / name, folder / name)  # another command may be reading it


def _link(source: Path, place: Path) -> None:
    source.mkdir(parents=True, exist_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.is_symlink():
        place.symlink_to(source, target_is_directory=True)
