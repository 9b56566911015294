"""The Pythons of releases, for what is not asv's to run: readers, snippets."""

from dataclasses import dataclass
from pathlib import Path

from asv import util
from asv.environment import get_environments
from asv.repo import get_repo

import tomobench
from tomobench.desk.asv.repository import RefusedRelease
from tomobench.desk.asv.session import session
from tomobench.desk.errors import UserError
from tomobench.desk.releases.release import Release
from tomobench.desk.results import reading as results


@dataclass(frozen=True)
class ReleasePython:
    """The Python ``program`` of a release's line, and the environment ``variables`` with which it imports the release's zarr."""

    version: str
    line: str
    program: Path
    variables: dict[str, str]

    @property
    def beside(self) -> Path:
        """The folder that holds the environments of the lines."""
        return self.program.parents[2]

    def module(self, name: str) -> list:
        """The command that runs a module."""
        return [self.program, "-m", name]

    def environment(self) -> dict[str, str]:
        """The environment of such a process, with tomobench (and nothing else of the desk's) to import."""
        return {**self.variables, "PYTHONPATH": str(Path(tomobench.__file__).parents[1])}


class NotInstallable(UserError):
    """A release asks for what its line's environment does not have."""


def make_ready(root: Path, releases: list[Release]) -> list[ReleasePython]:
    """Make the environments of some releases, as asv run does. Raises UserError when one can't be made: NotInstallable where
    that is the release's doing."""
    with session(root):
        conf = results.config(root)
        conf.env_dir, conf.repo = str(root / conf.env_dir), str(root / conf.repo)
        try:
            repo = get_repo(conf)
            environment = next(iter(get_environments(conf, [])))
            environment.create()
            return [_of(environment, repo, release) for release in releases]
        except RefusedRelease as error:
            raise NotInstallable(str(error)) from None
        except util.UserError as error:
            raise UserError(str(error).splitlines()[0]) from None


def _of(environment, repo, release: Release) -> ReleasePython:
    environment.make_ready(repo, release)
    program, variables = environment.python_of(release)
    return ReleasePython(release.version, release.line, program.absolute(), variables)
