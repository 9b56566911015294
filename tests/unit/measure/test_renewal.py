"""A renewal over a made suite: real worker processes, asv_runner's own setups, skips and teardowns."""

import contextlib
import math
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.measure import suite
from tomobench.desk.errors import UserError
from tomobench.desk.measure.race.renewal import FEWEST, SHORTEST, TURNS, WARMUP, Renewing, Runnable
from tomobench.desk.measure.race.worker import SCRIPT, Entry, NotApplicable, Worker

SUITE = "tiny.Suite."


@pytest.fixture
def benchmarks(tmp_path):
    return suite.write(tmp_path)


def entry(release):
    return Entry(release, sys.executable, {**os.environ, "RELEASE": release})


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """A renewal whose workers all tests ask in turn: what one leaves behind, the next must not meet."""
    folder = suite.write(tmp_path_factory.mktemp("renewal"))
    with Renewing(1, [entry("a"), entry("b")], folder, "made", random.Random(0)) as found:
        yield found


@pytest.fixture
def renewing(started):
    """The renewal, which has said nothing yet."""
    for said in (started.turns, started.untimed, started.seconds, started.disturbed):
        said.clear()
    return started


def cell(name, timeout=60):
    return Runnable(name, name, timeout)


def reasons(renewing):
    return {(release, name): (kind, reason) for release, name, kind, reason in renewing.untimed}


def test_every_release_has_each_turn_once(renewing):
    renewing.race(cell("tiny.time_two_ms"))
    found = {}
    for turn in renewing.turns:
        found.setdefault(turn.turn, []).append(turn)
    assert sorted(found) == list(range(-WARMUP, TURNS))
    for turns in found.values():
        assert sorted(turn.release for turn in turns) == ["a", "b"]
        assert [turn.order for turn in turns] == [0, 1]
    # Turns come in fours: an order, its reverse twice, the order.
    first = "".join(found[turn][0].release for turn in range(TURNS))
    fours = [first[n : n + 4] for n in range(0, TURNS, 4)]
    assert set(fours) == {"abba", "baab"}
    assert all(turn.seconds >= 0.002 for turn in renewing.turns)


def test_short_calls_are_repeated_within_a_turn_as_often_for_all(renewing):
    renewing.race(cell("tiny.time_one_ms"))
    # As often as the quickest call of the last turn before them asks for, however slow the machine is.
    quickest = min(turn.seconds for turn in renewing.turns if turn.turn == -1)
    calls = {turn.calls for turn in renewing.turns if turn.turn >= 0}
    assert calls == {max(1, math.ceil(SHORTEST / quickest))}
    assert all(turn.seconds >= 0.001 for turn in renewing.turns)


def test_setup_and_teardown_come_before_each_call(renewing):
    renewing.race(cell(SUITE + "time_needs_setup-0"))
    turns = 1 + max(turn.turn for turn in renewing.turns)
    assert FEWEST <= turns <= TURNS  # fewer where the machine is slow
    assert len(renewing.turns) == 2 * (turns + WARMUP) and not renewing.untimed


def test_a_cell_leaves_nothing_behind_for_the_next(renewing):
    for _ in range(2):
        renewing.race(cell(SUITE + "time_leaves_state-0"))
    assert not renewing.untimed


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("time_needs_setup-1", "n/a", "no such thing here"),
        ("time_needs_setup-2", "failed", "ValueError: broken on purpose"),
        ("time_is_skipped_late-0", "n/a", "found out when called"),
        ("time_fails_when_called-0", "failed", "RuntimeError: called, and failed"),
    ],
)
def test_what_cannot_be_timed_says_why_and_the_race_goes_on(renewing, name, kind, reason):
    renewing.race(cell(SUITE + name))
    assert set(reasons(renewing)) == {("a", SUITE + name), ("b", SUITE + name)}
    assert all(found[0] == kind and reason in found[1] for found in reasons(renewing).values())
    assert not renewing.turns
    renewing.race(cell("tiny.time_two_ms"))
    assert {turn.release for turn in renewing.turns} == {"a", "b"}


def test_what_the_machine_did_is_kept_of_no_release(renewing):
    for name in ("time_ends_its_process", "time_is_killed", "time_finds_the_disk_full"):
        renewing.race(cell(f"{SUITE}{name}-0"))
        assert not renewing.turns and not renewing.untimed and not renewing.seconds
    said = list(renewing.disturbed.values())
    assert "its process ended with 3" in said[0] and "SIGKILL" in said[1] and "No space" in said[2]
    renewing.race(cell("tiny.time_two_ms"))
    assert {turn.release for turn in renewing.turns} == {"a", "b"}


def test_a_failure_that_does_not_come_back_is_not_kept(renewing):
    renewing.race(cell(SUITE + "time_fails_once-0"))
    assert not renewing.turns and not renewing.untimed
    assert "once only" in renewing.disturbed[SUITE + "time_fails_once-0"]


def test_a_worker_that_hangs_is_ended_and_started_anew(renewing):
    renewing.race(cell("tiny.time_hangs", timeout=0.5))
    assert {kind for kind, _ in reasons(renewing).values()} == {"failed"}
    assert "timeout" in reasons(renewing)["a", "tiny.time_hangs"][1]
    renewing.race(cell("tiny.time_two_ms"))
    assert {turn.release for turn in renewing.turns} == {"a", "b"}


def test_a_release_without_the_cell_does_not_stop_the_others(renewing):
    renewing.race(cell("tiny.time_of_one_release"))
    assert {turn.release for turn in renewing.turns} == {"b"}
    assert reasons(renewing)["a", "tiny.time_of_one_release"] == ("n/a", "only b has it")


def test_a_release_left_out_is_not_asked(renewing):
    renewing.race(cell("tiny.time_two_ms"), left_out={"a"})
    assert {turn.release for turn in renewing.turns} == {"b"} and not renewing.untimed


def test_workers_end_with_their_input(benchmarks, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-P", SCRIPT, benchmarks], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert b"ready" in process.stdout.readline()
    process.stdin.write(b'{"open": "tiny.time_two_ms"}\n')
    process.stdin.flush()
    assert b"ready" in process.stdout.readline()
    process.stdin.close()
    assert process.wait(10) == 0 and process.stdout.read() == b""
    process.stdout.close()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs Linux's /proc")
def test_no_worker_outlives_its_renewal(benchmarks):
    with Renewing(1, [entry("a"), entry("b")], benchmarks, "made", random.Random(0)) as renewing:
        renewing.workers["a"].open("tiny.time_two_ms", 5)
        assert len(running(benchmarks)) == 3
    deadline = time.monotonic() + 10
    while running(benchmarks) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not running(benchmarks)


def running(benchmarks):
    """Processes with this folder on their command line; those that have ended have none."""
    lines = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines[path] = path.read_bytes()
    return [path for path, line in lines.items() if str(benchmarks).encode() in line]


def test_a_suite_that_cannot_be_imported_is_said(benchmarks):
    (benchmarks / "tiny.py").write_text("raise ImportError('no such zarr')")
    with (
        pytest.raises(UserError, match="release a: .*no such zarr"),
        Renewing(1, [entry("a")], benchmarks, "made", random.Random(0)),
    ):
        pass


def test_not_applicable_is_told_from_failed(benchmarks, tmp_path):
    worker = Worker(entry("a"), benchmarks, tmp_path)
    try:
        worker.wait_until_ready()
        with pytest.raises(NotApplicable, match="^no such thing here$"):
            worker.open(SUITE + "time_needs_setup-1", 5)
        worker.open("tiny.time_two_ms", 5)
        assert worker.time(1, 5) >= 0.002
        worker.close(5)
    finally:
        worker.end()
