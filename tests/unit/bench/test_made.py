"""What is made once and kept beside a store: made again when it is no longer what it was."""

import numpy as np
import pytest

from tomobench.bench import kept_in
from tomobench.bench.layout import Layout
from tomobench.bench.made import made_once
from tomobench.bench.store import ARRAY, Store

CHANGES = {
    "a file is gone": lambda kept: (kept / "a").unlink(),
    "a file is changed": lambda kept: (kept / "a").write_text("z"),
    "a file came": lambda kept: (kept / "c").write_text("c"),
    "nothing says what it was": lambda kept: (kept.parent / "files.json").unlink(),
    "what says so is torn": lambda kept: (kept.parent / "files.json").write_text("{"),
}


@pytest.fixture
def made(tmp_path):
    """A function that asks for what is made, and a list with an entry for each time it was."""
    times = []

    def make(path):
        times.append(path)
        path.mkdir()
        (path / "a").write_text("a")
        (path / "b").write_text("b")

    return lambda: made_once(tmp_path / "folder", "kept", make) / "kept", times


def test_it_is_made_once(made):
    ask, times = made
    assert ask() == ask() and len(times) == 1


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_made_again_when_its_files_are_others(made, change):
    ask, times = made
    CHANGES[change](ask())
    assert sorted(path.name for path in ask().iterdir()) == ["a", "b"]
    assert ask().joinpath("a").read_text() == "a" and len(times) == 2


@pytest.mark.parametrize("kind", ["zip", "local"])
def test_a_damaged_store_of_a_kind_is_written_again(tmp_path, monkeypatch, kind):
    def write(kind, path, store, voxels):
        if kind == "zip":
            path.write_bytes(voxels.tobytes())
        else:
            path.mkdir()
            (path / "0.0.0").write_bytes(voxels.tobytes())

    monkeypatch.setattr(kept_in, "write", write)
    store = Store(tmp_path, Layout((4, 4, 4)), np.ones((4, 4, 4), np.float32))
    path = kept_in.ready(store, kind)
    file = path if kind == "zip" else path / "0.0.0"
    assert path.name == ARRAY and file.read_bytes() == store.voxels.tobytes()
    file.unlink()
    assert kept_in.ready(store, kind) == path and file.read_bytes() == store.voxels.tobytes()
