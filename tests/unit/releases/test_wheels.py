"""Wheels of one's own: added, told apart, removed, and refused."""

import hashlib
import shutil
from datetime import UTC, datetime

import pytest

from tests.unit.releases.making import build_wheel, release
from tomobench.desk.errors import UserError
from tomobench.desk.releases.history import AmbiguousRelease, NoSuchRelease
from tomobench.desk.releases.lock import load, load_own, save_lock, wheel_file
from tomobench.desk.releases.wheels import add, remove


def state(root):
    """Everything in the repository, by path."""
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_wheel_is_copied_and_stands_last_on_its_line(root, tmp_path):
    path = build_wheel(tmp_path, "3.5.0.dev1")
    content = path.read_bytes()
    before = datetime.now(UTC)
    added, new = add(root, path)
    path.unlink()
    assert new
    assert load(root).branch("main")[-1] == load(root).find("3.5.0.dev1") == added
    assert added.sha256 == hashlib.sha256(content).hexdigest()
    assert before <= added.uploaded <= datetime.now(UTC)
    assert (added.requires_python, added.requires_dist) == (">=3.11", ("numpy>=1.25",))
    assert wheel_file(root, added).read_bytes() == content
    assert added.path == f"wheels/{added.sha256[:8]}/{path.name}"


def test_the_same_wheel_twice_is_one_release(root, tmp_path):
    path = build_wheel(tmp_path, "3.5.0.dev1")
    added, _ = add(root, path)
    before = state(root)
    assert add(root, path) == (added, False)
    assert state(root) == before


def test_two_wheels_of_one_version_are_told_apart(root, tmp_path):
    first, _ = add(root, build_wheel(tmp_path, "3.5.0.dev1"))
    second, new = add(root, build_wheel(tmp_path, "3.5.0.dev1", text="faster = True\n"))
    assert new
    assert first.hash != second.hash
    assert load(root).branch("main")[-2:] == [first, second]
    with pytest.raises(AmbiguousRelease, match=f"{first.hash}.*{second.hash}"):
        load(root).find("3.5.0.dev1")
    with pytest.raises(AmbiguousRelease):
        remove(root, "3.5.0.dev1")


def test_a_rebuilt_final_release_follows_the_published_one(root, tmp_path):
    rebuilt, _ = add(root, build_wheel(tmp_path, "3.0.10"))
    hashes = [one.hash for one in load(root).branch("main")]
    assert hashes == ["2.18.7", "3.0.10", rebuilt.hash, "3.4.2"]
    assert load(root).find("3.0.10").hash == "3.0.10"


def test_a_wheel_of_2_18_joins_both_branches(root, tmp_path):
    added, _ = add(root, build_wheel(tmp_path, "2.18.8.dev1"))
    assert [one.hash for one in load(root).branch("2.18")] == ["2.18.7", added.hash]
    assert [one.hash for one in load(root).branch("main")][:2] == ["2.18.7", added.hash]


@pytest.mark.parametrize(
    ("version", "hash", "joins"), [("3.4.2", "3.4.2", False), ("3.5.0rc1", None, True)]
)
def test_the_very_wheel_of_a_release_keeps_the_releases_hash(root, tmp_path, version, hash, joins):
    path = build_wheel(tmp_path, version)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    hash = hash or digest[:8]
    save_lock(root, [release(version, hash, sha256=digest)])
    added, new = add(root, path)
    assert (added.hash, new) == (hash, joins)
    assert [one.hash for one in load(root).branch("main")] == [hash]


def test_a_wheel_whose_digest_begins_like_anothers_hash_gets_another(root, tmp_path):
    path = build_wheel(tmp_path, "3.5.0.dev1")
    begin = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    save_lock(root, [release("3.5.0rc1", begin)])
    added, _ = add(root, path)
    assert added.hash != begin
    assert {one.hash for one in load(root).releases} == {begin, added.hash}


def test_removing_leaves_what_was_there_before(root, tmp_path):
    kept, _ = add(root, build_wheel(tmp_path, "3.5.0.dev1"))
    before = state(root)
    added, _ = add(root, build_wheel(tmp_path, "3.5.0.dev2"))
    assert remove(root, added.hash) == added
    assert state(root) == before
    assert remove(root, "3.5.0.dev1") == kept
    assert load_own(root) == []


def test_a_wheel_whose_copy_is_gone_can_be_removed(root, tmp_path):
    added, _ = add(root, build_wheel(tmp_path, "3.5.0.dev1"))
    shutil.rmtree(wheel_file(root, added).parent)
    remove(root, added.hash)
    assert load_own(root) == []


def test_a_release_of_the_index_cannot_be_removed(root):
    with pytest.raises(UserError, match="package index"):
        remove(root, "3.4.2")
    with pytest.raises(NoSuchRelease):
        remove(root, "3.9.9")


@pytest.mark.parametrize(
    ("version", "changes", "words"),
    [
        ("3.5.0", {"name": "dask"}, "of dask, not of zarr"),
        ("3.5.0", {"stated_name": "dask"}, "METADATA is that of dask"),
        ("3.5.0", {"stated": "3.4.9"}, "says version 3.4.9"),
        ("3.5.0", {"stated": "soon"}, "cannot be read"),
        ("3.5.0", {"metadata": ["Requires-Dist: ???"]}, "requirement that can't be read"),
        ("3.5.0", {"metadata": ["Requires-Python: new"]}, "cannot be read"),
        ("3.5.0", {"tag": "cp27-cp27m-win32"}, "another Python"),
        ("2.17.2", {}, "too old"),
        ("1.0", {}, "too old"),
    ],
)
def test_wheels_that_are_refused(root, tmp_path, version, changes, words):
    refused(root, build_wheel(tmp_path, version, **changes), words)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("zarr-3.5.0.tar.gz", b"", "not that of a wheel"),
        ("zarr-3.5.0-py3-none-any.whl", b"", "no zip archive"),
        ("zarr-3.5.0-py3-none-any.whl", b"<html>not found</html>", "no zip archive"),
        ("zarr-3.5.0-py3-none-any.whl", b"PK\x05\x06" + bytes(18), "no METADATA"),
        ("zarr-new-py3-none-any.whl", b"", "not that of a wheel"),
    ],
)
def test_files_that_are_no_wheels(root, tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    refused(root, path, words)


def test_a_truncated_wheel(root, tmp_path):
    path = build_wheel(tmp_path, "3.5.0")
    path.write_bytes(path.read_bytes()[:-40])
    refused(root, path, "no zip archive, or a damaged one")


def test_a_wheel_with_a_flipped_byte(root, tmp_path):
    path = build_wheel(tmp_path, "3.5.0")
    content = bytearray(path.read_bytes())
    content[content.index(b"__version__")] ^= 1
    path.write_bytes(content)
    refused(root, path, "damaged at zarr/__init__.py")


@pytest.mark.parametrize(
    ("place", "words"),
    [("nowhere/zarr-3.5.0-py3-none-any.whl", "cannot be read"), (".", "a folder, not a file")],
)
def test_a_wheel_that_cannot_be_read(root, tmp_path, place, words):
    refused(root, tmp_path / place, words)


def test_a_local_folder_that_cannot_be_made(root, tmp_path):
    (root / ".tomobench").write_text("in the way")
    refused(root, build_wheel(tmp_path, "3.5.0"), "cannot be written")


def refused(root, path, words):
    before = state(root)
    with pytest.raises(UserError, match=words) as caught:
        add(root, path)
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)
    assert state(root) == before
