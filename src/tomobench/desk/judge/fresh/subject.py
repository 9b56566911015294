"""What the verdict is on, and what it is compared with: wheels, or releases of the history."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import Version

from tomobench.desk.errors import UserError
from tomobench.desk.releases import building, lock, repack, wheels
from tomobench.desk.releases.clone import version_of
from tomobench.desk.releases.history import History
from tomobench.desk.releases.release import LINES, Wheel

PINNABLE = ("numcodecs", "numpy", "fsspec", "s3fs")
"""The packages that --with takes: those whose versions the verdict shows."""


@dataclass(frozen=True)
class GivenWheel:
    """One of the two. ``path``: the wheel's file; None for a release of the package index."""

    wheel: Wheel
    path: Path | None


def find(root: Path, history: History, asked: str, scratch: Path) -> GivenWheel:
    """What ``asked`` names: a wheel's file, a folder to build (into ``scratch``), or a release.

    A clone is built under the version of its commit: that of the nearest tag of zarr's, whatever its build would say.

    Raises UserError for what is none of them, a wheel that can't be used, and a build that fails.
    """
    place = Path(asked)
    if place.is_dir():
        place = building.build(place, scratch, version_of(place))
    if place.is_file() or asked.endswith(".whl"):
        wheel, _ = wheels.examine(place)
        return GivenWheel(wheel, place.resolve())
    release = history.find(asked)
    return GivenWheel(release, lock.wheel_file(root, release))


def with_pin(subject: GivenWheel, pin: str, scratch: Path) -> GivenWheel:
    """The same zarr in a wheel that brings another version of a package along: ``pin``, as numcodecs==0.16.3.

    Raises UserError for what is no such pin, and a version that pip can't download for this Python.
    """
    name, version = repack.pinned(pin, PINNABLE)
    base = subject.path or repack.download(subject.wheel, scratch)
    made = repack.with_package(base, subject.wheel.version, name, version, scratch)
    return GivenWheel(wheels.examine(made)[0], made)


def before(history: History, subject: GivenWheel) -> GivenWheel:
    """The newest final release that is not above the subject and not the same wheel.

    A rebuilt 3.4.2 is compared with the published one. Raises UserError where there is none.
    """
    found = [
        one
        for one in history.releases
        if one.final and one.sha256 != subject.wheel.sha256 and _key(one) <= _key(subject.wheel)
    ]
    if not found:
        raise UserError(
            f"no final release comes before zarr {subject.wheel.version}: name one with --against"
        )
    return GivenWheel(found[-1], None)


def _key(wheel: Wheel) -> tuple[Any, ...]:
    return LINES.index(wheel.line), Version(wheel.version)
