"""Whether a release fits a Python and its line's locked packages."""

import re
from pathlib import Path

import pytest

from tests.unit.releases.making import release, wheel
from tomobench.desk.errors import UserError
from tomobench.desk.releases.checks import check_python, check_requirements
from tomobench.desk.releases.history import History
from tomobench.desk.releases.lock import find_root, load_lock

PINS = {"numcodecs": "0.16.6", "numpy": "2.2.6", "crc32c": "2.8", "typing-extensions": "4.15.0"}


def unmet(*requirements, python="3.13"):
    return check_requirements(wheel("3.4.2", requires_dist=requirements), PINS, python)


@pytest.mark.parametrize("python", ["3.12", "3.13", "3.13.5", "3.14.0rc1"])
def test_a_python_that_is_new_enough(python):
    check_python(release("3.4.2", "3.4.2", requires_python=">=3.12"), python)
    check_python(release("3.4.2", "3.4.2", requires_python=None), python)


def test_a_python_that_is_too_old():
    with pytest.raises(UserError, match=r"zarr 3\.4\.2 needs Python >=3\.12, and this is 3\.11\.4"):
        check_python(release("3.4.2", "3.4.2", requires_python=">=3.12"), "3.11.4")


def test_the_running_python_is_the_default():
    with pytest.raises(UserError, match="needs Python"):
        check_python(release("3.4.2", "3.4.2", requires_python=">=99"))


@pytest.mark.parametrize(
    "requirement",
    [
        "numpy>=1.25",
        "NumPy",
        "typing_extensions>=4.9",
        "numcodecs[crc32c]>=0.14,!=0.17.0",
        "rich; extra == 'cli'",
        "tomli; python_version < '3.11'",
        "x; python_full_version < '3.12.1'",
    ],
)
def test_requirements_that_are_met(requirement):
    assert unmet(requirement) == []


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        ("numcodecs<0.16,>=0.14", "0.16.6 is locked"),
        ("msgspec>=0.18", "msgspec is not locked"),
        ("numcodecs[msgpack]", "msgpack is not locked"),
        ("tomli; python_version >= '3.13'", "tomli is not locked"),
        ("x; python_full_version >= '3.13.0'", "x is not locked"),
    ],
)
def test_requirements_that_are_not_met(requirement, words):
    problems = unmet(requirement, "numpy")
    assert len(problems) == 1
    assert words in problems[0]


def test_every_release_on_main_fits_its_lines_lock():
    root = find_root(Path(__file__).parent)
    for one in History(load_lock(root)).branch("main"):
        text = (root / "requirements" / f"line-{one.line}.txt").read_text()
        pins = dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE))
        assert check_requirements(one, pins, "3.13") == [], one.version
        check_python(one, "3.13")
