"""Profiles of cells, asked of the Pythons of releases (tomobench.drivers.profiler): several at once, kept beside the stores."""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tomobench.bench import blame
from tomobench.desk.asv.pythons import ReleasePython
from tomobench.desk.errors import UserError
from tomobench.desk.judge.explain.cells import Cell
from tomobench.desk.progress import told

WORK, MEMORY = "work", "memory"
"""What can be asked of a cell: functions and requests; lines that hold memory."""


def ask(
    root: Path, sides: Sequence[ReleasePython], volume: str, cells: Sequence[Cell], what: str
) -> list[list[dict[str, Any]]]:
    """For each side the profile of each cell, as tomobench.bench.who gives it; the sides at once.

    ``root``: the repository's folder, with the suites. Raises UserError where a side can't be asked.
    """
    with ThreadPoolExecutor(len(sides)) as pool:
        return list(pool.map(lambda side: _ask(root, side, volume, cells, what), sides))


def _ask(
    root: Path, side: ReleasePython, volume: str, cells: Sequence[Cell], what: str
) -> list[dict[str, Any]]:
    with _running(root, side, volume, cells, what) as (process, errors):
        found = []
        for _ in told(f"zarr {side.version}: {what} of cells", cells):
            if not (line := process.stdout.readline()):
                raise UserError(
                    f"zarr {side.version} could not be profiled: {_end(process, errors)}"
                )
            found.append(json.loads(line))
        return found


@contextmanager
def _running(
    root: Path, side: ReleasePython, volume: str, cells: Sequence[Cell], what: str
) -> Iterator[tuple[Any, ...]]:
    """The profiler of a side, and the file that has what it says besides. It is ended with the block."""
    with tempfile.TemporaryFile("w+") as asked, tempfile.TemporaryFile("w+") as errors:
        for one in cells:
            print(json.dumps([one.suite, one.parameters, one.access, what]), file=asked)
        asked.seek(0)
        process = subprocess.Popen(
            side.module("tomobench.drivers.profiler"),
            cwd=root,
            env={**side.environment(), "volume": volume},
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            yield process, errors
        finally:
            process.kill()
            process.communicate()


def _end(process: subprocess.Popen[str], errors: IO[str]) -> str:
    """Why a process has ended."""
    code = process.wait()
    errors.seek(0)
    said = errors.read()
    if declared := blame.declared(said):
        return declared[1]
    return (said.strip().splitlines() or [blame.say_end(code)])[-1]
