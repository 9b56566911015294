"""Two processes that write one thing of the cache: one waits, and says so, or ends; no lock is left behind."""

import subprocess
import sys
from contextlib import ExitStack, contextmanager

import pytest

from tomobench.bench import turns
from tomobench.bench.blame import NotMeasured
from tomobench.desk.cache import inventory

HOLDS = """
import sys
from pathlib import Path
from tomobench.bench import turns
with turns.turn(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
ADDS = """
import sys
from pathlib import Path
from tomobench.bench import turns
path = Path(sys.argv[1])
for _ in range(200):
    with turns.turn(path):
        path.write_text(str(int(path.read_text()) + 1))
"""


@contextmanager
def process(path, code=HOLDS):
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([sys.executable, "-c", code, path], text=True, **pipes) as started:
        try:
            yield started
        finally:
            started.kill()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "stores" / "wheel" / "volume" / "layout"


@pytest.mark.parametrize("end", [lambda first: first.stdin.close(), lambda first: first.kill()])
def test_the_second_waits_until_the_first_ends_and_says_for_what(path, end):
    with process(path) as first:
        assert first.stdout.readline() == "held\n"
        with process(path) as second:
            said = second.stderr.readline()
            assert said.startswith(turns.WAITING) and "volume/layout" in said
            end(first)
            assert second.stdout.readline() == "held\n"
            second.communicate()
    assert list(path.parent.iterdir()) == []


def test_the_second_ends_where_it_is_told_not_to_wait(path, monkeypatch):
    monkeypatch.setenv(turns.NO_WAIT, "1")
    with process(path) as first:
        assert first.stdout.readline() == "held\n"
        with pytest.raises(NotMeasured, match="is under way"), turns.turn(path):
            pass


def test_a_benchmark_does_not_wait_until_its_own_time_is_up(path, monkeypatch, capsys):
    monkeypatch.setattr(turns, "PATIENCE", 0)
    with process(path) as first:
        assert first.stdout.readline() == "held\n"
        with pytest.raises(NotMeasured, match="takes more than"), turns.turn(path):
            pass
    assert turns.WAITING in capsys.readouterr().err


def test_of_many_no_two_are_in_it_at_once(tmp_path):
    path = tmp_path / "count"
    path.write_text("0")
    with ExitStack() as stack:
        for one in [stack.enter_context(process(path, ADDS)) for _ in range(4)]:
            assert one.wait() == 0
    assert path.read_text() == "800" and list(tmp_path.iterdir()) == [path]


def test_a_lock_that_a_killed_process_left_is_a_leftover_and_in_nobodys_way(cache_folder):
    path = cache_folder / "stores" / "wheel" / "volume" / "layout"
    with process(path) as first:
        assert first.stdout.readline() == "held\n"
    (left,) = inventory.leftovers(quiet=-1)
    assert left.path == turns.lock_of(path)
    with turns.turn(path):
        pass
    assert list(inventory.leftovers(quiet=-1)) == []


def test_a_turn_that_failed_is_over(path):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), turns.turn(path):
            raise ZeroDivisionError
    assert list(path.parent.iterdir()) == []
