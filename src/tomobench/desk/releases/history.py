"""The history asv works on: releases in order, by branch and by name."""

import difflib
import itertools
from collections.abc import Iterable

from packaging.version import InvalidVersion, Version

from tomobench.desk.errors import UserError
from tomobench.desk.releases.hashes import LENGTH, conflicts
from tomobench.desk.releases.release import LINES, Release

BRANCHES = {"main": LINES, "2.18": ("2.18",)}
"""The lines that each branch holds (design, section 1)."""


class NoSuchRelease(UserError):
    """No release has this version or hash."""

    def __init__(self, name: str, near: list[str]):
        hint = f"near it: {', '.join(near)}" if near else "see: tomobench releases list --all"
        super().__init__(f"no zarr release is called {name!r}; {hint}")
        self.name = name


class AmbiguousRelease(UserError):
    """Several wheels have this version."""

    def __init__(self, name: str, releases: list[Release]):
        choices = ", ".join(f"{one.hash} ({_origin(one)})" for one in releases)
        super().__init__(f"{name!r} is the version of several wheels; take a hash: {choices}")
        self.name = name


class ConflictingHashes(UserError):
    """Two releases have hashes that asv cannot tell apart, or a hash is too long for it."""


class History:
    """Releases, oldest first: by line, then version, then time of upload.

    Raises ConflictingHashes unless hashes are short enough and prefix-free (see hashes.py).
    """

    def __init__(self, releases: Iterable[Release]):
        self.releases = tuple(sorted(releases, key=order))
        self._by_hash = {release.hash: release for release in self.releases}
        _check_hashes(self.releases)

    def branch(self, name: str) -> list[Release]:
        """Return the releases of a branch ('main' or '2.18'), oldest first.

        On a branch are the final releases and the wheels of one's own; yanked releases and
        pre-releases of the index can be asked for by name only. Raises UserError for other names.
        """
        if name not in BRANCHES:
            raise UserError(f"no branch is called {name!r}; there are: {', '.join(BRANCHES)}")
        return [one for one in self.releases if name in branches_of(one)]

    def find(self, name: str) -> Release:
        """Return the release with this hash or, if none has it, this version (in any spelling).

        Raises NoSuchRelease, or AmbiguousRelease if several wheels have the version.
        """
        if name in self._by_hash:
            return self._by_hash[name]
        version = _normal(name)
        found = [release for release in self.releases if release.version == version]
        if len(found) > 1:
            raise AmbiguousRelease(name, found)
        if not found:
            raise NoSuchRelease(name, self._near(version))
        return found[0]

    def name_of(self, hash: str) -> str:
        """Return the version of the release with this hash; raises NoSuchRelease."""
        if hash not in self._by_hash:
            raise NoSuchRelease(hash, self._near(hash))
        return self._by_hash[hash].version

    def before(self, hash: str) -> Release | None:
        """Return the release before this one on branch main.

        None for the first of them and for a release that is on no branch. Raises NoSuchRelease.
        """
        release, main = self.find(hash), self.branch("main")
        place = main.index(release) if release in main else 0
        return main[place - 1] if place else None

    def tips(self) -> list[Release]:
        """Return the last patch release of each minor one (2.18, 3.0, …) on branch main, in order."""
        last = {Version(one.version).release[:2]: one for one in self.branch("main")}
        return list(last.values())

    def choose(self, names: Iterable[str]) -> list[Release]:
        """Return the releases asked for, in order: names, ranges ``A..B`` (both ends), or ALL.

        Raises NoSuchRelease, AmbiguousRelease, and UserError for a range that is none.
        """
        chosen = {one.hash for name in names for one in self._named(name)}
        return [one for one in self.releases if one.hash in chosen]

    def _named(self, name: str) -> list[Release]:
        main = self.branch("main")
        if name == "ALL":
            return main
        if ".." not in name:
            return [self.find(name)]
        first, _, last = name.partition("..")
        ends = [self.find(end) if end else main[place] for end, place in ((first, 0), (last, -1))]
        if not all(end in main for end in ends):
            raise UserError(f"{name}: the ends of a range are releases on branch main")
        found = main[main.index(ends[0]) : main.index(ends[1]) + 1]
        if not found:
            raise UserError(f"the range {name} is empty: {last} comes before {first}")
        return found

    def _near(self, name: str) -> list[str]:
        names = list(dict.fromkeys(release.version for release in self.releases))
        begun = [one for one in names if name and one.startswith(name)]
        return begun or difflib.get_close_matches(name, names, n=5, cutoff=0.7)


def order(release: Release) -> tuple:
    """Sort key of the history: a rebuilt wheel follows the one it was built after."""
    line = LINES.index(release.line)
    return (line, Version(release.version), release.uploaded, release.sha256)


def branches_of(release: Release) -> list[str]:
    """Return the names of the branches that hold a release; none for yanked and pre-releases."""
    if not (release.final or release.own):
        return []
    return [name for name, lines in BRANCHES.items() if release.line in lines]


def _normal(name: str) -> str:
    try:
        return str(Version(name))
    except InvalidVersion:
        return name


def _origin(release: Release) -> str:
    verb = "added" if release.own else "published"
    return f"{verb} {release.uploaded:%Y-%m-%d %H:%M}"


def _check_hashes(releases: tuple[Release, ...]) -> None:
    # In alphabetical order a prefix stands directly before something it is a prefix of.
    ordered = sorted(releases, key=lambda release: release.hash)
    for release in ordered:
        if not 0 < len(release.hash) <= LENGTH:
            raise ConflictingHashes(
                f"the hash {release.hash!r} of zarr {release.version} has not "
                f"1 to {LENGTH} characters, as asv needs"
            )
    for one, other in itertools.pairwise(ordered):
        if conflicts(one.hash, [other.hash]):
            raise ConflictingHashes(
                f"asv cannot tell the hashes {one.hash!r} (zarr {one.version}) "
                f"and {other.hash!r} (zarr {other.version}) apart"
            )
