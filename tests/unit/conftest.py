"""A project with the results that are committed."""

import shutil
from pathlib import Path

import pytest

from tests import REPOSITORY
from tomobench.desk.advise.evidence import evidence


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
