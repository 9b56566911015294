"""How a case ended, and the table of all of them."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CLEAR, UNCLEAR, TRACEBACK = "clear", "unclear", "traceback"
HANG, LOST, WRONG = "hang", "lost", "silently wrong"
OUTCOMES = (CLEAR, UNCLEAR, TRACEBACK, HANG, LOST, WRONG)
"""clear: refused, or ended, with one line that says why, or done as if nothing had been. unclear: refused
with no line, or several. traceback: Python's. hang: not over in time. lost: a file of the project changed,
or is gone. silently wrong: done, with exit code 0, though it could not be."""


KEYS = ("part", "command", "kind")
"""What makes a row of the table."""


@dataclass(frozen=True)
class Ended:
    """How one case ended. ``part``: inputs or environment; ``command``, ``kind``: its row of the table."""

    part: str
    command: str
    kind: str
    outcome: str
    said: str = ""


def rows(found: Iterable[Ended]) -> list[dict]:
    """A row for each command and kind: how many were tried, and how many ended in each way."""
    counts: dict[tuple[str, str, str], Counter] = {}
    for one in found:
        counts.setdefault((one.part, one.command, one.kind), Counter())[one.outcome] += 1
    return [
        {
            **dict(zip(KEYS, key)),
            "tried": count.total(),
            **{outcome: count[outcome] for outcome in OUTCOMES},
        }
        for key, count in sorted(counts.items())
    ]


def state(folder: Path) -> dict[str, str]:
    """A digest of each regular file below a folder, by its path there; temporary files and caches left out."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and ".asv" not in path.parts
    }


def lost(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The files that were there before and are gone, or hold something else."""
    return [name for name, digest in before.items() if after.get(name) != digest]


def of_command(code: int, stdout: str, stderr: str) -> tuple[str, str]:
    """How a refused command ended, by its exit code and what it said: the outcome, and its last line."""
    lines = stderr.strip().splitlines()
    last = lines[-1] if lines else ""
    if "Traceback (most recent call last)" in stdout + stderr:
        return TRACEBACK, last
    if code == 0:
        return WRONG, (stdout.strip().splitlines() or [""])[-1]
    return (CLEAR if last or stdout.strip() else UNCLEAR), last
