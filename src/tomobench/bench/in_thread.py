"""An executor without threads: what it is given is done at once, by the thread that asks."""

from concurrent.futures import Future, ThreadPoolExecutor

from tomobench.bench import starts


class InThread(ThreadPoolExecutor):
    """Of a pool's class, since asyncio takes no other; it starts no thread."""

    @starts.uncounted
    def submit(self, fn, /, *args, **kwargs):
        done: Future = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - whoever waits for it is told
            # Its traceback would hold the frames of all who wait, and what they hold, until Python looks for cycles.
            done.set_exception(error.with_traceback(None))
        return done
