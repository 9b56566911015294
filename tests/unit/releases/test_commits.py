"""Commits as releases: what is their own doing where none can be made, and what is the machine's."""

import pytest

from tests.made.clone import BUILD, DEPENDENCIES, MadeClone
from tomobench.bench import cache
from tomobench.desk import locks
from tomobench.desk.errors import UserError
from tomobench.desk.releases import commits
from tomobench.desk.releases.clone import Clone
from tomobench.desk.releases.commits import Commits, Unbuildable


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path / "cache"))
    made = MadeClone(tmp_path / "zarr-python")
    made.write("pyproject.toml", BUILD.format(dependencies=DEPENDENCIES))
    made.commit("begin", tag="v3.0.0")
    return made


def release(made, sha):
    return Commits(Clone.open(str(made.folder), made.folder)).release(sha)


def test_a_build_that_fails_is_the_commits_doing(made):
    made.write("pyproject.toml", "[build-system]\nrequires = []\nbuild-backend = 'missing'\n")
    sha = made.commit("break it")
    with pytest.raises(Unbuildable, match=sha[:9]):
        release(made, sha)


def test_a_commit_that_is_too_old_is_unbuildable(made):
    made.git("tag", "--delete", "v3.0.0")
    made.git("tag", "v2.17.0")
    with pytest.raises(Unbuildable, match="too old"):
        release(made, made.shas["begin"])


def test_a_clone_that_gives_no_files_says_nothing_of_a_commit(made):
    sha = made.shas["begin"]
    tree = made.git("rev-parse", f"{sha}^{{tree}}")
    (made.folder / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(UserError, match="git archive") as caught:
        release(made, sha)
    assert not isinstance(caught.value, Unbuildable)


def test_another_command_that_builds_it_says_nothing_of_a_commit(made, monkeypatch):
    monkeypatch.setenv(locks.NO_WAIT, "1")

    def held(path, what):
        assert path.parent == cache.root() / commits.FOLDER
        raise UserError(f"{what} is under way")

    monkeypatch.setattr(commits.locks, "held", held)
    with pytest.raises(UserError, match="under way") as caught:
        release(made, made.shas["begin"])
    assert not isinstance(caught.value, Unbuildable)
