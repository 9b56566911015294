"""Result files as plain data, kept in the cache folder so that no file is parsed twice.

What is kept goes by the contents of the file and by all else that parsing depends on: the benchmarks'
versions and parameters, the source of this module, Python and what is installed. So a stale form is never used.

asv is imported where a file is parsed: its import takes as long as reading all that is kept.
"""

import itertools
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tomobench.bench import cache
from tomobench.bench.release import CONFIGURATION
from tomobench.bench.s3 import SERVER
from tomobench.desk import files, shapes
from tomobench.desk.errors import UserError
from tomobench.desk.results.answers import digest, installed, load, save

if TYPE_CHECKING:
    from asv.results import Results

Benchmarks = Mapping[str, dict[str, Any]]
"""asv's descriptions of benchmarks, by name."""

MEASURED, RACE = "measured", "race"
"""asv's parameter of results that a race gave (tomobench.desk.measure.race), and its value. They are no rows:
medians of turns taken beside other releases are not to be compared with those of a plain run."""

RACES, RACE_ABOUT = "races", "race.jsonl"
"""Below a machine's folder: that of its races, and what says in each of them what was raced."""

DAMAGE = (
    *(OSError, UserError),
    *(LookupError, TypeError, ValueError, AttributeError, RecursionError),
)
"""What :func:`load_result` raises, and reading what it gives, where a file is no whole result."""

MOST = 8
"""Result folders of which the parsed form is kept: the last that were read anew."""


Numbers = tuple[list[int], list[float | None], list[dict[str, Any] | None]]
"""Of the cells that have a number: which they are, the numbers, and the stats."""


class Parsed(NamedTuple):
    """What a file says of today's benchmarks. ``release`` is the hash asv files it under.

    ``results``: by benchmark, of each cell that it has, the number (counting the cells of today's
    parameters), the value and the stats: three lists. ``others``: benchmarks of another version, or
    that are gone. ``params``: asv's of the series; the machine's fields are among them.
    """

    release: str
    volume: str
    environment: str
    server: str
    configuration: str
    results: dict[str, Numbers]
    others: list[str]
    params: dict[str, Any]


def parse(path: Path, benchmarks: Benchmarks) -> Parsed | None:
    """Read a file; None for a race's. Raises one of DAMAGE."""
    result = load_result(path)
    if result.params.get(MEASURED) == RACE:
        return None
    current = result.get_result_keys(benchmarks)
    return Parsed(
        result.commit_hash,
        result.env_vars.get("volume", ""),
        result.env_name,
        result.env_vars.get(SERVER, ""),
        result.env_vars.get(CONFIGURATION, ""),
        {key: _cells(result, benchmarks[key]) for key in sorted(current)},
        sorted(set(result.get_all_result_keys()) - current),
        result.params,
    )


def load_result(path: Path) -> "Results":
    """A result file, as asv reads it. Raises one of DAMAGE."""
    from asv import util
    from asv.results import Results

    try:
        found = Results.load(str(path), machine_name=path.parent.name)
    except util.UserError as error:
        raise UserError(str(error)) from None
    shaped(found)
    if benchmark := infinite(found):
        raise ValueError(f"{benchmark} has an infinite value")
    return found


_KINDS = {"commit_hash": str, "env_name": str, "env_vars": dict[str, str]}
"""What is read of a result beside its numbers and parameters."""


def shaped(result: "Results") -> "Results":
    """The result, if it has nothing that asv never writes. Raises one of DAMAGE."""
    shapes.require({name: getattr(result, name) for name in _KINDS}, _KINDS)
    for key in result.get_all_result_keys():
        values, stats = result._results[key], result._stats[key]
        cells = math.prod(map(len, result.get_result_params(key)))
        for column in (values, stats):
            if column is not None and len(column) != cells:
                raise ValueError(f"{key} has {len(column)} numbers for {cells} cells")
        kept = (one for cell in stats or () for one in cell.values())
        for value in itertools.chain(values or (), kept):
            if not _is_number(value):
                raise TypeError(f"{key} has {value!r:.40} for a number")
    return result


def _is_number(value: Any) -> bool:
    """Whether it can be calculated with, or is None; NaN and infinity can."""
    return isinstance(value, float | None) or shapes.fits(value, float)


def infinite(result: "Results") -> str | None:
    """A benchmark with an infinite value, which nothing can be compared with; None if there is none."""
    for key in result.get_all_result_keys():
        values = result.get_result_value(key, result.get_result_params(key))
        if any(isinstance(one, int | float) and abs(one) > shapes.LARGEST for one in values):
            answer: str = key
            return answer
    return None


def _cells(result: "Results", benchmark: dict[str, Any]) -> Numbers:
    key = benchmark["name"]
    params = result.get_result_params(key)
    values, stats = result.get_result_value(key, params), result.get_result_stats(key, params)
    if params == benchmark["params"]:
        return list(range(len(values))), list(values), list(stats)
    found = dict(zip(itertools.product(*params), zip(values, stats)))
    # A value that the parameter got since is left out: not measured, which is not failed.
    there = [
        (n, cell) for n, cell in enumerate(itertools.product(*benchmark["params"])) if cell in found
    ]
    numbers = [found[cell] for _, cell in there]
    return [n for n, _ in there], [value for value, _ in numbers], [one for _, one in numbers]


class Kept:
    """The parsed files of a results folder: those that were kept, and those parsed since."""

    def __init__(self, folder: Path, benchmarks: Benchmarks):
        self._benchmarks = benchmarks
        self._common = _common(benchmarks)
        name = digest(os.fsencode(folder.resolve())).hex()
        self._path = cache.root() / "parsed-results" / name
        self._kept = load(self._path) or {}
        self._before = set(self._kept)
        self._used: dict[bytes, tuple[Any, ...] | None] = {}

    def parsed(self, path: Path) -> Parsed | None:
        """As :func:`parse`, of a file of the folder."""
        key = self._key(path)
        if key not in self._kept:
            found = parse(path, self._benchmarks)
            if self._key(path) != key:
                return found  # it was written meanwhile: which contents these are is not known
            self._kept[key] = found and tuple(found)
        self._used[key] = self._kept[key]
        return self._kept[key] and Parsed(*self._kept[key])

    def save(self) -> None:
        """Keep what was used, if that is not what is kept already."""
        if self._used.keys() != self._before:
            save(self._path, self._used, MOST)

    def _key(self, path: Path) -> bytes:
        return digest(self._common, os.fsencode(path.parent.name), files.regular(path).read_bytes())


def _common(benchmarks: Benchmarks) -> bytes:
    """What parsing depends on beside a file."""
    described = [(name, one.get("version"), one["params"]) for name, one in benchmarks.items()]
    source = Path(__file__).read_bytes()
    return digest(repr(described).encode(), source, installed().encode())
