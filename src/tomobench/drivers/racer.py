"""A worker of the desk: one release, told over pipes what to time, one turn at a time, or what to count.

Run as ``python -P racer.py BENCHMARKS`` with a release's Python and environment. It imports the suites
once, as asv's forkserver does, and forks for each cell, so that nothing a cell leaves behind (a pinned
concurrency, threads, caches, memory) is there in the next. Setups, skips, timers and teardowns are
asv_runner's own, on the very classes that asv measures.

A request is a line of JSON on standard input, and so is its answer on standard output:

    {"open": "read.Chunks.time_whole-5"}   {"state": "ready"}; or one of blame's words with a "reason"
    {"time": 3}                            {"seconds": mean of 3 calls}; or as above
    {"value": true}                        {"value": what a benchmark that is not timed gives}; or as above
    {"close": true}                        {"state": "closed"}, after the teardown

What benchmarks print goes to standard error. The worker ends when its input does.
"""

import contextlib
import functools
import io
import json
import os
import re
import sys
import traceback
from pathlib import Path

from asv_runner._aux import update_sys_path
from asv_runner.discovery import disc_benchmarks, get_benchmark_from_name

# A release's environment has no tomobench installed: its bench half is used in place.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from tomobench.bench import blame
from tomobench.bench.blame import Whose


class Pipe:
    """The two pipes to the desk, out of reach of what benchmarks print and read."""

    def __init__(self):
        # Not buffered: what one process has read ahead, its fork would miss.
        self._requests = os.fdopen(os.dup(0), "rb", buffering=0)
        self._answers = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)

    def request(self) -> dict | None:
        """The next request; None when there will be no more."""
        line = self._requests.readline()
        return json.loads(line) if line else None

    def answer(self, **content) -> None:
        os.write(self._answers, json.dumps(content).encode() + b"\n")


def main(folder: str) -> None:
    """Serve requests until there are no more."""
    pipe = Pipe()
    update_sys_path(folder)
    for _ in disc_benchmarks(folder):
        pass  # imported, all of them
    pipe.answer(state="ready")
    while (asked := pipe.request()) is not None:
        if child := os.fork():
            _, status = os.waitpid(child, 0)
            if status:
                code = os.waitstatus_to_exitcode(status)
                pipe.answer(state=blame.ended(code), reason=blame.say_end(code))
        else:
            _cell_in_a_fork(pipe, folder, asked["open"])


def _cell_in_a_fork(pipe: Pipe, folder: str, name: str) -> None:
    """Serve one cell, then end without what a Python process does at its end: it is the parent's."""
    code = 1
    try:
        serve(pipe, folder, name)
        code = 0
    finally:
        if code:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve(pipe: Pipe, folder: str, name: str) -> None:
    """One cell: its setup, its turns, its teardown. It is over after n/a, failed or closed."""
    state, benchmark = _tried(lambda: _set_up(get_benchmark_from_name(folder, name)))
    if state != "ready":
        pipe.answer(state=state, reason=benchmark)
        return
    pipe.answer(state="ready")
    while (asked := pipe.request()) is not None and "close" not in asked:
        state, found = _tried(functools.partial(_answer, benchmark, asked))
        if state != "ready":
            _tried(benchmark.do_teardown)
            pipe.answer(state=state, reason=found)
            return
        pipe.answer(**found)
    # Its times are taken: what fails in the teardown changes none.
    _tried(benchmark.do_teardown)
    if asked is not None:
        pipe.answer(state="closed")


def _answer(benchmark, asked: dict) -> dict:
    """What a benchmark that is set up gives."""
    if "value" in asked:
        return {"value": float(benchmark.do_run())}
    return {"seconds": _timer(benchmark).timeit(asked["time"]) / asked["time"]}


@functools.cache
def _timer(benchmark):
    return benchmark._get_interleaved_timer(*benchmark._build_params())


def _tried(action) -> tuple:
    """("ready", what the action returned), or (whose doing it is that there is nothing, the reason)."""
    try:
        return "ready", action()
    except Exception as error:  # noqa: BLE001 - a benchmark raises what it likes
        kind, reason = blame.judged(error)
        if kind is not Whose.NOBODY:
            traceback.print_exc()
        return kind, reason


def _set_up(benchmark):
    """Run a benchmark's setup, and return it. Raises NotImplementedError where there is none to time."""
    benchmark.set_cache(benchmark.do_setup_cache())
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        skipped = benchmark.do_setup()
    if skipped:
        _tried(benchmark.do_teardown)
        reason = re.findall(
            r"asv: skipped: NotImplementedError\(['\"]?(.*?)['\"]?\) *$", said.getvalue()
        )
        raise NotImplementedError(reason[-1] if reason else "skipped by its parameters")
    return benchmark


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
