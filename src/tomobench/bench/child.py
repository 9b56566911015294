"""A function in a process of its own, forked: what it leaves behind (threads, a lock, a kill) is nobody else's.

A process that has used zarr can't be forked any more, for zarr's threads are not: what is run here must be run
before its parent uses zarr.
"""

import multiprocessing
import os
from collections.abc import Callable

from tomobench.bench import blame
from tomobench.bench.blame import NotMeasured, Whose

#: How many times longer a child is waited for when it is tried again.
PATIENCE = 3


class EndedWithoutAnswer(RuntimeError):
    """A child ended without an answer; ``code`` as in subprocess, negative for a signal."""

    def __init__(self, code: int):
        super().__init__(blame.say_end(code))
        self.code = code

    @property
    def whose(self) -> Whose:
        """Whose doing that is."""
        return blame.ended(self.code)


class Child:
    """A function in a forked process; it returns what can be pickled.

    Raises NotImplementedError where the system has no fork.
    """

    def __init__(self, function: Callable, *arguments):
        if not hasattr(os, "fork"):
            raise NotImplementedError("this system has no fork, which a child of its own takes")
        context = multiprocessing.get_context("fork")
        self._here, there = context.Pipe(duplex=False)
        self._process = context.Process(target=_report, args=(there, function, arguments))
        self._process.start()
        there.close()

    def result(self, seconds: float):
        """What it returned; None if it has not after so many seconds. Then it is ended. Raises EndedWithoutAnswer."""
        try:
            return self._here.recv() if self._here.poll(max(0, seconds)) else None
        except EOFError:
            self._process.join()
            assert self._process.exitcode is not None  # it was joined
            raise EndedWithoutAnswer(self._process.exitcode) from None
        finally:
            self.end()

    def end(self) -> None:
        """Kill it, if it is not over."""
        self._process.kill()
        self._process.join()


def in_a_child(find: Callable[..., dict], seconds: float, *arguments) -> dict:
    """What :func:`blame.look` gives of ``find``, in a child: figures, or the one key ``failed`` or ``impossible``.

    Raises NotMeasured where the machine was in the way. One that dies of the release's own code has failed. So
    has one that is not over after ``seconds``, and in a second child not after PATIENCE times as many: a busy
    machine is slow, a release that hangs does so twice.
    """
    try:
        found = _waited(find, seconds, arguments) or _waited(find, PATIENCE * seconds, arguments)
    except EndedWithoutAnswer as end:
        if end.whose is Whose.OURS:
            raise NotMeasured(str(end)) from None
        return {"failed": str(end)}
    if found is None:
        return {"failed": f"not over after {PATIENCE * seconds:g} s"}
    kind, answer = found
    if kind is Whose.OURS:
        raise NotMeasured(answer)
    return answer


def _waited(find: Callable[..., dict], seconds: float, arguments: tuple) -> tuple | None:
    return Child(_looked, find, *arguments).result(seconds)


def _looked(find: Callable[..., dict], *arguments) -> tuple:
    try:
        return None, blame.look(find, *arguments)
    except NotMeasured as error:
        return Whose.OURS, str(error)


def _report(pipe, function: Callable, arguments: tuple) -> None:
    pipe.send(function(*arguments))
