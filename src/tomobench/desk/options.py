"""Options that several commands have."""

import re

from tomobench.desk.errors import UserError


def expression(context, parameter, value: str | None) -> str | None:
    """A click callback: the text of a regular expression. Raises UserError for one that is none."""
    try:
        re.compile(value or "")
    except re.error as error:
        raise UserError(f"{value!r} is no regular expression: {error}") from None
    return value
