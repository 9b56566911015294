"""Projects with the results that are committed."""

import functools
import shutil
from pathlib import Path

import pytest

from tests import REPOSITORY
from tests.conftest import read_once
from tomobench.desk.advise.evidence import evidence
from tomobench.desk.judge import project as judged
from tomobench.desk.results import answers

#: As tests.conftest.read_once.
examined_once = functools.cache(judged.load)


@pytest.fixture(scope="session")
def committed_folder(tmp_path_factory) -> Path:
    """A folder with the committed results. Tests must not change it."""
    return _copy(tmp_path_factory.mktemp("committed") / "project")


@pytest.fixture(scope="session")
def committed(committed_folder) -> evidence.Evidence:
    """The evidence of machine ``reference``, as the tests with ``project`` read it."""
    return read_once(committed_folder, "reference")


@pytest.fixture
def project(committed_folder, kept_answers, tmp_path, monkeypatch) -> Path:
    """The folder with the committed results, in which the test then works without changing it."""
    monkeypatch.setattr(evidence, "load", read_once)
    monkeypatch.setattr(judged, "load", examined_once)
    folder = _work_in(committed_folder, tmp_path, monkeypatch)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / answers.FOLDER).symlink_to(kept_answers)
    return folder


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
