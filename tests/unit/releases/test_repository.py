"""The releases as asv's history: what a name or a range stands for, on the committed lock up to 3.4.2."""

import pytest

from tests import REPOSITORY
from tomobench.desk.asv.repository import NoSuchCommit, ReleaseRepo
from tomobench.desk.releases.lock import load_lock, save_lock


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    root = tmp_path_factory.mktemp("history")
    locked = load_lock(REPOSITORY)
    hashes = [one.hash for one in locked]
    save_lock(root, locked[: hashes.index("3.4.2") + 1])
    return ReleaseRepo(str(root / "releases.lock.json"), None)


@pytest.mark.parametrize(
    ("range_", "commits"),
    [
        ("3.1.6", ["3.1.6"]),
        ("3.4.2^!", ["3.4.2"]),
        ("main", ["3.4.2"]),
        ("2.18", ["2.18.7"]),
        ("3.4.0..3.4.2", ["3.4.2", "3.4.1"]),
        ("3.4.1..", ["3.4.2"]),
        ("..2.18.1", ["2.18.1", "2.18.0"]),
        ("2.18.6..3.0.8", ["3.0.8", "2.18.7"]),
        ("3.1.6..3.3.0", ["3.3.0", "3.2.1", "3.2.0"]),
    ],
)
def test_a_range_is_what_follows_its_first_up_to_its_last(repo, range_, commits):
    assert repo.get_hashes_from_range(range_) == commits


def test_every_tag_is_on_the_main_branch(repo):
    assert [*repo.get_tags()] == [*reversed(repo.get_branch_commits("main"))]


@pytest.mark.parametrize("range_", ["9.9.9", "3.4.2..9.9.9", "9.9.9.."])
def test_what_is_no_release_is_said(repo, range_):
    with pytest.raises(NoSuchCommit, match="9.9.9"):
        repo.get_hashes_from_range(range_)
