"""A made project."""

import pytest

from tests.made.history import MadeHistory


@pytest.fixture
def made(tmp_path, monkeypatch) -> MadeHistory:
    """A project without results, in which the test then works."""
    monkeypatch.chdir(tmp_path)
    return MadeHistory(tmp_path)
