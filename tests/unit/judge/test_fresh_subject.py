"""What a verdict is compared with, and whose counts may stand in for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests import REPOSITORY
from tomobench.desk.errors import UserError
from tomobench.desk.judge.fresh import environment, subject
from tomobench.desk.releases import lock, repack
from tomobench.desk.releases.release import Wheel

VERSIONS = {
    "Python": "3.13.0",
    "zarr": "3.4.2",
    "numcodecs": "0.16.6",
    "numpy": "2.2.6",
    "fsspec": "2026.9.0",
    "s3fs": "2026.9.0",
}


@pytest.fixture(scope="module")
def history():
    return lock.load(REPOSITORY)


def before(history, version: str, sha256: str = "0" * 64) -> str:
    """The version that a wheel of this version is compared with."""
    some = history.find("3.4.2")
    wheel = Wheel(version=version, uploaded=some.uploaded, wheel="zarr.whl", sha256=sha256)
    return subject.before(history, subject.GivenWheel(wheel, Path("zarr.whl"))).wheel.version


@pytest.mark.parametrize(
    ("version", "against"),
    [
        ("3.4.3.dev1", "3.4.2"),
        ("3.4.2+mine", "3.4.2"),
        ("3.4.2", "3.4.2"),
        ("3.4.1.post1", "3.4.1"),
        ("3.0.0", "2.18.7"),
        ("2.18.99", "2.18.7"),
    ],
)
def test_a_wheel_is_held_against_the_newest_release_that_is_not_above_it(history, version, against):
    assert before(history, version) == against


def test_a_release_is_held_against_the_one_before_it(history):
    for version, against in (("3.4.2", "3.4.1"), ("3.0.0", "2.18.7")):
        one = history.find(version)
        assert before(history, version, one.sha256) == against


def test_nothing_comes_before_the_first(history):
    with pytest.raises(UserError, match="name one with --against"):
        before(history, "2.18.0", history.find("2.18.0").sha256)


def test_committed_counts_stand_in_where_wheel_and_versions_are_equal(history):
    release = history.find("3.4.2")
    results = REPOSITORY / "results"
    assert environment.lender(results, release, VERSIONS) == "reference"
    for name in VERSIONS:
        assert environment.lender(results, release, {**VERSIONS, name: "0"}) is None
    assert environment.lender(results, replace(release, sha256="0" * 64), VERSIONS) is None


@pytest.mark.parametrize("pin", ["numcodecs", "numcodecs>=0.16", "zarr==3.4.2", "numcodecs==", ""])
def test_what_is_no_pin_is_refused(pin):
    with pytest.raises(UserError, match="is no pin: say NAME==VERSION"):
        repack.pinned(pin, subject.PINNABLE)


def test_a_pin_is_a_name_and_a_version():
    assert repack.pinned("numcodecs==0.16.3", subject.PINNABLE) == ("numcodecs", "0.16.3")
