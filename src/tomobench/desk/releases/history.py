"""The history asv works on: releases in order, by branch and by name."""

import difflib
import itertools
from collections.abc import Iterable
from typing import Any

from packaging.version import InvalidVersion, Version

from tomobench.desk.errors import UserError
from tomobench.desk.releases.hashes import LENGTH, conflicts
from tomobench.desk.releases.release import LINES, Release

BRANCHES = {"main": LINES, "2.18": ("2.18",)}
"""The lines that each branch holds (design, section 1)."""

GROUPS = ALL, YANKED = "ALL", "YANKED"
"""Names of several releases: all on branch main, and those that the index took back."""


class NoSuchRelease(UserError):
    """No release has this version or hash."""

    def __init__(self, name: str, near: list[str]):
        hint = f"near it: {', '.join(near)}" if near else "see: tomobench releases list --all"
        super().__init__(f"no zarr release is called {name!r}; {hint}")
        self.name = name


class NoSuchRange(UserError):
    """A range that holds no release, or has an end that is on no branch."""


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
        self._branches = {
            name: [one for one in self.releases if name in branches_of(one)] for name in BRANCHES
        }
        _check_hashes(self.releases)

    def branch(self, name: str) -> list[Release]:
        """Return the releases of a branch ('main' or '2.18'), oldest first.

        On a branch are the final releases and the wheels of one's own; yanked releases and
        pre-releases of the index can be asked for by name only. Raises UserError for other names.
        """
        if name not in BRANCHES:
            raise UserError(f"no branch is called {name!r}; there are: {', '.join(BRANCHES)}")
        return list(self._branches[name])

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

    def has(self, hash: str) -> bool:
        """Whether there is a release with this hash."""
        return hash in self._by_hash

    def name_of(self, hash: str) -> str:
        """Return the version of the release with this hash; raises NoSuchRelease."""
        if hash not in self._by_hash:
            raise NoSuchRelease(hash, self._near(hash))
        return self._by_hash[hash].version

    def before(self, hash: str) -> Release | None:
        """Return the release before this one on branch main. A wheel of one's own comes before none: it takes no
        published release's place.

        None for the first of them and for a release that is on no branch. Raises NoSuchRelease.
        """
        release, main = self.find(hash), self.branch("main")
        place = main.index(release) if release in main else 0
        return next((one for one in reversed(main[:place]) if not one.own), None)

    def tips(self) -> list[Release]:
        """Return the last patch release of each minor one (2.18, 3.0, …) on branch main, in order.

        A wheel of one's own is one too, and takes no published release's place.
        """
        branch = self.branch("main")
        last = {Version(one.version).release[:2]: one for one in branch if not one.own}
        return [one for one in branch if one.own or one in last.values()]

    def yanked(self) -> list[Release]:
        """Return the releases that the index took back, in order: people's arrays were written by them."""
        return [one for one in self.releases if one.yanked is not None and not one.prerelease]

    def choose(self, names: Iterable[str]) -> list[Release]:
        """Return the releases asked for, in order: names, ranges (see :meth:`between`), ALL, or YANKED.

        ALL are those of branch main, YANKED those that the index took back, which are on no branch.
        Raises NoSuchRelease, AmbiguousRelease, and UserError for a range that is none.
        """
        chosen = {one.hash for name in names for one in self._named(name)}
        return [one for one in self.releases if one.hash in chosen]

    def _named(self, name: str) -> list[Release]:
        if name == ALL:
            return self.branch("main")
        if name == YANKED:
            return self.yanked()
        if ".." not in name:
            return [self.find(name)]
        first, _, last = name.partition("..")
        return self.between(self.find(first) if first else None, self.find(last) if last else None)

    def between(self, first: Release | None, last: Release | None) -> list[Release]:
        """Return what a range ``A..B`` asks for, oldest first: what follows A on main, up to B.

        Without A from the first release on, without B up to the newest. Raises NoSuchRange.
        """
        main = self.branch("main")
        start = self._place(first) + 1 if first else 0
        end = self._place(last) + 1 if last else len(main)
        if start >= end:
            after, up_to = (first or main[0]).version, (last or main[-1]).version
            raise NoSuchRange(
                f"the range {after}..{up_to} is empty: nothing follows {after} up to {up_to}"
            )
        return main[start:end]

    def _place(self, release: Release) -> int:
        main = self.branch("main")
        if release not in main:
            raise NoSuchRange(
                f"{release.version} is on no branch (yanked or a pre-release): "
                "name it alone, not in a range"
            )
        return main.index(release)

    def _near(self, name: str) -> list[str]:
        names = list(dict.fromkeys(release.version for release in self.releases))
        begun = [one for one in names if name and one.startswith(name)]
        return begun[-5:] or difflib.get_close_matches(name, names, n=5, cutoff=0.7)


def order(release: Release) -> tuple[Any, ...]:
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
