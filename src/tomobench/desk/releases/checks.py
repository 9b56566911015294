"""Whether a release can be installed: on this Python, beside the packages its line has locked."""

import platform
import re
from collections.abc import Mapping
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from tomobench.desk.errors import UserError
from tomobench.desk.releases.release import Release, Wheel


def check_python(release: Release, python: str | None = None) -> None:
    """Raise UserError if a release does not accept a Python version (default: the running one)."""
    python = python or platform.python_version()
    if release.requires_python is None:
        return
    if not SpecifierSet(release.requires_python).contains(python, prereleases=True):
        raise UserError(
            f"zarr {release.version} needs Python {release.requires_python}, "
            f"and this is {python}: leave the release out, or use another Python"
        )


def locked(lock: Path, python: str) -> dict[str, str]:
    """The version of each package in a hash-pinned requirements file that applies to a Python of that version."""
    found, environment = {}, _environment(python)
    for line in lock.read_text(encoding="utf-8").splitlines():
        if pin := re.match(r"[a-z0-9][^\s\\]*==[^\\]*", line):
            requirement = Requirement(pin[0].strip())
            if requirement.marker is None or requirement.marker.evaluate(environment):
                found[requirement.name] = next(iter(requirement.specifier)).version
    return found


def check_requirements(release: Wheel, pins: Mapping[str, str], python: str) -> list[str]:
    """Return a line for each requirement of a release that its line's locked packages do not meet.

    ``pins`` maps the name of a package to its locked version; ``python`` is the version it is to be
    installed on. Requirements that only an extra of zarr's own asks for do not count. Lock files do
    not name the extras of what they lock, only the packages an extra drew in: ``numcodecs[crc32c]``
    is met by numcodecs and the package crc32c.
    """
    locked = {canonicalize_name(name): version for name, version in pins.items()}
    environment = _environment(python)
    problems = []
    for text in release.requires_dist:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            problems.extend(_unmet(requirement, locked))
    return problems


def require_locked(release: Wheel, lock: Path, python: str) -> None:
    """Raise UserError if a release asks for what its line's lock does not have for a Python of that version."""
    if unmet := check_requirements(release, locked(lock, python), python):
        raise UserError(
            f"zarr {release.version} asks for what {lock.name} does not have: {'; '.join(unmet)} "
            "(change the line's .in file, then: make lock)"
        )


def check_readable(requirements: list[str]) -> None:
    """Raise UserError, without the wheel's name, if a requirement is not in PEP 508's form."""
    for text in requirements:
        try:
            Requirement(text)
        except InvalidRequirement:
            raise UserError(f"it has a requirement that can't be read: {text!r}") from None


def _environment(python: str) -> dict[str, str]:
    major, minor, micro = (*Version(python).release, 0, 0)[:3]
    full = python if Version(python).is_prerelease else f"{major}.{minor}.{micro}"
    version = {"python_version": f"{major}.{minor}", "python_full_version": full}
    of_this_python = {key: str(value) for key, value in default_environment().items()}
    return {**of_this_python, **version, "extra": ""}


def _unmet(requirement: Requirement, locked: dict[NormalizedName, str]) -> list[str]:
    wanted = f"{requirement.name}{requirement.specifier}"
    version = locked.get(canonicalize_name(requirement.name))
    if version is None:
        return [f"{wanted}: {requirement.name} is not locked"]
    if not requirement.specifier.contains(version, prereleases=True):
        return [f"{wanted}: {version} is locked"]
    return [
        f"{requirement.name}[{extra}]: {extra} is not locked"
        for extra in sorted(requirement.extras)
        if canonicalize_name(extra) not in locked
    ]
