"""The two files that hold the history: the committed lock, and this machine's own wheels on top.

    releases.lock.json              what the package index has published; committed
    .tomobench/releases.json        wheels of one's own; not in git
    .tomobench/wheels/<hash>/…      their copies

Both files have one form: a schema number, the package's name, and the releases, oldest first.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packaging.version import Version

from tomobench.bench.cache import whole_file
from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.releases.history import (
    AmbiguousRelease,
    ConflictingHashes,
    History,
    NoSuchRelease,
    order,
)
from tomobench.desk.releases.release import Release, Wheel, checked, line_of

__all__ = [
    "AmbiguousRelease",
    "ConflictingHashes",
    "History",
    "NoSuchRelease",
    "Release",
    "Wheel",
    "find_root",
    "line_of",
    "load",
    "load_lock",
    "load_own",
    "own_file",
    "save_copy",
    "save_lock",
    "save_own",
    "to_json",
    "wheel_file",
]

PACKAGE = "zarr"
SCHEMA = 1
LOCK = "releases.lock.json"
LOCAL = ".tomobench"
OWN = "releases.json"


def find_root(start: Path | None = None) -> Path:
    """Return the repository that holds ``start`` (default: the current folder).

    Raises UserError when no folder from there upwards has an asv.conf.json.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "asv.conf.json").is_file():
            return folder
    raise UserError(
        f"{start} is not inside a tomobench repository (no asv.conf.json in it or "
        "above): change to your clone first"
    )


def load(root: Path) -> History:
    """Return the history: the lock's releases and the wheels of one's own.

    A wheel that is in both, under one hash, counts as one's own: it was added in order to stand on
    a branch. Raises UserError if the lock is missing, if either file is unreadable, damaged or of
    another schema, and ConflictingHashes if an own wheel's hash cannot be told from a release's.
    """
    own = load_own(root)
    claimed = {(one.hash, one.sha256) for one in own}
    locked = [one for one in load_lock(root) if (one.hash, one.sha256) not in claimed]
    try:
        return History([*locked, *own])
    except ConflictingHashes as error:
        raise ConflictingHashes(
            f"{error}: remove the wheel of your own among them and add it "
            "again (tomobench releases remove, tomobench releases add)"
        ) from None


def load_lock(root: Path) -> list[Release]:
    """Return the lock's releases. Raises UserError if it is missing or not readable as a lock."""
    path = root / LOCK
    if not files.there(path):
        raise UserError(
            f"{LOCK} is missing: restore it from git, or make it with tomobench releases update"
        )
    releases = _read(path, f"{LOCK} cannot be used", "restore it from git")
    if own := [one for one in releases if one.own]:
        raise UserError(f"{LOCK} cannot be used ({own[0].hash} has a path): restore it from git")
    return releases


def load_own(root: Path) -> list[Release]:
    """Return the wheels of one's own, if there are any. Raises UserError for a damaged list."""
    path = root / LOCAL / OWN
    if not files.there(path):
        return []
    return _read(
        path,
        f"{LOCAL}/{OWN} cannot be used",
        "delete it, then add your wheels again with tomobench releases add",
    )


def save_lock(root: Path, releases: Iterable[Release]) -> None:
    """Rewrite the lock, whole or not at all. Raises UserError if that fails."""
    _write(root / LOCK, releases)


def save_own(root: Path, releases: Iterable[Release]) -> None:
    """Rewrite the list of own wheels, whole or not at all. Raises UserError if that fails."""
    _write(root / LOCAL / OWN, releases)


def own_file(root: Path, release: Release) -> Path:
    """Return where the copy of an own wheel lies, or would lie."""
    assert release.path is not None  # as every own wheel has
    return root / LOCAL / release.path


def save_copy(root: Path, release: Release, content: bytes) -> None:
    """Write the copy of an own wheel, whole or not at all. Raises UserError if that fails."""
    _store(own_file(root, release), content)


def wheel_file(root: Path, release: Release) -> Path | None:
    """Return the file to install an own wheel from, None for a release of the index.

    Raises UserError if the copy has gone, or is no longer what was added.
    """
    if release.path is None:
        return None
    path = own_file(root, release)
    problem = "" if path.is_file() else "gone"
    if not problem and hashlib.sha256(path.read_bytes()).hexdigest() != release.sha256:
        problem = "no longer what was added"
    if problem:
        raise UserError(
            f"the copy of {release.wheel} in {LOCAL} is {problem}: "
            f"tomobench releases remove {release.hash}, then add the wheel again"
        )
    return path


def to_json(release: Release) -> dict[str, Any]:
    """Return a release as the files hold it."""
    return {
        "version": release.version,
        "hash": release.hash,
        "line": release.line,
        "uploaded": release.uploaded.isoformat(),
        "wheel": release.wheel,
        "sha256": release.sha256,
        "requires_python": release.requires_python,
        "requires_dist": list(release.requires_dist),
        "yanked": release.yanked,
        "prerelease": release.prerelease,
        "path": release.path,
    }


def _from_json(entry: dict[str, Any]) -> Release:
    release = Release(
        version=str(Version(entry["version"])),
        hash=entry["hash"],
        uploaded=datetime.fromisoformat(entry["uploaded"]).astimezone(UTC),
        wheel=entry["wheel"],
        sha256=entry["sha256"],
        requires_python=entry["requires_python"],
        requires_dist=tuple(entry["requires_dist"]),
        yanked=entry["yanked"],
        path=entry["path"],
    )
    # Line and pre-release follow from the version, and times are in UTC: an entry that says
    # otherwise was edited by hand, and its reader would be misled.
    if to_json(release) != entry:
        raise ValueError(f"the entry of {entry['version']} contradicts itself")
    return checked(release)


def _read(path: Path, problem: str, remedy: str) -> list[Release]:
    try:
        content = files.parsed(path)
        schema, package = content["schema"], content["package"]
        if schema != SCHEMA:
            raise UserError(f"it has schema {schema!r} and this tomobench reads {SCHEMA}")
        if package != PACKAGE:
            raise UserError(f"it is about {package!r}, not {PACKAGE}")
        return list(History(map(_from_json, content["releases"])).releases)
    except UserError as error:
        detail = f"{error}"
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        detail = f"{type(error).__name__}: {error}".splitlines()[0]
    raise UserError(f"{problem} ({detail}): {remedy}")


def _write(path: Path, releases: Iterable[Release]) -> None:
    try:
        ordered = [to_json(checked(release)) for release in sorted(releases, key=order)]
    except ValueError as error:
        raise UserError(f"{path.name} is left as it was: {error}") from None
    content = {"schema": SCHEMA, "package": PACKAGE, "releases": ordered}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    _store(path, text.encode())


def _store(path: Path, content: bytes) -> None:
    try:
        with whole_file(path) as file:
            file.write(content)
    except OSError as error:
        raise UserError(f"{path.name} cannot be written: {error.strerror}") from None
