"""The turns of races, as they are kept: every single time, to be estimated from again.

A race is a folder, ``results/<machine>/races/<race>/``. In it ``race.jsonl`` says what was raced, and
each renewal has a folder: ``turns.csv.gz``, a row a release and turn, and ``renewal.jsonl``: what could
not be timed, and what the renewal cost. No name ends in .json: asv would take it for a result.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tomobench.bench.cache import discard, whole_file, whole_folder
from tomobench.desk import files, shapes
from tomobench.desk.arrays import Array
from tomobench.desk.errors import UserError
from tomobench.desk.measure.race import kept_turns
from tomobench.desk.results import machine as machines
from tomobench.desk.results import reading as results

FOLDER, ABOUT = results.RACES, results.RACE_ABOUT
RENEWAL, TURNS = "renewal.jsonl", "turns.csv.gz"


class Turn(NamedTuple):
    """One release's operation in one turn: a row of the file.

    ``turn`` counts from 0; the warm-up turns before are negative. ``order``: how many releases ran
    before it in this turn. ``benchmark``: as asv spells a cell, ``name(value, value)``; ``release``:
    its hash. ``seconds``: of one call, the mean over ``calls`` calls.
    """

    renewal: int
    turn: int
    order: int
    benchmark: str
    volume: str
    release: str
    calls: int
    seconds: float


class Columns(NamedTuple):
    """Many turns, each field of Turn a list or an array."""

    renewal: Array
    turn: Array
    order: Array
    benchmark: list[str]
    volume: list[str]
    release: list[str]
    calls: Array
    seconds: Array

    def rows(self) -> Iterator[Turn]:
        """The turns one by one."""
        return map(Turn, *(one.tolist() if isinstance(one, np.ndarray) else one for one in self))


@dataclass(frozen=True, eq=False)
class CellTurns:
    """A cell's turns: arrays (renewals, turns, releases).

    ``seconds`` is NaN where there is none, ``order`` and ``calls`` 0. ``renewals``: the numbers of
    the renewals that timed it. Warm-up turns are left out.
    """

    benchmark: str
    volume: str
    releases: list[str]
    renewals: list[int]
    seconds: Array
    order: Array
    calls: Array

    def medians(self, release: str) -> Array:
        """The median over the turns of each renewal in which the release was timed: seconds."""
        found = self.seconds[:, :, self.releases.index(release)]
        if found.size and np.isfinite(found).all():
            medians: Array = np.median(found, axis=1)  # as below, in one call
            return medians
        return np.array([np.nanmedian(one) for one in found if np.isfinite(one).any()])

    def timed(self, release: str) -> list[int]:
        """The numbers of the renewals that timed the release."""
        seconds = self.seconds[:, :, self.releases.index(release)]
        return [n for n, one in zip(self.renewals, seconds) if np.isfinite(one).any()]


@dataclass(frozen=True)
class About:
    """What is raced. ``releases``: {hash: sha256 of the wheel}; ``versions``: {benchmark: version}.

    ``benchmarks``: the cells, as in Turn. ``environment``: asv's name of the environment; ``runner``:
    the version of asv_runner. ``started``: ISO 8601, UTC. ``seed``: of the orders drawn. ``described``: the machine, by
    machines.FIELDS; empty where a race of before 1.0.0 does not say.
    """

    machine: str
    volume: str
    environment: str
    releases: dict[str, str]
    benchmarks: list[str]
    versions: dict[str, str]
    runner: str
    seed: int
    started: str
    described: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Renewal:
    """What a renewal has to say beside its turns.

    ``started``: the releases in the order in which their workers were started. ``untimed``: [release,
    cell, "n/a" or "failed", reason]. ``seconds``: {cell: seconds it took, all releases and setups};
    ``startup``: seconds until all workers were ready.
    """

    number: int
    started: list[str]
    untimed: list[tuple[str, str, str, str]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    startup: float = 0.0


class Untimed(NamedTuple):
    """Why the renewal of a number has no time of a release on a cell. ``kind``: "n/a" or "failed"."""

    renewal: int
    kind: str
    reason: str


@dataclass(frozen=True)
class Race:
    """A race with the renewals that were finished."""

    folder: Path
    about: About
    renewals: list[Renewal]

    @property
    def id(self) -> str:
        return self.folder.name

    def rows(self) -> Iterator[Turn]:
        """Every turn, warm-up turns too, in the order in which they were taken."""
        for columns in self._columns():
            yield from columns.rows()

    @cached_property
    def cells(self) -> dict[str, CellTurns]:
        """The cells with turns, by Turn.benchmark."""
        return _arranged(_joined(self._columns()), list(self.about.releases))

    def _columns(self) -> Iterator[Columns]:
        for renewal in self.renewals:
            path = self.folder / name_of(renewal.number) / TURNS
            turns = read_turns(path)
            if strangers := {*turns.release} - {*self.about.releases}:
                raise _damaged(path, LookupError(f"{ABOUT} does not name {min(strangers)}"))
            if (turns.renewal != renewal.number).any():
                raise _damaged(path, ValueError("it has turns of another renewal"))
            yield turns

    @cached_property
    def untimed(self) -> dict[tuple[str, str], list[Untimed]]:
        """Of each cell and release, the renewals that tried it and have no time, in order."""
        found: dict[tuple[str, str], list[Untimed]] = {}
        for renewal in self.renewals:
            for release, name, kind, reason in renewal.untimed:
                found.setdefault((name, release), []).append(Untimed(renewal.number, kind, reason))
        return found

    def without_a_time(self, name: str, release: str) -> Untimed | None:
        """Why a release has no time on a cell: what the last renewal that tried it says. None if that timed it, or if
        none tried."""
        if not (several := self.untimed.get((name, release))):
            return None
        timed = self.cells[name].timed(release) if name in self.cells else []
        return several[-1] if several[-1].renewal > max(timed, default=0) else None

    def medians(self, name: str, release: str) -> Array:
        """As CellTurns.medians, by cell: empty where the last renewal that tried the release has no time of it."""
        if name not in self.cells or self.without_a_time(name, release):
            return np.array([])
        return self.cells[name].medians(release)

    def left_out_since(self, number: int) -> dict[str, dict[str, tuple[str, str]]]:
        """{cell: {release: ("n/a" or "failed", reason)}}: what is n/a, and what has failed after the renewal of that number."""
        found: dict[str, dict[str, tuple[str, str]]] = {}
        for (name, release), several in self.untimed.items():
            for one in several:
                if one.kind == "n/a" or one.renewal > number:
                    found.setdefault(name, {})[release] = (one.kind, one.reason)
        return found


def load(root: Path, machine: str) -> list[Race]:
    """The races kept of a machine below ``root``/results, in the order in which they were started.

    Raises UserError for a damaged one, naming it.
    """
    return load_folder(results.results_folder(root), machine)


def load_folder(results_dir: Path, machine: str) -> list[Race]:
    """As :func:`load`, for a folder of results."""
    found = [open_race(path.parent) for path in (results_dir / machine / FOLDER).glob(f"*/{ABOUT}")]
    return sorted(found, key=lambda race: (race.about.started, race.id))


def open_race(folder: Path, machine: str | None = None) -> Race:
    """Read what is kept of a race. ``machine``: whose it must be, if it is given.

    Raises UserError when it is damaged, or of a machine of another name (:func:`require_described`: of that name).
    """
    about = _read(folder / ABOUT, About)
    if machine not in (None, about.machine):
        raise UserError(
            f"{_name(folder)} is of another machine ({about.machine!r:.40}, not {machine}), and left "
            f"out: move it to that machine's {FOLDER}, or race again with --fresh"
        )
    paths = sorted(folder.glob(f"renewal-*/{RENEWAL}"))
    return Race(folder, about, [_read_renewal(path, about) for path in paths])


def require_described(race: Race, machine: Mapping[str, Any]) -> None:
    """Raise UserError if a race says of its machine that it is another than the one described in asv's fields."""
    if race.about.described and (found := machines.difference(race.about.described, machine)):
        raise UserError(
            f"{_name(race.folder)} is of another machine ({found}), and left out: give each machine a "
            "name of its own with TOMOBENCH_MACHINE"
        )


def _read_renewal(path: Path, about: About) -> Renewal:
    found = _read(path, Renewal)
    if name_of(found.number) != path.parent.name:
        raise _damaged(path, ValueError(f"it is of renewal {found.number}"))
    if strangers := {release for release, *_ in found.untimed} - {*about.releases}:
        raise _damaged(path, LookupError(f"{ABOUT} does not name {min(strangers)}"))
    return found


def _read[T](path: Path, kind: type[T]) -> T:
    try:
        return shapes.made(kind, files.parsed(path))
    except (UserError, OSError, TypeError) as error:
        raise _damaged(path, error) from None


def create(folder: Path, about: About) -> Race:
    """Begin to keep a race."""
    with whole_file(folder / ABOUT, "w") as file:
        file.write(json.dumps(vars(about), indent=1, ensure_ascii=False) + "\n")
    return Race(folder, about, [])


def add(race: Race, renewal: Renewal, turns: Iterable[Turn]) -> Race:
    """Keep a finished renewal: all of it, or nothing."""
    with whole_folder(race.folder / name_of(renewal.number)) as folder:
        (folder / TURNS).write_bytes(_packed(turns))
        text = json.dumps(vars(renewal), indent=1, ensure_ascii=False)
        (folder / RENEWAL).write_text(f"{text}\n", encoding="utf-8")
    return Race(race.folder, race.about, [*race.renewals, renewal])


def forget(folder: Path) -> None:
    """Remove what is kept of a race, if anything is."""
    if folder.exists():
        discard(folder)


def name_of(renewal: int) -> str:
    """The folder of a renewal; they are counted from 1."""
    return f"renewal-{renewal:03}"


def read_turns(path: Path) -> Columns:
    """What a file of turns holds. Raises UserError when it is damaged."""
    try:
        return Columns._make(kept_turns.kept(path.read_bytes(), Path(__file__), _parsed))
    except _DAMAGE as error:
        raise _damaged(path, error) from None


_DAMAGE = (
    *(OSError, EOFError, zlib.error, csv.Error),
    *(ValueError, TypeError, ArithmeticError, StopIteration),
)
"""What reading a file of turns raises where it is none."""


def _parsed(content: bytes) -> Columns:
    with gzip.open(io.BytesIO(content), "rt", encoding="utf-8", newline="") as file:
        reader = csv.reader(file, strict=True)
        if next(reader) != list(Turn._fields):
            raise ValueError("its first line is not that of a file of turns")
        rows = list(reader)
    if any(len(row) != len(Turn._fields) for row in rows):
        raise ValueError("a line has too few fields, or too many")
    turns = _columns(rows)
    if not (np.isfinite(turns.seconds) & (turns.seconds > 0)).all():
        raise ValueError("it has a time that is none")
    if (turns.turn >= len(rows)).any():
        raise ValueError("it has fewer turns than it counts")
    return turns


def arrange(rows: Iterable[Turn], releases: list[str]) -> dict[str, CellTurns]:
    """Turns as arrays, cell by cell; releases as columns, in the order given."""
    return _arranged(_columns(list(rows)), releases)


def _columns(rows: Sequence[Sequence[Any]]) -> Columns:
    """Rows, whose fields may be text, as columns."""
    renewal, turn, order, benchmark, volume, release, calls, seconds = (
        zip(*rows) if rows else [()] * len(Turn._fields)
    )
    return Columns(
        _numbers(renewal, int),
        _numbers(turn, int),
        _numbers(order, int),
        list(benchmark),
        list(volume),
        list(release),
        _numbers(calls, int),
        _numbers(seconds, float),
    )


def _numbers(field: Iterable[Any], kind: type) -> Array:
    return np.array([kind(one) for one in field], dtype=kind)


def _joined(parts: Iterable[Columns]) -> Columns:
    """Turns of one part after those of the other."""
    fields = zip(_columns([]), *parts)
    return Columns._make(
        np.concatenate(field) if isinstance(field[0], np.ndarray) else list(chain(*field))
        for field in fields
    )


def _arranged(turns: Columns, releases: list[str]) -> dict[str, CellTurns]:
    number: dict[str, int] = {}
    cell = np.array([number.setdefault(name, len(number)) for name in turns.benchmark], dtype=int)
    at = {release: n for n, release in enumerate(releases)}
    column = np.array([at[release] for release in turns.release], dtype=int)
    raced = np.flatnonzero(turns.turn >= 0)
    raced = raced[np.argsort(cell[raced], kind="stable")]
    found = {}
    for rows in np.split(raced, 1 + np.flatnonzero(np.diff(cell[raced]))):
        if len(rows):
            name, volume = turns.benchmark[rows[0]], turns.volume[rows[0]]
            found[name] = _cell(name, volume, turns, rows, column[rows], releases)
    return found


def _cell(
    name: str,
    volume: str,
    turns: Columns,
    rows: Array,
    column: Array,
    releases: list[str],
) -> CellTurns:
    renewals, line = np.unique(turns.renewal[rows], return_inverse=True)
    place = line, turns.turn[rows], column
    shape = (len(renewals), 1 + int(place[1].max()), len(releases))
    seconds, order, calls = np.full(shape, np.nan), np.zeros(shape, int), np.zeros(shape, int)
    seconds[place], order[place] = turns.seconds[rows], turns.order[rows]
    calls[place] = turns.calls[rows]
    return CellTurns(name, volume, releases, renewals.tolist(), seconds, order, calls)


def _packed(turns: Iterable[Turn]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Turn._fields)
    writer.writerows((*turn[:-1], f"{turn.seconds:.6g}") for turn in turns)
    # Without the time of day in the archive, the same turns are the same bytes.
    return gzip.compress(text.getvalue().encode(), mtime=0)


def _damaged(path: Path, error: Exception) -> UserError:
    problem = f"{type(error).__name__}: {error}".splitlines()[0].replace(str(path), path.name)
    return UserError(
        f"{_name(path)} is damaged ({problem}): restore it from git, or race again with --fresh"
    )


def _name(path: Path) -> str:
    """What is below the results folder: the machine, and where in its races."""
    machine = len(path.parts) - path.parts[::-1].index(FOLDER) - 2
    return "/".join(path.parts[machine:])
