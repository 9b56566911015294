"""Projects with the results that are committed."""

import functools
import shutil
from pathlib import Path

import pytest

from tests import REPOSITORY
from tests.conftest import read_once
from tomobench.desk.advise.evidence import evidence
from tomobench.desk.judge import project as judged

#: As tests.conftest.read_once.
examined_once = functools.cache(judged.load)


@pytest.fixture(scope="session")
def committed_folder(tmp_path_factory) -> Path:
    """A folder with the committed results. Tests must not change it."""
    return _copy(tmp_path_factory.mktemp("committed") / "project")


@pytest.fixture
def project(committed_folder, tmp_path, monkeypatch) -> Path:
    """The folder with the committed results, in which the test then works without changing it."""
    monkeypatch.setattr(evidence, "load", read_once)
    monkeypatch.setattr(judged, "load", examined_once)
    return _work_in(committed_folder, tmp_path, monkeypatch)


@pytest.fixture
def own_project(tmp_path, monkeypatch) -> Path:
    """A folder of the test's own with the committed results, in which it then works."""
    return _work_in(_copy(tmp_path / "project"), tmp_path, monkeypatch)


def _copy(folder: Path) -> Path:
    folder.mkdir()
    for name in ("asv.conf.json", "releases.lock.json"):
        shutil.copy(REPOSITORY / name, folder)
    ours = shutil.ignore_patterns("local-*")
    shutil.copytree(REPOSITORY / "results", folder / "results", ignore=ours)
    return folder


def _work_in(folder: Path, tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TOMOBENCH_PRICES", raising=False)
    monkeypatch.delenv("TOMOBENCH_MACHINE", raising=False)
    return folder
