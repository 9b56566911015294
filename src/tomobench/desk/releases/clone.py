"""A git clone of zarr-python, read and never written: its commits, its tags, and the line between two of them."""

import contextlib
import hashlib
import io
import os
import re
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from packaging.version import InvalidVersion, Version

from tomobench.bench.cache import whole_folder
from tomobench.desk import files
from tomobench.desk.errors import UserError

ADDRESS = "https://github.com/zarr-developers/zarr-python"
"""Where zarr's commits and pull requests are read."""

TAGS = "v[0-9]*"
"""Zarr's own tags, as a pattern of git's: those of other packages in the repository begin otherwise."""

_PULL = re.compile(r"\(#([0-9]+)\)\s*$|^Merge pull request #([0-9]+) ")
_NOT_OF_GIT = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


class UnknownCommit(UserError):
    """No commit of the clone has this name."""


class NoCommonHistory(UserError):
    """Two commits come after no common one."""


@dataclass(frozen=True)
class Commit:
    """``sha``: 40 digits; ``date``: the committer's, UTC; ``pull``: the number of its pull request, None where its
    subject names none."""

    sha: str
    date: datetime
    subject: str

    @property
    def pull(self) -> int | None:
        found = _PULL.search(self.subject)
        return int(found[1] or found[2]) if found else None

    @property
    def address(self) -> str:
        """Its pull request's page; its own where there is none."""
        return address(self.sha, self.pull)

    @property
    def short(self) -> str:
        """What a person is shown of the sha."""
        return self.sha[:9]


def address(sha: str, pull: int | None) -> str:
    """The page of a pull request, else of a commit."""
    return f"{ADDRESS}/pull/{pull}" if pull else f"{ADDRESS}/commit/{sha}"


def _mirror_of(place: str, mirror: Path) -> Path:
    """Where the mirror of a URL is: ``mirror``, unless that is another URL's already."""
    if not mirror.exists() or _git(["config", "--get", "remote.origin.url"], mirror) == place:
        return mirror
    return mirror.with_name(f"{mirror.name}-{hashlib.sha256(place.encode()).hexdigest()[:8]}")


class Clone:
    """The clone in a folder, with a work tree or bare.

    ``mirror``: whether it is one of ours: then it is brought up to date when a name is not known, once.
    """

    def __init__(self, folder: Path, mirror: bool = False):
        self.folder, self._mirror = folder, mirror

    @classmethod
    def open(cls, place: str, mirror: Path) -> "Clone":
        """The clone at ``place``, a folder; of a URL a mirror is made in ``mirror``, once.

        Raises UserError where there is no git, no clone, a shallow one, or one without zarr's tags.
        """
        folder = files.expanded(place)
        if _is_url(place):
            folder = _mirror_of(place, mirror)
            if not folder.exists():
                with whole_folder(folder) as unfinished:
                    _git(["clone", "--quiet", "--mirror", "--", place, str(unfinished)], None)
        elif not folder.is_dir():
            raise UserError(f"{place} is no folder: give a clone of zarr-python, or its URL")
        found = cls(folder.resolve(), mirror=_is_url(place))
        found._require_whole()
        return found

    def fetch(self) -> None:
        """Bring a mirror up to date; a clone of the user's stays as it is. Raises UserError where its URL can't be reached."""
        if self._mirror:
            self._mirror = False
            self._run("remote", "update", "--prune")

    def _require_whole(self) -> None:
        try:
            shallow = self._run("rev-parse", "--is-shallow-repository")
        except UserError as error:
            if "not a git repository" not in str(error):
                raise
            raise UserError(f"{self.folder} is no git clone: give one of zarr-python") from None
        if shallow == "true":
            raise UserError(
                f"{self.folder} is a shallow clone, so its history can't be told: git fetch --unshallow --tags"
            )
        if not self._run("tag", "--list", TAGS):
            raise UserError(
                f"{self.folder} has no tags of zarr's releases (v3.4.2), so no commit has a version: "
                "git fetch --tags"
            )

    def commit(self, name: str) -> Commit:
        """The commit of a release's version (3.2.1 is the tag v3.2.1), a tag, a branch or a sha. Raises UnknownCommit."""
        if found := self._found(name):
            return self.about(found)
        with contextlib.suppress(GitFailed):
            self.fetch()
        if found := self._found(name):
            return self.about(found)
        raise UnknownCommit(
            f"the clone has no commit, tag or release called {name!r}: see git log and git tag there"
        )

    def _found(self, name: str) -> str | None:
        spellings = (f"refs/tags/v{name}", name)
        tried = (
            self._tried("rev-parse", "--verify", "--quiet", f"{one}^{{commit}}")
            for one in spellings
        )
        return next(filter(None, tried), None)

    def has(self, name: str) -> bool:
        """Whether the clone has a tag of this release."""
        return bool(
            self._tried("rev-parse", "--verify", "--quiet", f"refs/tags/v{name}^{{commit}}")
        )

    def about(self, sha: str) -> Commit:
        """What git says of a commit."""
        sha, date, subject = self._run("log", "-1", "--format=%H%x00%ct%x00%s", sha).split("\0", 2)
        return Commit(sha, datetime.fromtimestamp(int(date), UTC), subject)

    def version(self, sha: str) -> str:
        """The version of a commit: that of the nearest tag of zarr's before it, with how many commits since.

        What the commit says of itself is not asked: after another package's tag it may name that one's version.
        Raises UserError where no such tag comes before.
        """
        told = self._tried("describe", "--tags", "--long", "--abbrev=40", "--match", TAGS, sha)
        found = re.fullmatch(r"v(.+)-([0-9]+)-g([0-9a-f]{40})", told or "")
        try:
            if found is None:
                raise InvalidVersion
            tagged = Version(found[1])
        except InvalidVersion:
            raise UserError(f"no tag of zarr's comes before {sha[:9]}: it has no version") from None
        return str(tagged) if found[2] == "0" else _since(tagged, found[2], sha)

    def is_ancestor(self, first: str, last: str) -> bool:
        """Whether ``first`` comes before ``last``, or is it."""
        return self._git_code("merge-base", "--is-ancestor", first, last) == 0

    def merge_base(self, one: str, other: str) -> Commit:
        """The last commit that both come after. Raises NoCommonHistory where there is none."""
        if not (found := self._tried("merge-base", one, other)):
            raise NoCommonHistory(f"{one[:9]} and {other[:9]} have no common history")
        return self.about(found.split()[0])

    def between(self, first: str, last: str) -> list[Commit]:
        """The commits after ``first`` up to ``last``, oldest first, along the first parents of ``last``.

        A merge is one commit: what it brought in came by one pull request.
        """
        return self._line(first, last)

    def since(self, first: str, last: str) -> list[Commit]:
        """As :meth:`between`, of a ``first`` that comes before ``last``: without the commits before the one that merged
        it, which it does not come before."""
        return self._line(first, last, "--ancestry-path")

    def _line(self, first: str, last: str, *options: str) -> list[Commit]:
        told = self._run(
            *("log", "--first-parent", "--reverse", "--format=%H%x00%ct%x00%s", *options),
            *(last, f"^{first}", "--"),
        )
        return list(_commits(told))

    def fork(self, first: str, last: str) -> Commit:
        """The last commit along the first parents of ``last`` that is ``first`` or comes before it.

        It is ``first`` where that lies on this line; else where the two part, the line that was merged later too.
        """
        after = self.between(first, last)
        start = f"{after[0].sha}^1" if after else last
        found = self._tried("rev-parse", "--verify", "--quiet", start)
        return self.about(found) if found else self.merge_base(first, last)

    def export(self, sha: str, folder: Path) -> None:
        """Write the files of a commit into a folder."""
        done = _started(["archive", "--format=tar", sha], self.folder)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder, filter="data")

    def changed(self, new: bool = False) -> list[str]:
        """The files that differ from what was committed last, with ``new`` those that never were too; none in a bare
        clone. What git ignores is none of them."""
        if self._run("rev-parse", "--is-bare-repository") == "true":
            return []
        untracked = f"--untracked-files={'normal' if new else 'no'}"
        return self._run("status", "--porcelain", untracked).splitlines()

    def _run(self, *words: str) -> str:
        return _git([*words], self.folder)

    def _tried(self, *words: str) -> str | None:
        try:
            return self._run(*words)
        except GitFailed:
            return None

    def _git_code(self, *words: str) -> int:
        return _started([*words], self.folder, ok=(0, 1)).returncode


def version_of(folder: Path) -> str | None:
    """The version of what lies in a clone's work tree; None for a folder that is no clone.

    Raises UserError for a clone that can't say, as a shallow one.
    """
    if not (folder / ".git").exists():
        return None
    clone = Clone.open(str(folder), folder)
    version = clone.version(clone.commit("HEAD").sha)
    # A build takes new files along, too.
    if not clone.changed(new=True):
        return version
    return f"{version}{'.' if '+' in version else '+'}changed"


def _since(tagged: Version, commits: str, sha: str) -> str:
    """The version so many commits after a tag. A development release has no post release, and a post release no other
    one (PEP 440): theirs is in the local part, which comes after them too."""
    if tagged.local or tagged.is_devrelease or tagged.is_postrelease:
        return f"{tagged}{'.' if tagged.local else '+'}{commits}.g{sha[:8]}"
    return f"{tagged}.post{commits}+g{sha[:8]}"


class GitFailed(UserError):
    """git ended with an error: its last line."""


def _is_url(place: str) -> bool:
    return bool(re.match(r"[a-z+]+://|[\w.-]+@[\w.-]+:", place))


def _commits(told: str) -> Iterator[Commit]:
    for line in told.splitlines():
        sha, date, subject = line.split("\0", 2)
        yield Commit(sha, datetime.fromtimestamp(int(date), UTC), subject)


def _git(words: list[str], folder: Path | None) -> str:
    return _started(words, folder).stdout.decode(errors="replace").strip()


def _started(
    words: list[str], folder: Path | None, ok: tuple[int, ...] = (0,)
) -> subprocess.CompletedProcess[bytes]:
    """git, run. Raises GitFailed with its last line, and UserError where there is none."""
    # Where a hook or another git started this, GIT_DIR would name its repository.
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    place = ["-C", str(folder)] if folder else []
    try:
        done = subprocess.run(
            ["git", *place, *words], env={**kept, **_NOT_OF_GIT}, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise UserError("git is not installed: it reads the clone of zarr-python") from None
    if done.returncode not in ok:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        told = next((one for one in said if one.startswith("fatal: ")), said[-1])
        raise GitFailed(f"git {words[0]}: {told.removeprefix('fatal: ')}")
    return done
