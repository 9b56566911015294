"""What the index says, laid over what the lock has: no hash that results have is lost."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from tomobench.desk.releases.hashes import give
from tomobench.desk.releases.history import order
from tomobench.desk.releases.release import Release, Wheel


@dataclass(frozen=True)
class Update:
    """The lock as it should be, and a line for each difference from the lock as it is."""

    releases: list[Release]
    changes: list[str]
    missing: list[str]
    """Releases that the index has no longer (or a mirror has not): they stay in the lock."""


def merge(locked: Iterable[Release], found: Iterable[Wheel]) -> Update:
    """Lay the index's wheels over the lock's releases.

    A release is its wheel: the same digest is the same release, with the hash it was given,
    whatever else changed. A new digest is a new release, even under an old version.
    """
    locked, by_digest = list(locked), {wheel.sha256: wheel for wheel in found}
    kept = [_refreshed(release, by_digest.get(release.sha256)) for release in locked]
    digests = {release.sha256 for release in locked}
    new = [wheel for wheel in by_digest.values() if wheel.sha256 not in digests]
    added = give(new, taken=[release.hash for release in locked])
    changes = [line for old, now in zip(locked, kept) for line in _differences(old, now)]
    return Update(
        releases=[*kept, *added],
        changes=[*changes, *map(_announcement, sorted(added, key=order))],
        missing=[one.version for one in locked if one.sha256 not in by_digest],
    )


def _refreshed(release: Release, wheel: Wheel | None) -> Release:
    return replace(release, **vars(wheel)) if wheel else release


def _differences(old: Release, now: Release) -> list[str]:
    names = [field.name for field in fields(Wheel)]
    return [
        _difference(name, old, now) for name in names if getattr(old, name) != getattr(now, name)
    ]


def _difference(name: str, old: Release, now: Release) -> str:
    if name != "yanked":
        return f"changed {old.version}: {name} was {getattr(old, name)}, is {getattr(now, name)}"
    if now.yanked is None:
        return f"no longer yanked {now.version}"
    return f"yanked {now.version}: {now.yanked}"


def _announcement(release: Release) -> str:
    notes = [f"line {release.line}", f"{release.uploaded:%Y-%m-%d}"]
    if release.prerelease:
        notes.append("pre-release")
    if release.yanked is not None:
        notes.append(f"yanked: {release.yanked}")
    if release.hash != release.version:
        notes.append(f"hash {release.hash}")
    return f"new {release.version} ({', '.join(notes)})"
