"""The repository type whose commits are releases of zarr."""

from pathlib import Path

from asv.repo import Repo
from asv.util import UserError as AsvUserError

from tomobench.desk import errors
from tomobench.desk.releases import lock
from tomobench.desk.releases.history import BRANCHES


class NoSuchCommit(AsvUserError):
    """A name that is no release. Not asv's NoSuchNameError: asv show and compare pass over that in silence."""


class RefusedRelease(AsvUserError):
    """A release that its line's environment has not what it asks for."""


class ReleaseRepo(Repo):
    """The releases of a lock file (see :mod:`tomobench.desk.releases.lock`) as asv's history.

    A commit's hash is the release's hash there, its date the day of upload. Branch ``main`` holds both
    lines, ``2.18`` the older one. A range ``A..B`` is what follows A on ``main``, up to B.
    """

    dvcs = "zarr-releases"
    _default_branch = "main"

    def __init__(self, url: str, mirror_path: str | None):
        self.root = Path(url).resolve().parent
        try:
            self.history = lock.load(self.root)
        except errors.UserError as error:
            raise AsvUserError(str(error)) from None

    @classmethod
    def url_match(cls, url):
        return url.endswith("releases.lock.json")

    def pull(self):
        """Nothing to do: ``tomobench releases update`` asks the package index, when a person wants it."""

    def checkout(self, path, commit_hash):
        """Write into the folder ``path`` what pip needs to install the release: its wheel, by digest."""
        release = self.release(commit_hash)
        try:
            wheel = lock.wheel_file(self.root, release)
        except errors.UserError as error:
            raise AsvUserError(str(error)) from None
        source = f"zarr @ {wheel.as_uri()}" if wheel else f"zarr=={release.version}"
        Path(path).mkdir(parents=True, exist_ok=True)
        Path(path, "requirements.txt").write_text(f"{source} --hash=sha256:{release.sha256}\n")

    def knows(self, hash: str) -> bool:
        """Whether the history has this commit."""
        return self.history.has(hash)

    def refusal(self, reason: str) -> AsvUserError:
        """What is raised where a release can't be installed: asv run ends."""
        return RefusedRelease(reason)

    def release(self, name) -> lock.Release:
        """The release of that hash, version or branch. Raises NoSuchCommit."""
        if name in ("HEAD", None):
            name = self._default_branch
        if name in BRANCHES:
            return self.history.branch(name)[-1]
        try:
            return self.history.find(name)
        except errors.UserError as error:
            raise NoSuchCommit(str(error)) from None

    def get_hash_from_name(self, name):
        return self.release(name.removesuffix("^!") if name else name).hash

    def get_hash_from_parent(self, name):
        before = self.history.before(self.release(name).hash)
        if before is None:
            raise NoSuchCommit(f"nothing comes before {name} on main")
        return before.hash

    def get_name_from_hash(self, commit):
        try:
            name = self.history.name_of(commit)
        except lock.NoSuchRelease:
            return None  # results of a wheel that was removed since
        return None if name == commit else name

    def get_tags(self):
        return {commit: commit for commit in reversed(self.get_branch_commits("main"))}

    def get_date(self, hash):
        return round(self.release(hash).uploaded.timestamp() * 1000)

    get_date_from_name = get_date

    def get_branch_commits(self, branch):
        branch = self.get_branch_name(branch)
        if branch not in BRANCHES:
            raise NoSuchCommit(f"there is no branch {branch}: there are {' and '.join(BRANCHES)}")
        return [release.hash for release in reversed(self.history.branch(branch))]

    def get_revisions(self, commits):
        """A number for each commit, in the order of the history; commits of removed wheels come last."""
        known = [release.hash for release in self.history.releases if release.hash in commits]
        return {commit: n for n, commit in enumerate([*known, *sorted(set(commits) - set(known))])}

    def get_range_spec(self, commit_a, commit_b):
        return f"{commit_a}..{commit_b}"

    def get_new_range_spec(self, latest_result, branch=None):
        return f"{latest_result}..{self.get_branch_name(branch)}"

    def get_hashes_from_range(self, range: str) -> list[str]:
        """The commits of ``A..B`` (what follows A, up to B), ``..B``, ``A..`` or of one name, newest first."""
        if ".." not in range:
            return [self.get_hash_from_name(range)]
        first, _, last = range.partition("..")
        ends = (self.release(end) if end else None for end in (first, last))
        try:
            return [release.hash for release in reversed(self.history.between(*ends))]
        except errors.UserError as error:
            raise NoSuchCommit(str(error)) from None
