"""The repository type whose commits are those of a zarr-python clone: asv's own git, each commit a release.

Where asv checks a commit out, here a wheel is built, once, and the environment of releases installs it as it
installs theirs.
"""

from pathlib import Path

from asv import util
from asv.console import log
from asv.plugins.git import Git
from asv.repo import NoSuchNameError

from tomobench.desk import errors, files
from tomobench.desk.releases import lock
from tomobench.desk.releases.clone import Clone, UnknownCommit
from tomobench.desk.releases.commits import Commits, Unbuildable
from tomobench.desk.releases.release import Release

CONFIGURATION = "asv.upstream.conf.json"
"""The configuration of this second history, beside asv.conf.json."""

MIRROR = Path(".asv", "upstream", "clone")
"""The mirror of a clone that is elsewhere, below the project."""


class Skipped(util.ProcessError, util.UserError):
    """A commit that can't be made ready: asv run goes on to the next, asv find ends with the line."""

    def __init__(self, reason: str):
        util.ProcessError.__init__(self, ["build"], 1, "", reason)
        self._reason = reason

    def __str__(self) -> str:
        return self._reason


def open_clone(place: str, project: Path) -> Clone:
    """The clone that ``place`` names, a folder (below the project, or absolute) or a URL. Raises UserError."""
    folder = project / files.expanded(place)
    return Clone.open(str(folder) if folder.is_dir() else place, project / MIRROR)


class CommitRepo(Git):
    """The commits of a clone (``repo`` of the configuration: a folder or a URL) as asv's history."""

    dvcs = "zarr-commits"

    def __init__(self, url: str, mirror_path: str):
        try:
            self._clone = open_clone(url, lock.find_root())
        except errors.UserError as error:
            raise util.UserError(str(error)) from None
        super().__init__(str(self._clone.folder), mirror_path)
        self._commits = Commits(self._clone)

    @classmethod
    def url_match(cls, url: str) -> bool:
        """Never by its URL: a configuration names the type."""
        return False

    def pull(self) -> None:
        """Bring a mirror up to date; a clone of the user's is left as it is."""
        try:
            self._clone.fetch()
        except errors.UserError as error:
            log.warning(f"the mirror stays as it was: {error}")

    def get_hash_from_name(self, name):
        """The sha of a release's version, a tag, a branch or a sha."""
        try:
            return self._clone.commit(name or self.get_branch_name()).sha
        except UnknownCommit:
            raise NoSuchNameError(name) from None

    def get_hashes_from_range(self, range_spec):
        """The commits of ``A..B`` along the first parents of B, newest first, or of one name: versions of releases too.

        Raises asv's UserError for a name of nothing, and where nothing follows A.
        """
        first, dots, last = range_spec.partition("..")
        try:
            if not dots:
                return [self._clone.commit(range_spec.removesuffix("^!")).sha]
            ends = [self._clone.commit(one).sha if one else "" for one in (first, last)]
        except UnknownCommit as error:
            raise util.UserError(str(error)) from None
        if found := super().get_hashes_from_range("..".join(ends)):
            return found
        raise util.UserError(
            f"the range {range_spec} is empty: nothing follows {first or 'HEAD'} up to {last or 'HEAD'}"
        )

    def get_branch_commits(self, branch):
        """All commits of a branch along its first parents, newest first."""
        return super().get_hashes_from_range(self.get_branch_name(branch))

    def knows(self, hash: str) -> bool:
        """Whether the clone has this commit."""
        try:
            return bool(self._clone.commit(hash))
        except UnknownCommit:
            return False

    def refusal(self, reason: str) -> Skipped:
        """What is raised where a commit can't be installed: it is passed over."""
        log.warning(f"skipped: {reason}")
        return Skipped(reason)

    def release(self, name: str) -> Release:
        """The release of a commit, built if need be. Raises Skipped."""
        try:
            return self._commits.release(self._clone.commit(name).sha)
        except Unbuildable as error:
            raise self.refusal(str(error)) from None
        except errors.UserError as error:
            raise util.UserError(str(error)) from None

    def checkout(self, path, commit_hash):
        """Write into the folder ``path`` what pip needs to install the commit: its wheel, by digest."""
        release = self.release(commit_hash)
        source = self._commits.wheel_file(release).as_uri()
        Path(path).mkdir(parents=True, exist_ok=True)
        Path(path, "requirements.txt").write_text(
            f"zarr @ {source} --hash=sha256:{release.sha256}\n"
        )
