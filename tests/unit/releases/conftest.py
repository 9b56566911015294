"""A repository to work in, an index to ask, and the command."""

import os

import pytest
from click.testing import CliRunner

from tests.unit.releases.making import Server, wheel
from tomobench.desk.errors import UserError
from tomobench.desk.releases.cli import releases
from tomobench.desk.releases.hashes import give
from tomobench.desk.releases.lock import save_lock


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository with a small lock, as the current folder."""
    root = tmp_path / "clone"
    root.mkdir()
    (root / "asv.conf.json").write_text("{}")
    wheels = [
        wheel("2.18.7", 0),
        wheel("3.0.1", 1, yanked="loses data"),
        wheel("3.0.10", 2),
        wheel("3.2.0rc1", 3),
        wheel("3.4.2", 4),
    ]
    save_lock(root, give(wheels))
    monkeypatch.chdir(root)
    return root


@pytest.fixture(scope="session")
def server():
    """One for all tests: pip is asked about each address anew, and takes half a second."""
    with Server() as started:
        yield started


@pytest.fixture
def index(tmp_path, monkeypatch, server):
    """A running index that pip is set up with, and nothing else of this machine's set-up."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_TIMEOUT", "5")
    index = server.serve(tmp_path / "index")
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    return index


@pytest.fixture
def run():
    """Run ``tomobench releases …`` and return what it prints."""

    def run(*words):
        return (
            CliRunner()
            .invoke(releases, [str(word) for word in words], catch_exceptions=False)
            .output
        )

    return run


@pytest.fixture
def fails(run):
    """Run ``tomobench releases …``, which must fail with one line; return the line."""

    def fails(*words):
        with pytest.raises(UserError) as caught:
            run(*words)
        message = str(caught.value)
        assert message and "\n" not in message
        return message

    return fails
