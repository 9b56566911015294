import asyncio
import threading

import pytest

from tomobench.bench import in_thread, starts
from tomobench.bench.in_thread import InThread


def in_loop(act):
    """What the loop's executor makes of ``act``, while starts are noted: the result, and what of ours started meanwhile.

    Threads that other tests have left are not looked at.
    """

    async def run():
        asyncio.get_running_loop().set_default_executor(InThread())
        with starts.noting() as noted:
            result = await asyncio.to_thread(act)
        ours = (__file__, in_thread.__file__)
        return result, [code.co_name for code in noted if code.co_filename in ours]

    return asyncio.run(run())


def test_work_is_done_by_the_thread_that_asks():
    threads = threading.active_count()

    found, _ = in_loop(lambda: (threading.current_thread(), threading.active_count()))

    assert found == (threading.current_thread(), threads)


def test_an_error_comes_back():
    with pytest.raises(ZeroDivisionError):
        in_loop(lambda: 1 / 0)


def test_what_was_asked_for_counts_and_the_executor_does_not():
    def asked_for():
        pass

    assert in_loop(asked_for)[1] == ["asked_for"]
