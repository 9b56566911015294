import asyncio
import threading

import pytest

from tomobench.bench import starts
from tomobench.bench.in_thread import InThread


def in_loop(act):
    """What the loop's executor makes of ``act``, while starts are counted: the result, and how many started."""

    async def run():
        asyncio.get_running_loop().set_default_executor(InThread())
        with starts.counting() as counter:
            first = next(counter)
            result = await asyncio.to_thread(act)
            return result, next(counter) - first - 1

    return asyncio.run(run())


def test_work_is_done_by_the_thread_that_asks():
    threads = threading.active_count()

    found, _ = in_loop(lambda: (threading.current_thread(), threading.active_count()))

    assert found == (threading.current_thread(), threads)


def test_an_error_comes_back():
    with pytest.raises(ZeroDivisionError):
        in_loop(lambda: 1 / 0)


def test_what_was_asked_for_counts_and_the_executor_does_not():
    assert in_loop(lambda: None)[1] == 1
