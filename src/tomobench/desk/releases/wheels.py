"""Wheels of one's own: an unreleased zarr, a pull request's build, put on its line's history."""

import contextlib
import hashlib
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from packaging.metadata import RawMetadata
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.releases import metadata
from tomobench.desk.releases.checks import check_readable
from tomobench.desk.releases.hashes import give
from tomobench.desk.releases.history import History, NoSuchRelease, branches_of
from tomobench.desk.releases.lock import (
    PACKAGE,
    load_lock,
    load_own,
    own_file,
    save_copy,
    save_own,
)
from tomobench.desk.releases.release import Release, Wheel, line_of


def add(root: Path, path: Path) -> tuple[Release, bool]:
    """Copy a wheel into ``.tomobench`` and put it on its line's history, as of now.

    Returns the release and whether it is new: the same wheel twice, or the wheel of a release that
    is on a branch anyway, changes nothing. The wheel of a yanked release or of a pre-release joins
    the branch under the hash it has. Raises UserError, and changes nothing, if the file is not a
    readable wheel of zarr 2.18 or newer that can be installed here.
    """
    wheel, content = examine(path)
    own, locked = load_own(root), load_lock(root)
    for release in (*own, *locked):
        if release.sha256 == wheel.sha256 and branches_of(release):
            return release, False
    release = _named(wheel, [*own, *locked])
    save_copy(root, release, content)
    save_own(root, [*own, release])
    return release, True


def examine(path: Path) -> tuple[Wheel, bytes]:
    """A wheel and its bytes. Raises UserError as :func:`add`."""
    content = _content(path)
    try:
        return _examined(path.name, content), content
    except UserError as error:
        raise UserError(f"{path.name} cannot be added: {error}") from None


def remove(root: Path, name: str) -> Release:
    """Take a wheel of one's own off the history, by hash or version, and delete its copy.

    Returns what was removed; results filed under its hash are left alone. Raises NoSuchRelease,
    AmbiguousRelease, and UserError for a release of the index.
    """
    own = History(load_own(root))
    try:
        release = own.find(name)
    except NoSuchRelease:
        known = History(load_lock(root)).find(name)
        raise UserError(
            f"zarr {known.version} is a release of the package index, not a wheel of "
            "your own: only what was added can be removed"
        ) from None
    save_own(root, [one for one in own.releases if one != release])
    copy = own_file(root, release)
    copy.unlink(missing_ok=True)
    # Gone already, or somebody keeps something else there: neither keeps the release in the history.
    with contextlib.suppress(OSError):
        copy.parent.rmdir()
    return release


def _content(path: Path) -> bytes:
    try:
        return files.regular(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None


def _examined(name: str, content: bytes) -> Wheel:
    version = _version_in_name(name)
    line_of(version)
    fields = metadata.read(io.BytesIO(content))
    _check_metadata(fields, version)
    return Wheel(
        version=version,
        uploaded=datetime.now(UTC),
        wheel=name,
        sha256=hashlib.sha256(content).hexdigest(),
        requires_python=fields.get("requires_python"),
        requires_dist=tuple(fields.get("requires_dist", ())),
    )


def _version_in_name(name: str) -> str:
    try:
        project, version, _, tags = parse_wheel_filename(name)
    except InvalidWheelFilename:
        raise UserError("its name is not that of a wheel (zarr-VERSION-py3-none-any.whl)") from None
    if project != PACKAGE:
        raise UserError(f"it is a wheel of {project}, not of {PACKAGE}")
    if tags.isdisjoint(sys_tags()):
        raise UserError("it was built for another Python or another system than this one")
    return str(version)


def _check_metadata(fields: RawMetadata, version: str) -> None:
    project, stated = fields.get("name", ""), fields.get("version", "")
    if canonicalize_name(project) != PACKAGE:
        raise UserError(f"its METADATA is that of {project or 'no project'}, not of {PACKAGE}")
    try:
        if Version(stated) != Version(version):
            raise UserError(f"its METADATA says version {stated}, its name says {version}")
        SpecifierSet(fields.get("requires_python") or "")
    except (InvalidVersion, InvalidSpecifier) as error:
        raise UserError(f"its METADATA cannot be read: {error}") from None
    check_readable(fields.get("requires_dist", []))


def _named(wheel: Wheel, releases: list[Release]) -> Release:
    # A pre-release of the index is known already, and may have results: it keeps its hash.
    known = next((one.hash for one in releases if one.sha256 == wheel.sha256), None)
    placed = replace(wheel, path=wheel.wheel)
    if known is None:
        known = give([placed], taken=[one.hash for one in releases])[0].hash
    return Release(**{**vars(wheel), "path": f"wheels/{known}/{wheel.wheel}"}, hash=known)
