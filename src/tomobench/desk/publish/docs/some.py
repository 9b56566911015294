"""What every query of a document goes by: the volume that is meant, and that nothing found is an error."""

from tomobench.desk.errors import UserError

SMALL = "phantom-128"
"""The volume that is meant where none is named."""


def some[Found](found: Found | None, reason: str) -> Found:
    """What was found. Raises UserError, with the reason, where that is nothing."""
    if found is None or found == []:
        raise UserError(reason)
    return found
