"""What is done to the page cache: files let go of, and written over themselves."""

import os

import pytest

from tomobench.bench import cold, whole


@pytest.fixture
def file(tmp_path):
    (tmp_path / "store").mkdir()
    path = tmp_path / "store" / "chunk"
    path.write_bytes(os.urandom(2**20))
    try:
        cold.require_cold([path])
    except NotImplementedError as reason:
        pytest.skip(str(reason))
    return path


def test_a_file_that_is_settled_is_there_as_a_whole_and_as_it_was(file):
    content = file.read_bytes()
    cold.cool([file])
    assert cold.resident(file) == 0
    cold.settle([file])
    assert cold.resident(file) == 1
    cold.cool([file])
    assert file.read_bytes() == content


def test_settling_lets_go_of_what_was_there(file, monkeypatch):
    file.read_bytes()
    monkeypatch.setattr(cold, "cool", lambda files: gone.extend(files))
    gone = []
    cold.settle([file])
    assert gone == [file]


def test_a_system_that_does_not_let_go_has_it_all_the_same(file, monkeypatch):
    monkeypatch.delattr(os, "posix_fadvise")
    cold.settle([file])
    assert cold.resident(file) == 1


def test_a_family_of_processes_settles_a_store_once(file, tmp_path, monkeypatch):
    expected = whole.contents(file.parent)
    record = tmp_path / "settled-by"
    for family, resident in (("one", 1), ("one", 0), ("another", 1)):
        monkeypatch.setattr(cold, "FAMILY", family)
        cold.cool([file])
        assert cold.settle_once(file.parent, record, expected) == expected
        assert cold.resident(file) == resident


def test_a_file_that_was_touched_since_is_read_again(file, tmp_path):
    expected = whole.contents(file.parent)
    record = tmp_path / "settled-by"
    assert cold.settle_once(file.parent, record, expected) == expected
    file.write_bytes(bytes(2**20))
    found = cold.settle_once(file.parent, record, expected)
    assert whole.difference(found, expected) == "of 1 files 1 changed"
    file.unlink()
    assert cold.settle_once(file.parent, record, expected) == {}


def test_a_system_without_mincore_is_n_a_with_the_reason(tmp_path, monkeypatch):
    (tmp_path / "chunk").write_bytes(b"voxels")
    monkeypatch.setattr(cold.ctypes, "CDLL", lambda name, use_errno: object())
    with pytest.raises(NotImplementedError, match="no mincore"):
        cold.resident(tmp_path / "chunk")
