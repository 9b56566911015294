"""What asv finds in the suites, kept for its next run: asking a release's Python takes a third of a short run.

What there is to find depends on the files of the suites and of what they import, on the line's packages and Python, and on
the environment of the process. It is kept by a digest of all these: what was found in others is never taken.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import asv

from tomobench.bench.cache import whole_copy
from tomobench.bench.s3 import SERVICE

FOLDER = "discovered"
MOST = 30
"""Answers that are kept: those of the releases, volumes and suites that were asked for last."""

SOURCES = ("src/tomobench/__init__.py", "src/tomobench/bench", "src/tomobench/drivers")
"""What the suites import, below the folder that theirs is in."""

NO_MATTER = (SERVICE,)
"""Variables that are new in each run, and which no suite looks at before it measures."""


def find(
    suites: Path, answer: Path, variables: Mapping[str, str], line: str, kept: Path, ask: Callable
) -> None:
    """Write into ``answer`` what asv's discovery finds in the folder ``suites``: as kept below ``kept``, or by ``ask()``.

    ``variables``: the environment of the process. ``line``: what tells the packages and the Python of the line. Where
    the environments are, ``kept``, is no part of what was asked: projects may share them.
    """
    told = {
        name: value.replace(str(kept.absolute()), "")
        for name, value in variables.items()
        if name not in NO_MATTER
    }
    found = kept / FOLDER / f"{_digest(suites, told, line)}.json"
    with contextlib.suppress(OSError):
        answer.write_bytes(found.read_bytes())
        found.touch()
        return
    ask()
    with contextlib.suppress(OSError):  # a full disk is in the way of no run
        whole_copy(answer, found)
        for one in sorted(found.parent.iterdir(), key=lambda one: -one.stat().st_mtime)[MOST:]:
            one.unlink()


def _digest(suites: Path, variables: Mapping[str, str], line: str) -> str:
    text = json.dumps([asv.__version__, line, sorted(variables.items())])
    found = hashlib.sha256(text.encode())
    root = suites.resolve().parent
    for path in _files([suites.resolve(), *(root / one for one in SOURCES)]):
        found.update(os.fsencode(f"\0{path.relative_to(root)}\0{path.stat().st_size}\0"))
        found.update(path.read_bytes())
    return found.hexdigest()[:24]


def _files(places: Iterable[Path]) -> Iterable[Path]:
    """The files in these folders, and these files, but for bytecode."""
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
