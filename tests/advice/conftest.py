"""A project with the results that are committed, and the command run in it as a user runs it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from tomobench.desk.advice import evidence
from tomobench.desk.cli import tomobench
from tomobench.desk.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Done:
    """What a command printed, its one line of error, and how it ended."""

    code: int
    printed: str
    error: str = ""


@pytest.fixture(scope="session")
def committed() -> evidence.Evidence:
    """The evidence of machine ``reference`` in this repository."""
    return evidence.load(REPOSITORY, "reference")


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A folder with the committed results, in which the test then works."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("asv.conf.json", "releases.lock.json"):
        shutil.copy(REPOSITORY / name, folder)
    ours = shutil.ignore_patterns("local-*")
    shutil.copytree(REPOSITORY / "results", folder / "results", ignore=ours)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TOMOBENCH_PRICES", raising=False)
    monkeypatch.delenv("TOMOBENCH_MACHINE", raising=False)
    return folder


@pytest.fixture
def run():
    """Run ``tomobench`` with words; a UserError is its one line and exit code 1, as in ``main``."""

    def invoke(*words) -> Done:
        result = CliRunner().invoke(tomobench, [str(word) for word in words])
        if isinstance(result.exception, UserError):
            assert "\n" not in str(result.exception)
            return Done(1, result.stdout, str(result.exception))
        assert isinstance(result.exception, SystemExit | None), result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    return invoke
