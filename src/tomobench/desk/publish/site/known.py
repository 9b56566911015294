"""What is known of findings, in words by hand: ``findings.toml`` beside asv.conf.json."""

import re
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.judge.upstream import table
from tomobench.desk.judge.upstream.table import FactCommit
from tomobench.desk.releases.history import History

FILE = "findings.toml"


@dataclass(frozen=True)
class Known:
    """An entry of FILE. ``release``: the version that brought it; ``benchmark``: a regular expression for
    benchmark(parameters); ``cell``: the one that is drawn; ``volume``: where it was measured."""

    title: str
    release: str
    benchmark: str
    text: str
    cell: str
    volume: str
    links: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Words:
    """What is known beside the results: the entries of FILE, and the commits that were measured."""

    known: list[Known]
    commits: list[FactCommit]


def load(root: Path, history: History) -> list[Known]:
    """The entries of FILE below ``root``; none if there is no such file. Raises UserError for a wrong one, and for
    one of a release that there is not."""
    path = root / FILE
    if not files.there(path):
        return []
    try:
        found = [Known(**entry) for entry in tomllib.loads(files.text(path))["finding"]]
        for one in found:
            _require_text(one)
            re.compile(one.benchmark)
    except (UserError, ValueError, KeyError, TypeError, RecursionError, re.error) as error:
        raise UserError(f"{FILE} cannot be used: {error}".splitlines()[0]) from None
    for one in found:
        history.find(one.release)
    return found


def _require_text(one: Known) -> None:
    """Raise TypeError where something of an entry is no text, or the links are no list of texts."""
    for name, value in asdict(one).items():
        if name == "links":
            if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
                raise TypeError(f"links is {value!r}: give a list of texts")
        elif not isinstance(value, str):
            raise TypeError(f"{name} is {value!r}: give a text")


def words(root: Path, history: History, results_dir: Path) -> Words:
    """All of it. Raises UserError as :func:`load` does, and for a damaged table of commits."""
    return Words(load(root, history), table.load(results_dir))


def usable_words(root: Path, history: History, results_dir: Path) -> Words:
    """The same for a page that can do without: none where something is wrong. The Findings page says why."""
    try:
        return words(root, history, results_dir)
    except UserError:
        return Words([], [])
