"""The two files: written whole, read strictly, laid one over the other."""

import errno
import hashlib
import json
import os
from dataclasses import replace

import pytest

from tests.unit.releases.making import release
from tomobench.desk.errors import UserError
from tomobench.desk.releases.history import ConflictingHashes
from tomobench.desk.releases.lock import (
    find_root,
    load,
    load_lock,
    load_own,
    save_lock,
    save_own,
    wheel_file,
)


@pytest.fixture
def lock(root):
    return root / "releases.lock.json"


def rewrite(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_what_is_saved_is_loaded_again(root):
    releases = [
        release("3.0.1", "aaaaaaa1", yanked="loses data — since 2025", requires_python=None),
        release("3.4.2", "3.4.2", 1, requires_dist=("numpy>=1.25", 'x; extra == "y"')),
    ]
    save_lock(root, reversed(releases))
    assert load_lock(root) == releases


def test_saving_twice_gives_the_same_bytes(root, lock):
    before = lock.read_bytes()
    save_lock(root, load_lock(root))
    assert lock.read_bytes() == before
    assert not list(root.glob(".releases*"))


def test_a_full_disk_leaves_the_lock_as_it_was(root, lock, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = lock.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="lock.json cannot be written: No space left"):
        save_lock(root, [])
    assert lock.read_bytes() == before
    assert not list(root.glob(".releases*"))


def test_own_wheels_lie_on_top(root):
    own = release("3.5.0.dev1", "aaaaaaaa", path="wheels/aaaaaaaa/x.whl")
    save_own(root, [own])
    assert load(root).branch("main")[-1] == own
    assert own not in load_lock(root)


def test_a_pre_release_that_was_added_stands_on_the_branch(root):
    listed = load(root).find("3.2.0rc1")
    assert listed not in load(root).branch("main")
    own = release("3.2.0rc1", listed.hash, 3, path=f"wheels/{listed.hash}/x.whl")
    save_own(root, [own])
    assert load(root).find("3.2.0rc1") == own
    assert own in load(root).branch("main")


def test_an_own_wheel_asv_would_confuse_with_a_release_is_named(root):
    save_own(root, [release("3.5.0.dev1", "3.4", path="wheels/3.4/x.whl")])
    with pytest.raises(ConflictingHashes, match="3.5.0.dev1.*releases remove"):
        load(root)


def test_a_missing_lock(root, lock):
    lock.unlink()
    with pytest.raises(UserError, match="missing.*releases update"):
        load(root)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"lock"',
        b"\xff\xfe",
        b"{}",
        b'{"schema": 1, "package": "zarr"}',
        b'{"schema": 1, "package": "zarr", "releases": 3}',
        b'{"schema": 1, "package": "zarr", "releases": [3]}',
        b'{"schema": 1, "package": "zarr", "releases": [{}]}',
        b'<<<<<<< HEAD\n{"schema": 1}\n=======\n',
    ],
)
def test_a_damaged_lock_gives_one_line(root, lock, content):
    lock.write_bytes(content)
    with pytest.raises(
        UserError, match=r"releases\.lock\.json cannot be used.*restore it"
    ) as caught:
        load(root)
    assert "\n" not in str(caught.value)


def test_an_unreadable_lock_gives_one_line(root, lock):
    lock.unlink()
    lock.mkdir()
    with pytest.raises(UserError, match="cannot be used"):
        load(root)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [("schema", 2, "schema 2"), ("schema", None, "schema None"), ("package", "dask", "'dask'")],
)
def test_a_lock_of_another_kind(root, lock, key, value, words):
    rewrite(lock, lambda content: content.update({key: value}))
    with pytest.raises(UserError, match=words):
        load(root)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("line", "3"),
        ("prerelease", True),
        ("uploaded", "yesterday"),
        ("uploaded", "2024-05-07T12:00:00"),
        ("version", "newest"),
        ("version", "1.0"),
        ("hash", 7),
        ("hash", "much-too-long"),
        ("requires_dist", None),
        ("wheel", ...),
    ],
)
def test_an_entry_edited_by_hand(root, lock, key, value):
    def change(content):
        entry = content["releases"][0]
        entry.pop(key) if value is ... else entry.update({key: value})

    rewrite(lock, change)
    with pytest.raises(UserError, match="cannot be used"):
        load(root)


def test_a_damaged_list_of_own_wheels_says_which_file(root):
    (root / ".tomobench").mkdir()
    (root / ".tomobench/releases.json").write_text("{")
    with pytest.raises(UserError, match=r"\.tomobench/releases\.json.*releases add"):
        load(root)


def test_no_own_wheels(root):
    assert load_own(root) == []


def test_where_a_release_is_installed_from(root):
    made = release("3.5.0.dev1", "aaaaaaaa", path="wheels/aaaaaaaa/x.whl")
    own = replace(made, sha256=hashlib.sha256(b"a wheel").hexdigest())
    with pytest.raises(UserError, match="gone.*remove aaaaaaaa"):
        wheel_file(root, own)
    path = root / ".tomobench/wheels/aaaaaaaa/x.whl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a wheel")
    assert wheel_file(root, own) == path
    path.write_bytes(b"another")
    with pytest.raises(UserError, match="no longer what was added.*remove aaaaaaaa"):
        wheel_file(root, own)
    assert wheel_file(root, load(root).find("3.4.2")) is None


def test_the_repository_is_found_from_a_folder_inside_it(root):
    inside = root / "results" / "machine"
    inside.mkdir(parents=True)
    assert find_root(inside) == root.resolve()


def test_outside_a_repository(tmp_path):
    with pytest.raises(UserError, match=r"asv\.conf\.json"):
        find_root(tmp_path)
