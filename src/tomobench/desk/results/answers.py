"""Plain data kept in the cache folder, found again by a digest of all that it depends on.

So a stale answer is never used. The cache is a help and no more: where it is damaged or can't be
written, what was kept is worked out anew.
"""

import contextlib
import hashlib
import marshal
import os
import sys
import sysconfig
from collections.abc import Callable, Iterable
from functools import cache, wraps
from pathlib import Path
from typing import Any

from tomobench.bench import cache as cached

FOLDER = "kept-answers"
"""Below the cache folder."""

MOST = 512
"""Answers of functions that are kept: the last that were worked out."""


LARGEST = 2**20
"""Bytes of the largest answer about files that is kept: as JSON, all findings have more."""


def kept[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """The function with its answers kept, from one process to the next.

    It depends on nothing but what it is given, its module, Python and what is installed beside it. It takes and
    gives what marshal writes: numbers, texts, tuples, lists. What it imports for its work alone, as
    scipy.optimize, is best imported in it.
    """

    @wraps(function)
    def asked(*given: P.args, **named: P.kwargs) -> R:
        path = cached.root() / FOLDER / _key(function, given, named)
        if (found := load(path)) is None:
            found = (function(*given, **named),)
            save(path, found, MOST)
        answer: R = found[0]
        return answer

    return asked


def _key(function: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]) -> str:
    about = _about(function.__code__.co_filename)
    asked = marshal.dumps((function.__qualname__, given, sorted(named.items())), 2)
    return digest(about, asked).hex()


def of_files[R](
    question: tuple[Any, ...], files: Callable[[], Iterable[Path]], find: Callable[[], R]
) -> R:
    """What ``find`` finds, kept by the question and by these files, which it depends on: their names and contents.

    ``files`` is asked before and after: what was found while one of them was written is not kept, nor is what is
    larger than LARGEST. Question and answer are what marshal writes. It depends on Python and what is installed, too.
    """
    before = _state(files())
    path = cached.root() / FOLDER / digest(marshal.dumps(question, 2), before).hex()
    if before and (found := load(path)) is not None:
        known: R = found[0]
        return known
    answer = find()
    content: Any = (answer,)
    if before and _state(files()) == before and len(marshal.dumps(content)) <= LARGEST:
        save(path, content, MOST)
    return answer


def _state(files: Iterable[Path]) -> bytes:
    """A digest of files, empty where one of them can't be read."""
    parts = [installed().encode()]
    try:
        for path in files:
            parts += [os.fsencode(path), path.read_bytes()]
    except OSError:
        return b""
    return digest(*parts)


@cache
def _about(module: str) -> bytes:
    """What an answer of a module's function depends on beside what it is given."""
    return digest(Path(module).read_bytes(), installed().encode())


@cache
def installed() -> str:
    """Python's version, and all that is installed beside it: folders with name and version in their own."""
    beside = Path(sysconfig.get_path("purelib")).glob("*.dist-info")
    return " ".join([sys.version, *sorted(one.name for one in beside)])


def digest(*parts: bytes) -> bytes:
    """A digest of the parts, each with its length: where one ends counts."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8))
        found.update(part)
    return found.digest()


def load(path: Path) -> Any:
    """What is kept in a file: its digest, then the data. None if there is none, or it is damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    whole = digest(content[32:]) == content[:32]
    return marshal.loads(content[32:]) if whole else None


def save(path: Path, found: Any, most: int) -> None:
    """Keep it, and of the files beside it the ``most`` that were kept last; nothing where that can't
    be."""
    with contextlib.suppress(OSError, ValueError):
        content = marshal.dumps(found)
        with cached.whole_file(path) as file:
            file.write(digest(content) + content)
        files = sorted(path.parent.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in files[most:]:
            old.unlink()
