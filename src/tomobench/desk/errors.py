"""The one kind of error that a person is meant to read."""


class UserError(Exception):
    """Something the user can put right. The message is one line: what was wrong, and what to do."""
