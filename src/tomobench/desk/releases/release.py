"""One release: a version of zarr, the wheel that holds it, and what asv calls it."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from tomobench.desk import names
from tomobench.desk.errors import UserError

LINES = ("2.18", "3")
"""The families of releases that need different dependencies, older first (design, section 1)."""

OLDEST = (2, 18)
"""The first release that is measured (design, section 1)."""


def line_of(version: str) -> str:
    """Return the line of a version: '2.18' below 3, '3' from there on.

    A zarr 4 joins line 3: a line is a set of dependencies, and until somebody finds that 4 needs
    another set (and gives it a line here and a section in asv.conf.json), 3's is the best guess.

    Raises UserError for what is no version, and for versions before 2.18.
    """
    try:
        release = Version(version).release
    except InvalidVersion:
        raise UserError(f"{version!r} is not a version number") from None
    if release < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise UserError(f"zarr {version} is too old: tomobench measures {oldest} and newer")
    return LINES[0] if release[0] == OLDEST[0] else LINES[1]


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A wheel of zarr, as an index lists it or a user brings it.

    ``version`` is in PEP 440's normal form. ``uploaded`` is aware and in UTC: when the index got
    the wheel or, for a wheel of one's own, when it was added. ``sha256`` is 64 hexadecimal digits.
    ``requires_python`` and ``requires_dist`` stand in the wheel's metadata (None: any Python).
    ``yanked`` is the reason, or None. ``path`` is None for an index's wheel; for a wheel of one's
    own it is where the copy lies, relative to the folder ``.tomobench``.
    """

    version: str
    uploaded: datetime
    wheel: str
    sha256: str
    requires_python: str | None = None
    requires_dist: tuple[str, ...] = ()
    yanked: str | None = None
    path: str | None = None

    @property
    def line(self) -> str:
        """'2.18' or '3' (see :func:`line_of`)."""
        return line_of(self.version)

    @property
    def prerelease(self) -> bool:
        """Whether the version is an alpha, beta, candidate or development one."""
        return Version(self.version).is_prerelease

    @property
    def own(self) -> bool:
        """Whether a user added it on this machine."""
        return self.path is not None

    @property
    def final(self) -> bool:
        """Whether the index offers it to everybody: neither pre-release, yanked nor one's own."""
        return not (self.own or self.prerelease or self.yanked is not None)


@dataclass(frozen=True, kw_only=True)
class Release(Wheel):
    """A wheel, and what asv calls it: ``hash``, at most eight characters (see hashes.py)."""

    hash: str


@cache
def checked(release: Release) -> Release:
    """The release, if each field is of its form: all of them reach pip, or a path. Kept, as one
    command may read the history several times.

    Raises ValueError (InvalidVersion, InvalidSpecifier and InvalidRequirement are such) and UserError.
    """
    if not re.fullmatch("[0-9a-f]{64}", release.sha256):
        raise ValueError(f"sha256 {release.sha256!r} is not 64 hexadecimal digits")
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z.+]{0,7}", release.hash):
        raise ValueError(f"hash {release.hash!r} is not one to eight letters, digits and dots")
    names.checked(release.wheel, "a wheel's name")
    try:
        parse_wheel_filename(release.wheel)
    except InvalidWheelFilename as error:
        raise ValueError(str(error)) from None
    for part in (release.wheel if release.path is None else release.path).split("/"):
        names.checked(part, "a part of a wheel's path")
    for text in (release.requires_python or "", *release.requires_dist):
        if not text.isprintable():
            raise ValueError(f"{text!r} is not one line")
    for text in release.requires_dist:
        _requirement(text)
    SpecifierSet(release.requires_python or "")
    if not isinstance(release.yanked, str | None):
        raise ValueError(f"yanked is no text: {release.yanked!r}")
    return release


@cache
def _requirement(text: str) -> Requirement:
    """Kept: releases require much the same, and a line takes a tenth of a millisecond to parse."""
    return Requirement(text)
