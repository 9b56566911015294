"""A lock between two processes: one works, the other waits and says so, or ends."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from tomobench.desk import locks

WHAT = "another measurement"
HOLDS = """
import sys
from pathlib import Path
from tomobench.desk import locks
with locks.held(Path(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""
WRITES = HOLDS.replace("held(Path(sys.argv[1]), sys.argv[2])", "writing(Path(sys.argv[1]))")


@contextmanager
def process(path, code=HOLDS):
    """A process that holds the lock from its line "held" until its input is closed."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    started = subprocess.Popen([sys.executable, "-c", code, path, WHAT], text=True, **pipes)
    with started:
        try:
            yield started
        finally:
            started.kill()


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.delenv(locks.NO_WAIT, raising=False)
    return tmp_path / "folder" / "lock"


@pytest.mark.parametrize("end", [lambda first: first.stdin.close(), lambda first: first.kill()])
def test_the_second_process_waits_until_the_first_ends_and_says_for_what(path, end):
    with process(path) as first:
        assert first.stdout.readline() == "held\n"
        with process(path) as second:
            said = second.stderr.readline()
            assert said.startswith("tomobench: ") and WHAT in said and locks.NO_WAIT in said
            end(first)
            assert second.stdout.readline() == "held\n"
            assert second.communicate()[1] == ""


def test_the_second_process_ends_where_it_is_told_not_to_wait(path, refused, monkeypatch):
    monkeypatch.setenv(locks.NO_WAIT, "1")
    with process(path) as first:
        assert first.stdout.readline() == "held\n"
        assert f"{WHAT} is under way" in refused(locks.held(path, WHAT).__enter__)
        first.communicate()
        with locks.held(path, WHAT):
            pass


def test_a_folder_is_locked_by_whatever_links_it_is_reached(tmp_path, refused, monkeypatch):
    monkeypatch.setenv(locks.NO_WAIT, "1")
    shared = tmp_path / "shared" / "results"
    shared.mkdir(parents=True)
    clones = [tmp_path / "one", tmp_path / "other"]
    for clone in clones:
        clone.mkdir()
        (clone / "results").symlink_to(shared, target_is_directory=True)
    (tmp_path / "linked").symlink_to(clones[1], target_is_directory=True)
    with process(clones[0] / "results", WRITES) as first:
        assert first.stdout.readline() == "held\n"
        for same in (shared, clones[1] / "results", tmp_path / "linked" / "results"):
            assert "is under way" in refused(locks.writing(same).__enter__)
        first.communicate()
    assert {one.name for one in clones[0].iterdir()} == {"results"}


def test_a_lock_is_free_after_a_block_that_failed(path, monkeypatch):
    monkeypatch.setenv(locks.NO_WAIT, "1")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), locks.held(path, WHAT):
            raise ZeroDivisionError


def test_a_lock_that_cannot_be_made_is_one_line(path, refused):
    path.parent.write_text("a file in place of the folder")
    assert str(path) in refused(locks.held(path, WHAT).__enter__)
