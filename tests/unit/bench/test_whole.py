"""Files are compared by name, size and checksum, and nothing that changes them is missed."""

import errno

import pytest

from tomobench.bench import cache, whole


@pytest.fixture
def folder(tmp_path):
    for name in ("zarr.json", "c/0/0", "c/0/1", "c/1/0"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 100)
    return tmp_path


def test_what_nobody_touched_is_equal(folder):
    before = whole.contents(folder)
    assert sorted(before) == ["c/0/0", "c/0/1", "c/1/0", "zarr.json"]
    assert whole.difference(whole.contents(folder), before) is None
    assert whole.stats(folder) == whole.stats(folder)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "c/0/1").unlink(), "of 4 files 1 missing"),
        (lambda folder: (folder / "c/0/2").touch(), "of 4 files 1 too many"),
        (lambda folder: (folder / "c/0/1").write_bytes(b""), "of 4 files 1 changed"),
        (lambda folder: (folder / "c/0/1").write_bytes(b"c/0/2" * 100), "of 4 files 1 changed"),
        (
            lambda folder: (folder / "c/0/1").rename(folder / "c/9"),
            "of 4 files 1 missing, 1 too many",
        ),
    ],
)
def test_any_change_is_a_difference(folder, damage, said):
    before, touched = whole.contents(folder), whole.stats(folder)
    damage(folder)
    assert whole.difference(whole.contents(folder), before) == said
    assert whole.stats(folder) != touched


def test_a_folder_that_is_gone_lacks_everything(folder):
    before = whole.contents(folder)
    assert whole.difference(whole.contents(folder / "nowhere"), before) == "of 4 files 4 missing"


def test_a_disk_that_is_full_names_the_file(tmp_path):
    with pytest.raises(OSError, match="No space") as caught, cache.whole_file(tmp_path / "file"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_text_is_utf_8_whatever_the_locale(tmp_path):
    with cache.whole_file(tmp_path / "file", "w") as file:
        assert file.encoding == "utf-8"
