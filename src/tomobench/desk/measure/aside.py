"""A project of its own beside the clone's: measured in, its history and results are no other's.

It shares the suites, the locks, the environments and the cache of the repository. What is committed
there stays as it is.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from tomobench.bench.cache import whole_copy
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.results import machine as machines

SHARED = ("benchmarks", "requirements", ".asv/env")
COPIED = ("asv.conf.json", lock.LOCK)
"""Not linked: what is beside a lock file, through a link too, is its project."""

PATIENCE = 5
"""Seconds after which a command that was not interrupted itself is."""

RUN = "import sys; from tomobench.desk.cli import main; sys.argv[0] = 'tomobench'; main()"


@dataclass(frozen=True)
class Aside:
    """``root``: the repository's; ``folder``: the project's own; ``volume``: the id of what is measured on."""

    root: Path
    folder: Path
    volume: str

    def run(self, *words: str, ok: Sequence[int] = (0,)) -> None:
        """Run a tomobench command in the project, its output in sight. Raises UserError if it fails."""
        self._run([sys.executable, "-c", RUN, *words], f"tomobench {words[0]}", ok)

    def asv(self, *words: str, ok: Sequence[int] = (0, 2)) -> None:
        """Run asv in the project; 2 is what it ends with when a benchmark failed."""
        self._run([sys.executable, "-m", "asv", *words], f"asv {words[0]}", ok)

    def run_on_stderr(self, *words: str) -> None:
        """As ``run``, with all that it prints on stderr. Raises UserError with its last line if it fails."""
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, *words],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        last = ""
        try:
            for line in process.stdout or ():
                click.echo(line, err=True, nl=False)
                last = line.strip() or last
            process.wait()
        except BaseException:
            _end(process)
            raise
        if process.returncode:
            raise UserError(last.removeprefix("tomobench: ") or f"tomobench {words[0]} failed")

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "TOMOBENCH_VOLUME": self.volume, "TOMOBENCH_MACHINE": machines.name()}

    def _run(self, command: list[str], said: str, ok: Sequence[int]) -> None:
        done = subprocess.run(command, cwd=self.folder, env=self._environment(), check=False)
        if done.returncode not in ok:
            place = self.folder.relative_to(self.root)
            raise UserError(f"{said} ended with {done.returncode} in {place}")


def _end(process: subprocess.Popen) -> None:
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
