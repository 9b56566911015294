"""A cache of each test's own."""

import pytest
from click.testing import CliRunner
from hypothesis import settings

from tomobench.desk.cli import tomobench
from tomobench.desk.errors import UserError

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("volumes", deadline=None)
settings.load_profile("volumes")


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    """The cache of this test: empty, and away from the user's."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("TOMOBENCH_CACHE", str(folder))
    return folder


@pytest.fixture
def command():
    """Run ``tomobench volume ...`` in this process; its standard output. Errors come through."""

    def run(*words) -> str:
        result = CliRunner().invoke(tomobench, ["volume", *map(str, words)])
        if result.exception:
            raise result.exception
        return result.stdout

    return run


@pytest.fixture
def refused():
    """Check that a call ends in one clear line, and return it."""

    def call(function, *arguments, **options) -> str:
        with pytest.raises(UserError) as caught:
            function(*arguments, **options)
        line = str(caught.value)
        assert line and "\n" not in line
        return line

    return call
