"""Profiles accesses in a release's Python: who stands behind their exact figures (tomobench.bench.who).

Run in a release's environment, in the repository's folder, as ``python -m tomobench.drivers.profiler``. A line of JSON
on standard input for each cell: its suite (``counts.Chunks``), its parameters as asv has them (a list of texts), the
access as the exact suites name it, and ``work`` or ``memory``. A line of JSON on standard output
for each, in their order: what tomobench.bench.who gives, or the one key ``failed`` or ``impossible`` with the reason.
Each is found in a process of its own. What zarr prints goes to standard error.
"""

import importlib
import itertools
import json
import os
import sys
from pathlib import Path

from tomobench.bench import blame, who


def main() -> None:
    """Answer every line of standard input."""
    # The benchmarks are in the working folder; this file's own folder is no place to import from.
    sys.path[0] = str(Path.cwd())
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        importlib.import_module("benchmarks.common")
        for line in sys.stdin:
            print(json.dumps(_in_a_fork(*json.loads(line))), file=answers, flush=True)
    except Exception as error:
        blame.declare(error)
        raise


def _in_a_fork(*asked) -> dict:
    """What a cell's profile is, found in a process of its own. Raises blame.NotMeasured."""
    here, there = os.pipe()
    if child := os.fork():
        os.close(there)
        with os.fdopen(here, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        if status or not said:
            code = os.waitstatus_to_exitcode(status)
            if blame.ended(code) is blame.Whose.RELEASE:
                return {"failed": blame.say_end(code)}
            raise blame.NotMeasured(said.decode() or blame.say_end(code))
        return json.loads(said)
    _answer(there, *asked)
    raise AssertionError  # it has ended


def _answer(pipe: int, *asked) -> None:
    """Write what was found to ``pipe``, and end without what a Python process does at its end: it is the parent's."""
    code = 1
    try:
        said = json.dumps(blame.look(profile, *asked)).encode()
        code = 0
    except blame.NotMeasured as error:
        said = str(error).encode()
    finally:
        with os.fdopen(pipe, "wb") as file:
            file.write(said)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def profile(suite: str, parameters: list[str], access: str, what: str) -> dict:
    """The profile of a cell. Raises NotImplementedError where there is no such cell."""
    common = importlib.import_module("benchmarks.common")
    module, _, name = suite.partition(".")
    grid = getattr(importlib.import_module(f"benchmarks.{module}"), name).grid
    wanted = parameters[-len(grid.names) :]
    for cell in itertools.product(*grid.values):
        if list(map(repr, cell)) == wanted:
            return getattr(who, what)(common.open_store(grid, cell), access)
    raise NotImplementedError(f"{suite} has no layout {', '.join(wanted)}")


if __name__ == "__main__":
    main()
