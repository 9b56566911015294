"""The commits of a clone as asv's history: what a name or a range stands for."""

import pytest
from asv.util import UserError

from tests.made.clone import MadeClone
from tests.made.history import MadeHistory
from tomobench.desk.asv.commits import CommitRepo


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    made = MadeClone(tmp_path_factory.mktemp("made") / "zarr-python")
    for n in range(3):
        made.commit(f"commit {n}", tag=f"v3.4.{n}")
    return made


@pytest.fixture
def repo(made, tmp_path, monkeypatch):
    monkeypatch.chdir(MadeHistory(tmp_path / "project").root)
    return CommitRepo(str(made.folder), "")


@pytest.mark.parametrize(
    ("range_", "commits"),
    [
        ("3.4.1", ["v3.4.1"]),
        ("main^!", ["v3.4.2"]),
        ("3.4.0..main", ["v3.4.2", "v3.4.1"]),
        ("3.4.1..", ["v3.4.2"]),
    ],
)
def test_a_range_is_what_follows_its_first_up_to_its_last(repo, made, range_, commits):
    assert repo.get_hashes_from_range(range_) == [made.shas[one] for one in commits]


@pytest.mark.parametrize("range_", ["main..main", "3.4.2..3.4.0", "..main"])
def test_an_empty_range_is_said(repo, range_):
    with pytest.raises(UserError, match=f"the range {range_} is empty"):
        repo.get_hashes_from_range(range_)


def test_a_branch_is_all_its_commits(repo, made):
    """As asv publish, and asv run NEW and ALL, want them."""
    assert repo.get_branch_commits("main") == [made.shas[f"v3.4.{n}"] for n in (2, 1, 0)]
