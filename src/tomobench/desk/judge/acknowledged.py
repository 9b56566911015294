"""Changes that are known and accepted: shown, but no reason for the gate to fail."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.releases.history import History

FILE = "acknowledged.toml"


@dataclass(frozen=True)
class Acknowledgement:
    """An entry. ``release`` is a hash; ``benchmark`` a regular expression for
    benchmark(parameters)."""

    release: str
    benchmark: str
    reason: str
    link: str = ""

    def covers(self, release: str, name: str) -> bool:
        return release == self.release and bool(re.search(self.benchmark, name))


def load(root: Path, history: History) -> list[Acknowledgement]:
    """Read the file below ``root``; nothing if there is none.

    Raises UserError for what is no TOML, an entry without release, benchmark or reason, a key that
    is none of them or ``link``, an unknown release, and a wrong regular expression.
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


def _entry(number: int, entry: dict, history: History) -> Acknowledgement:
    try:
        found = Acknowledgement(**entry)
        texts = (found.release, found.benchmark, found.reason, found.link)
        if not all(isinstance(text, str) for text in texts) or not all(texts[:3]):
            raise ValueError("release, benchmark and reason are texts, and not empty")
        re.compile(found.benchmark)
        return Acknowledgement(history.find(found.release).hash, *texts[1:])
    except (TypeError, ValueError, re.error, UserError) as error:
        problem = str(error).replace("Acknowledgement.__init__() ", "")
        raise UserError(f"{FILE}, entry {number}: {problem}") from None
