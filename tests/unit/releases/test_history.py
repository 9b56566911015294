"""Order, branches and names; and what the committed lock holds."""

from pathlib import Path

import pytest

from tests.unit.releases.making import release
from tomobench.desk.errors import UserError
from tomobench.desk.releases.history import (
    AmbiguousRelease,
    ConflictingHashes,
    History,
    NoSuchRelease,
)
from tomobench.desk.releases.lock import find_root, line_of, load_lock

MAIN = [
    *[f"2.18.{patch}" for patch in range(8)],
    *["3.0.8", "3.0.9", "3.0.10"],
    *[f"3.1.{patch}" for patch in range(7)],
    *["3.2.0", "3.2.1", "3.3.0", "3.4.0", "3.4.1", "3.4.2"],
]
"""The releases of the design, section 1: what the lock began with."""


@pytest.fixture
def committed():
    return History(load_lock(find_root(Path(__file__).parent)))


@pytest.fixture
def history():
    return History(
        [
            release("3.4.2", "3.4.2", 10),
            release("2.18.7", "2.18.7", 5),
            release("3.0.1", "aaaaaaa1", 6, yanked="loses data"),
            release("3.2.0rc1", "aaaaaaa2", 7),
            release("3.0.10", "3.0.10", 8),
            release("3.5.0.dev1", "aaaaaaa4", 13, path="wheels/aaaaaaa4/x"),
            release("3.5.0.dev1", "aaaaaaa3", 12, path="wheels/aaaaaaa3/x"),
            release("3.4.2", "aaaaaaa5", 14, path="wheels/aaaaaaa5/x"),
            release("2.18.8.dev0", "aaaaaaa6", 15, path="wheels/aaaaaaa6/x"),
        ]
    )


def test_the_committed_lock_holds_the_releases_of_the_design_on_main(committed):
    main = [one.version for one in committed.branch("main")]
    assert main[: len(MAIN)] == MAIN
    assert all(one.hash == one.version for one in committed.branch("main")[: len(MAIN)])


def test_the_committed_dates_run_in_one_line(committed):
    dates = [one.uploaded for one in committed.branch("main")[: len(MAIN)]]
    assert dates == sorted(dates)


def test_the_committed_branch_of_2_18_holds_2_18_alone(committed):
    assert [one.version for one in committed.branch("2.18")][:8] == MAIN[:8]
    assert {one.line for one in committed.branch("2.18")} == {"2.18"}


def test_the_committed_yanked_releases_are_known_but_on_no_branch(committed):
    yanked = [f"3.0.{patch}" for patch in range(8)]
    assert all(committed.find(version).yanked for version in yanked)
    assert all(committed.find(version).hash != version for version in yanked)
    assert not set(yanked) & {one.version for one in committed.branch("main")}


def test_yanked_names_what_all_leaves_out(committed):
    yanked = [one.version for one in committed.choose(["YANKED"])]
    assert yanked == [f"3.0.{patch}" for patch in range(8)]
    assert not set(yanked) & {one.version for one in committed.choose(["ALL"])}
    both = [one.version for one in committed.choose(["YANKED", "ALL"])]
    assert both.index("3.0.7") + 1 == both.index("3.0.8")


def test_the_committed_lock_holds_no_wheel_of_ones_own(committed):
    assert not any(one.own for one in committed.releases)


def test_own_wheels_stand_where_their_version_belongs(history):
    assert [one.hash for one in history.branch("main")] == [
        "2.18.7",
        "aaaaaaa6",
        "3.0.10",
        "3.4.2",
        "aaaaaaa5",
        "aaaaaaa3",
        "aaaaaaa4",
    ]
    assert [one.hash for one in history.branch("2.18")] == ["2.18.7", "aaaaaaa6"]


def test_yanked_and_pre_releases_of_the_index_are_found_by_name_only(history):
    assert history.find("3.0.1").yanked == "loses data"
    assert history.find("3.2.0rc1").prerelease
    assert not {"aaaaaaa1", "aaaaaaa2"} & {one.hash for one in history.branch("main")}


def test_a_release_is_found_by_hash_and_by_any_spelling_of_its_version(history):
    assert history.find("aaaaaaa3").hash == "aaaaaaa3"
    assert history.find("v3.2.0-rc1").hash == "aaaaaaa2"
    assert history.find("3.4.2").hash == "3.4.2", "the release, not the wheel rebuilt after it"
    assert history.name_of("aaaaaaa5") == "3.4.2"


def test_a_version_of_several_wheels_is_asked_for_by_hash(history):
    with pytest.raises(AmbiguousRelease, match="aaaaaaa3.*aaaaaaa4"):
        history.find("3.5.0.dev1")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("3.4", "3.4.2"),
        ("3.4.3", "3.4.2"),
        ("main", "list --all"),
        ("", "list --all"),
        ("3.0.10rc9", "3.0.10"),
    ],
)
def test_an_unknown_release_is_refused_with_what_is_near(history, name, near):
    with pytest.raises(NoSuchRelease, match=near) as caught:
        history.find(name)
    assert isinstance(caught.value, UserError)
    with pytest.raises(NoSuchRelease):
        history.name_of(name)


def test_a_version_is_no_hash(history):
    with pytest.raises(NoSuchRelease):
        history.name_of("3.0.1")


def test_an_unknown_branch_is_refused(history):
    with pytest.raises(UserError, match=r"main, 2\.18"):
        history.branch("trunk")


def test_the_release_before(history):
    assert history.before("aaaaaaa5").hash == "3.4.2"
    assert history.before("2.18.7") is None
    assert history.before("aaaaaaa1") is None


@pytest.mark.parametrize(
    "pair", [("3.0.1", "3.0.10"), ("3.0.1", "3.0.1"), ("3.0.1", "abcdef012"), ("3.0.1", "")]
)
def test_hashes_asv_cannot_use_are_refused(pair):
    with pytest.raises(ConflictingHashes):
        History([release("3.0.1", pair[0]), release("3.0.10", pair[1])])


@pytest.mark.parametrize(
    ("version", "line"),
    [
        ("2.18.0", "2.18"),
        ("2.18.0.dev3", "2.18"),
        ("2.19", "2.18"),
        ("3.0.0a1", "3"),
        ("3.4.2", "3"),
        ("4.0.0", "3"),
    ],
)
def test_the_line_of_a_version(version, line):
    assert line_of(version) == line


@pytest.mark.parametrize("version", ["2.17.2", "1.0", "newest"])
def test_what_has_no_line(version):
    with pytest.raises(UserError):
        line_of(version)


def test_a_wheel_of_ones_own_is_a_tip_and_takes_the_place_of_none():
    published = [release("3.4.1", "3.4.1", 9), release("3.4.2", "3.4.2", 10)]
    own = release("3.4.2+mine", "bbbbbbb1", 12, path="wheels/bbbbbbb1/x")
    tips = History([*published, release("3.3.1", "3.3.1", 8), own]).tips()
    assert [one.version for one in tips] == ["3.3.1", "3.4.2", "3.4.2+mine"]


def test_a_wheel_of_ones_own_comes_before_no_release():
    published = [release("3.4.1", "3.4.1", 1), release("3.4.2", "3.4.2", 4)]
    own = release("3.4.1.post5", "aaaaaaa6", 5, path="wheels/aaaaaaa6/x")
    history = History([*published, own])
    assert [one.version for one in history.branch("main")] == ["3.4.1", "3.4.1.post5", "3.4.2"]
    names = {one.version: history.before(one.hash) for one in history.branch("main")}
    assert names["3.4.2"].version == names["3.4.1.post5"].version == "3.4.1"
