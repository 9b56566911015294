"""A release under test, for suites that are called here without one."""

import pytest

from tomobench.bench import release


@pytest.fixture
def told(tmp_path, monkeypatch):
    """This process is told of a release of line 3 that is nowhere, and has a cache of the test's own."""
    for name, value in zip(release.VARIABLES, ("9.9", "3", "0" * 64, "x"), strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path))
