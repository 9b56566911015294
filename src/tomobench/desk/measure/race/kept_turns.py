"""Turns as they were parsed, kept in the cache folder: to parse those of a race takes half a second.

They are found again by the contents of the file and by the source that parsed it, so that stale ones are never used.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tomobench.bench import cache
from tomobench.desk.arrays import Array
from tomobench.desk.results import answers

FOLDER = "parsed-turns"
"""Below the cache folder."""

MOST = 512
"""Files of which the turns are kept: the last that were parsed. A race has one a renewal."""

Fields = Sequence[Array | list[str]]
"""Columns of numbers and of names."""


def kept(content: bytes, source: Path, parse: Callable[[bytes], Fields]) -> Fields:
    """What ``parse`` makes of a file's content, from the cache where the same was parsed before.

    ``source``: the module that parses. Raises what ``parse`` does.
    """
    sources = [one.read_bytes() for one in (source, Path(__file__))]
    path = cache.root() / FOLDER / answers.digest(*sources, content).hex()
    if (plain := answers.load(path)) is None:
        found = parse(content)
        answers.save(path, [_plain(field) for field in found], MOST)
        return found
    return [_field(*one) for one in plain]


def _plain(field: Array | list[str]) -> tuple[str, bytes, list[str] | None]:
    """A type, numbers, and the names that the numbers stand for, None if for nothing."""
    if isinstance(field, np.ndarray):
        return field.dtype.str, field.tobytes(), None
    place: dict[str, int] = {}
    places = np.array([place.setdefault(name, len(place)) for name in field], dtype=np.int32)
    return places.dtype.str, places.tobytes(), list(place)


def _field(dtype: str, content: bytes, names: list[str] | None) -> Array | list[str]:
    numbers = np.frombuffer(content, dtype)
    return numbers if names is None else [names[n] for n in numbers.tolist()]
