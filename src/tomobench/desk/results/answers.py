"""Plain data kept in the cache folder, found again by a digest of all that it depends on.

So a stale answer is never used. The cache is a help and no more: where it is damaged or can't be
written, what was kept is worked out anew.
"""

import contextlib
import hashlib
import marshal
import sys
from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tomobench.bench import cache

FOLDER = "kept-answers"
"""Below the cache folder."""

MOST = 512
"""Answers of functions that are kept: the last that were worked out."""


def kept[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """The function with its answers kept, from one process to the next.

    It depends on nothing but what it is given, its module, NumPy, SciPy and Python. It takes and
    gives what marshal writes: numbers, texts, tuples, lists. What it imports for its work alone, as
    scipy.optimize, is best imported in it.
    """

    @wraps(function)
    def asked(*given: P.args, **named: P.kwargs) -> R:
        path = cache.root() / FOLDER / _key(function, given, named)
        if (found := load(path)) is None:
            found = (function(*given, **named),)
            save(path, found, MOST)
        answer: R = found[0]
        return answer

    return asked


def _key(function: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]) -> str:
    source = Path(function.__code__.co_filename).read_bytes()
    versions = [sys.version, version("numpy"), version("scipy")]
    asked = marshal.dumps((function.__qualname__, given, sorted(named.items()), versions), 2)
    return digest(source, asked).hex()


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
        with cache.whole_file(path) as file:
            file.write(digest(content) + content)
        files = sorted(path.parent.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in files[most:]:
            old.unlink()
