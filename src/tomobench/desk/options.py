"""Options that several commands have."""

import re
from collections.abc import Iterable
from pathlib import Path

from tomobench.desk.errors import UserError


def expression(context, parameter, value: str | None) -> str | None:
    """A click callback: the text of a regular expression. Raises UserError for one that is none."""
    try:
        re.compile(value or "")
    except re.error as error:
        raise UserError(f"{value!r} is no regular expression: {error}") from None
    return value


def cells(context, parameter, path: Path | None) -> list[str]:
    """A click callback: the cells that a file lists, one a line; none without a file. Raises UserError."""
    if path is None:
        return []
    try:
        lines = [
            line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()
        ]
    except (OSError, ValueError) as error:
        raise UserError(f"{path} can't be read: {error}") from None
    if not any(lines):
        raise UserError(
            f"{path} lists no cells: one a line, as in read.Chunks.time_whole(64×64×64, 2)"
        )
    return list(filter(None, lines))


def pattern(cells: Iterable[str]) -> str:
    """The regular expression that finds these cells and no others, as asv's --bench takes it."""
    return f"^({'|'.join(map(re.escape, cells))})$"
