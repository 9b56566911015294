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


@contextmanager
def process(path):
    """A process that holds the lock from its line "held" until its input is closed."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    started = subprocess.Popen([sys.executable, "-c", HOLDS, path, WHAT], text=True, **pipes)
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


def test_a_lock_is_free_after_a_block_that_failed(path, monkeypatch):
    monkeypatch.setenv(locks.NO_WAIT, "1")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), locks.held(path, WHAT):
            raise ZeroDivisionError


def test_a_lock_that_cannot_be_made_is_one_line(path, refused):
    path.parent.write_text("a file in place of the folder")
    assert str(path) in refused(locks.held(path, WHAT).__enter__)
