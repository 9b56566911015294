"""Changes that are known and accepted: shown, but no reason for the gate to fail."""

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.releases.history import History

FILE = "acknowledged.toml"


@dataclass(frozen=True)
class Acknowledgement:
    """An entry. ``release``: as it is written there; ``benchmark``: a regular expression for
    benchmark(parameters); ``hashes``: all that the release may be, none for one that is not known yet."""

    release: str
    benchmark: str
    reason: str
    link: str = ""
    hashes: tuple[str, ...] = ()

    def covers(self, release: str, name: str) -> bool:
        """Whether this is so of a release (a hash) and a cell."""
        return release in self.hashes and bool(re.search(self.benchmark, name))


def load(root: Path, history: History) -> list[Acknowledgement]:
    """Read the file below ``root``; nothing if there is none.

    Raises UserError for what is no TOML, an entry without release, benchmark or reason, a key that
    is none of them or ``link``, an unknown release, and a wrong regular expression. A release that
    may come yet is no unknown one: what its wheel brings can be accepted before it is published.
    """
    path = root / FILE
    if not files.there(path):
        return []
    try:
        content = tomllib.loads(files.text(path))
    except (UserError, ValueError, RecursionError) as error:
        raise UserError(f"{FILE} cannot be used: {error}".splitlines()[0]) from None
    entries = content.pop("acknowledged", [])
    if content or not isinstance(entries, list):
        raise UserError(f"{FILE} cannot be used: it holds only tables called [[acknowledged]]")
    return [_entry(n, entry, history) for n, entry in enumerate(entries, 1)]


def _entry(number: int, entry: dict[str, Any], history: History) -> Acknowledgement:
    try:
        if "hashes" in entry:
            raise ValueError("there is no key 'hashes'")
        found = Acknowledgement(**entry)
        texts = (found.release, found.benchmark, found.reason, found.link)
        if not all(isinstance(text, str) for text in texts) or not all(texts[:3]):
            raise ValueError("release, benchmark and reason are texts, and not empty")
        re.compile(found.benchmark)
        return replace(found, hashes=_hashes(found.release, history))
    except (TypeError, ValueError, re.error, UserError) as error:
        problem = str(error).replace("Acknowledgement.__init__() ", "")
        raise UserError(f"{FILE}, entry {number}: {problem}") from None


def _hashes(name: str, history: History) -> tuple[str, ...]:
    """The releases of this hash or version: several, where a published one was built again.

    None for a version that may come yet. Raises UserError for others.
    """
    known = history.releases
    found = [
        one.hash for one in known if name == one.hash or _version(name) == _version(one.version)
    ]
    if not found and not _may_come(name, history):
        history.find(name)  # says what is near it
    return tuple(found)


def _may_come(name: str, history: History) -> bool:
    """Whether it is a development version, a patch above its minor's final releases, or above all that are final."""
    version = _version(name)
    if version is None:
        return False
    if version.is_prerelease or version.local is not None:
        return True
    final = [Version(one.version) for one in history.releases if one.final]
    minor = [one for one in final if (one.major, one.minor) == (version.major, version.minor)]
    return all(version > one for one in minor or final)


def _version(name: str) -> Version | None:
    try:
        return Version(name)
    except InvalidVersion:
        return None
