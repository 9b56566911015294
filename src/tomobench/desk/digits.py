"""Numbers as people write them. Python takes the digits of every script, underscores and words too; here 0 to 9 alone."""

import re

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)(?:[eE][+-]?[0-9]+)?")


def number(text: str) -> float | None:
    """The number that a text is, white space around it aside; None if it is none."""
    found = _NUMBER.fullmatch(text.strip())
    return float(found[0]) if found else None


def several(number: int, one: str, many: str | None = None) -> str:
    """So many of a thing, as people say it: 1 cell, 1,200 cells. ``many``: where it is not ``one`` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def positive(text: str) -> float | None:
    """The number above 0 that a text is, and no infinite one; None if it is none."""
    found = number(text)
    return found if found is not None and 0 < found < float("inf") else None
