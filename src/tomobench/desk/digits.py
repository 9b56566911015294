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


def plain(value: float, figures: int) -> str:
    """A number in so many digits, and never with an exponent: 1.234, 18,311."""
    return f"{value:,.{figures}g}" if value < 10**figures - 0.5 else f"{value:,.0f}"


def size(nbytes: float, figures: int = 4) -> str:
    """Bytes in MiB, from 10,000 MiB on in GiB: 278.6 MiB, 17.88 GiB."""
    mebibytes = nbytes / 2**20
    if mebibytes < 10_000 - 0.5:
        return f"{plain(mebibytes, figures)} MiB"
    return f"{plain(nbytes / 2**30, figures)} GiB"
