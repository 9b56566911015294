"""A made project, and the command run in it as a user runs it."""

from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from tomobench.desk.cli import tomobench
from tomobench.desk.errors import UserError

from .made_history import MadeHistory


@dataclass
class Done:
    """What a command printed, on stdout and as its last word on stderr, and how it ended."""

    code: int
    printed: str
    error: str


@pytest.fixture
def made(tmp_path, monkeypatch) -> MadeHistory:
    """A project without results, in which the test then works."""
    monkeypatch.chdir(tmp_path)
    return MadeHistory(tmp_path)


@pytest.fixture
def run():
    """Run ``tomobench`` with words; a UserError is its one line and exit code 1, as in ``main``."""

    def invoke(*words) -> Done:
        result = CliRunner().invoke(tomobench, [str(word) for word in words])
        if isinstance(result.exception, UserError):
            assert "\n" not in str(result.exception)
            return Done(1, result.stdout, str(result.exception))
        assert result.exception is None or isinstance(result.exception, SystemExit), (
            result.exception
        )
        return Done(result.exit_code, result.stdout, result.stderr)

    return invoke
