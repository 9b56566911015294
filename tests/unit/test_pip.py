"""How pip is run: the user's way to the packages counts, and no setting of what is installed."""

import sys

import pytest

from tomobench.desk import pip


def test_the_way_to_the_packages_stays_and_all_else_goes(monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    for name in ("PIP_TARGET", "VIRTUALENV_SYSTEM_SITE_PACKAGES", "PYTHONPATH"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PIP_USER", "true")
    found = pip.environment()
    assert found["PIP_INDEX_URL"] == "https://index.example/simple" and "PATH" in found
    assert not found.keys() & {"PIP_TARGET", "VIRTUALENV_SYSTEM_SITE_PACKAGES", "PYTHONPATH"}
    assert found["PIP_USER"] == "false"


def test_a_package_is_there_in_the_version_that_is_named(tmp_path):
    about = tmp_path / "Some_package-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: Some_package\nVersion: 1.0\n")
    assert pip.lacking(tmp_path, {"some-package": "1.0.0"}) == []
    assert pip.lacking(tmp_path, {"some-package": "1.1", "other": "2"}) == [
        "some-package 1.1",
        "other 2",
    ]


def test_a_python_that_does_not_start_is_one_line(refused):
    assert pip.version_of(sys.executable).startswith("3.")
    assert "/no/python does not start" in refused(pip.version_of, "/no/python")


@pytest.mark.parametrize("name", ["PIP_DRY_RUN", "PIP_USER"])
def test_a_file_of_settings_may_not_say_so(name):
    assert pip.environment()[name] == "false"
