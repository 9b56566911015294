"""Commits of zarr-python as releases: each built as a wheel, once, and kept in the cache.

upstream/<sha>/zarr-<version>-py3-none-any.whl     the wheel
upstream/<sha>/wheel.json                          its release, as in releases.lock.json
"""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packaging.utils import parse_wheel_filename
from packaging.version import Version

from tomobench.bench.cache import root, whole_copy, whole_folder
from tomobench.desk import locks
from tomobench.desk.errors import UserError
from tomobench.desk.releases import building, lock, repack, wheels
from tomobench.desk.releases.checks import check_python
from tomobench.desk.releases.clone import Clone
from tomobench.desk.releases.release import Release, Wheel, line_of

FOLDER, RECORD, TOOLS = "upstream", "wheel.json", "tools"


class Unbuildable(UserError):
    """A commit that no release can be made of: the reason, one line."""


class Commits:
    """The commits of a clone, as releases. ``hash`` is the sha, ``path`` is not used: see :meth:`wheel_file`."""

    def __init__(self, clone: Clone):
        self.clone = clone

    def release(self, sha: str) -> Release:
        """The release of a commit, built now unless it was before.

        Raises Unbuildable where it can't be built, is too old or wants another Python; MachineInTheWay as
        :func:`building.build`, and UserError where git, or another command, is in the way.
        """
        version = self.clone.version(sha)
        with _its_own_doing(sha):
            line_of(version)
        found = self._kept(sha, version) or self._built(sha, version)
        with _its_own_doing(sha):
            check_python(found)
        return found

    def wheel_file(self, release: Release) -> Path:
        """The wheel of a commit's release."""
        return _folder(release.hash) / release.wheel

    def _kept(self, sha: str, version: str) -> Release | None:
        """What was built before; None if nothing was, or under another version, as another clone's tags say."""
        try:
            record = json.loads((_folder(sha) / RECORD).read_text(encoding="utf-8"))
            found = _released(record, sha, self.clone.about(sha).date)
        except (OSError, ValueError, LookupError, TypeError):
            return None
        there = found.version == version and (_folder(sha) / found.wheel).is_file()
        return found if there else None

    def _built(self, sha: str, version: str) -> Release:
        with locks.held(
            root() / FOLDER / f".{sha}.lock", "another command that builds this commit"
        ):
            if found := self._kept(sha, version):
                return found
            with tempfile.TemporaryDirectory(prefix="tomobench-build-") as scratch:
                source, out = Path(scratch, "zarr-python"), Path(scratch, "out")
                for folder in (source, out):
                    folder.mkdir()
                self.clone.export(sha, source)
                with _its_own_doing(sha):
                    path = _named(
                        building.build(source, out, version, root() / FOLDER / TOOLS), version, out
                    )
                    wheel, _ = wheels.examine(path)
                with whole_folder(_folder(sha)) as folder:
                    whole_copy(path, folder / path.name)
                    (folder / RECORD).write_text(json.dumps(_record(wheel)), encoding="utf-8")
        return _released(_record(wheel), sha, self.clone.about(sha).date)


@contextlib.contextmanager
def _its_own_doing(sha: str) -> Iterator[None]:
    """Within the block an error is the commit's doing, but where the machine is in the way."""
    try:
        yield
    except building.MachineInTheWay:
        raise
    except UserError as error:
        raise Unbuildable(f"{sha[:9]}: {error}") from None


def _folder(sha: str) -> Path:
    return root() / FOLDER / sha


def _named(wheel: Path, version: str, folder: Path) -> Path:
    """The wheel under this version, whatever its build called it."""
    name, said, *_ = parse_wheel_filename(wheel.name)
    if name != lock.PACKAGE or said == Version(version):
        return wheel
    return repack.write(repack.renamed(repack.files_of(wheel), str(said), version), version, folder)


def _record(wheel: Wheel) -> dict[str, Any]:
    return lock.to_json(Release(**vars(wheel), hash="commit"))


def _released(record: dict[str, Any], sha: str, date: datetime) -> Release:
    return Release(
        version=record["version"],
        hash=sha,
        uploaded=date.astimezone(UTC),
        wheel=record["wheel"],
        sha256=record["sha256"],
        requires_python=record["requires_python"],
        requires_dist=tuple(record["requires_dist"]),
    )
