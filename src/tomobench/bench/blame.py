"""Whose doing a failure is: the release's, or the machine's.

What is kept as "this release fails" accuses zarr. So it must be zarr's doing, and be seen twice, the second
time in a fresh process and folder. A full disk, no memory, no permission, a server of ours that is gone, an
interrupt or a kill are the machine's: nothing is kept, and the next run tries again.

Every place that catches whatever a release raises asks :func:`judged`.
"""

import multiprocessing
import os
import re
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from enum import StrEnum

from tomobench.bench.cache import root
from tomobench.bench.errnos import NETWORK, SYSTEM


class Whose(StrEnum):
    """Whose doing it is that there is no figure; the values are the words that people see."""

    NOBODY = "n/a"  # the release, the line or the system has no such thing
    OURS = "not measured"
    RELEASE = "failed"


class NotMeasured(RuntimeError):
    """The machine, or what we run on it, was in the way. No result; the next run tries again."""


#: How Rust (obstore) and C++ (tensorstore) spell an error of the system inside a message of their own.
SPELT = re.compile(r"\bos error:? ([0-9]+)", re.IGNORECASE)
#: How a process dies of its own code. Any other signal comes from outside: a kill, no memory, a closed terminal.
CRASHES = {
    signal.SIGSEGV,
    signal.SIGABRT,
    signal.SIGILL,
    signal.SIGFPE,
    signal.SIGTRAP,
    signal.SIGSYS,
}
#: Packages of a release's environment that are ours to answer for: the harness, and NumPy as we use it.
HARNESS = ("asv_runner", "numpy", "tomobench")
#: Bytes free on the cache's disk below which no failure is believed: what was raised may hide the full disk.
ROOM = 2**24
#: How often a failure is looked for again before it is given up as one that comes and goes.
LOOKS = 4
#: The key of an entry of which it is not known whose doing it is that there are no figures (:mod:`tomobench.bench.entries`).
UNSETTLED = "unsettled"


def judged(error: BaseException, provoked: bool = False) -> tuple[Whose, str]:
    """Whose doing an exception is, with all that it came from (``__cause__``, ``__context__``); and why, in a line.

    ``provoked``: errors of the network are part of what is measured.
    """
    if isinstance(error, NotImplementedError):
        return Whose.NOBODY, " ".join(str(error).split()) or "NotImplementedError"
    involved = any(_through_release(one) for one in chain(error))
    for one in chain(error):
        if _ours(one, provoked, involved):
            return Whose.OURS, say(one)
    if not _room():
        return Whose.OURS, f"{say(error)}; and the disk of the cache is full"
    return Whose.RELEASE, say(error)


def ended(code: int) -> Whose:
    """Whose doing it is that a process ended with ``code``: negative for a signal, as in subprocess.

    A code above 0 without a word is ours: a release that raises is always reported as such.
    """
    return Whose.RELEASE if -code in CRASHES else Whose.OURS


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, those of its group, what it was raised from, and what was being handled then."""
    seen: set[int] = set()
    left = [error]
    while left:
        error = left.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        yield error
        group = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
        left += [error.__cause__ or error.__context__, *reversed(group)]


def say(error: BaseException) -> str:
    """An exception in one line of at most 300 characters."""
    kind = "" if isinstance(error, NotMeasured) else f"{type(error).__name__}: "
    return " ".join(f"{kind}{_told(error)}".split())[:300].removesuffix(":")


def say_end(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"its process ended with {code}"
    try:
        return f"its process was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"its process was ended by signal {-code}"


def look(find: Callable[..., dict], *arguments) -> dict:
    """What ``find`` finds, or the one key ``failed`` or ``impossible`` with the reason.

    Raises NotMeasured where the machine was in the way. A failure was seen once: :func:`confirmed` looks again.
    """
    try:
        return find(*arguments)
    except Exception as error:
        kind, reason = judged(error)
        if kind is Whose.OURS:
            raise NotMeasured(reason) from error
        return {"impossible" if kind is Whose.NOBODY else "failed": reason}


def seen_twice(find: Callable[..., dict], *arguments) -> dict:
    """As :func:`look`; a failure was seen again in a fresh process, as :func:`confirmed` has it."""
    return confirmed(look(find, *arguments), failed, find, *arguments)


def reason(found: dict) -> str | None:
    """Why :func:`look` gave no figures; None where it gave some."""
    return found.get("failed") or found.get("impossible")


def require(found: dict) -> dict:
    """The figures. Raises NotImplementedError where they are impossible, RuntimeError where it failed, NotMeasured where
    that is not settled."""
    if UNSETTLED in found:
        raise NotMeasured(found[UNSETTLED])
    if "impossible" in found:
        raise NotImplementedError(found["impossible"])
    if "failed" in found:
        raise RuntimeError(found["failed"])
    return found


def failed(found: dict) -> set[str]:
    """The failures of what :func:`look` gave, for :func:`confirmed`."""
    return found.keys() & {"failed"}


def confirmed(
    found: dict,
    failures: Callable[[dict], set],
    find: Callable[..., dict],
    *arguments,
    confirming: Callable[[dict], set] | None = None,
) -> dict:
    """``found``, once all its ``failures`` were seen again: see :func:`unconfirmed`. Raises NotMeasured if one was not."""
    if left := unconfirmed(found, failures, find, *arguments, confirming=confirming):
        raise NotMeasured("; ".join(dict.fromkeys(left.values())))
    return found


def unconfirmed(
    found: dict,
    failures: Callable[[dict], set],
    find: Callable[..., dict],
    *arguments,
    confirming: Callable[[dict], set] | None = None,
) -> dict[str, str]:
    """Which ``failures`` of ``found`` are not seen again by ``find(*arguments)`` in a fresh process, and why.

    ``failures`` gives keys of what it is given; ``confirming``: those that what is found again confirms, if more than failures.
    ``find`` works in a folder of its own; it and its arguments can be pickled. Of a failure that does not come back in
    LOOKS looks, or in whose look the machine was in the way, it is not known whose it is.
    """
    left, why = failures(found), ""
    try:
        for _ in range(LOOKS):
            if not left:
                break
            again = afresh(look, find, *arguments)
            left -= left if "failed" in again else (confirming or failures)(again)
    except NotMeasured as reason:
        why = str(reason)
    return {key: why or f"it failed once, and not again: {key}: {found[key]}" for key in left}


def afresh(function: Callable, *arguments):
    """What a function returns in a new process, which has imported nothing yet.

    Raises NotMeasured if that process raises, or something ended it; ``{"failed": …}`` if it crashed.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(there, function, arguments))
    process.start()
    there.close()
    try:
        kind, answer = here.recv()
    except EOFError:
        process.join()
        assert process.exitcode is not None  # it was joined
        if ended(process.exitcode) is Whose.RELEASE:
            return {"failed": say_end(process.exitcode)}
        raise NotMeasured(say_end(process.exitcode)) from None
    finally:
        process.kill()
        process.join()
    if kind is Whose.OURS:
        raise NotMeasured(answer)
    return answer


#: Begins the line in which a benchmark's process says whose doing its end is. A process that says nothing was
#: ended by the machine: the release is accused only by name.
MARK = "tomobench: "


def declare(error: BaseException) -> None:
    """Print, for the reader of this process's output, who caused an exception."""
    print(f"{MARK}{': '.join(judged(error))}", file=sys.stderr, flush=True)


def declared(output: str) -> tuple[Whose, str] | None:
    """Whose doing it was, and the exception, as the last such line of an output says; None without one."""
    found = re.findall(rf"^{MARK}({'|'.join(Whose)}): (.*)$", output, re.MULTILINE)
    return (Whose(found[-1][0]), found[-1][1]) if found else None


def watch(benchmark: type) -> None:
    """Have asv_runner's ``benchmark`` class declare what is raised in setups and benchmarks.

    Nothing comes between the clock and the call: what is wrapped is asv_runner's own loop around it.
    """
    for name in ("do_setup", "do_run"):
        if not hasattr(inner := getattr(benchmark, name), "declares"):
            setattr(benchmark, name, _declaring(inner))


def _declaring(inner: Callable) -> Callable:
    def declaring(self):
        try:
            return inner(self)
        except BaseException as error:
            declare(error)
            raise

    declaring.declares = True  # type: ignore[attr-defined]
    return declaring


def _ours(error: BaseException, provoked: bool, involved: bool) -> bool:
    """``involved``: a package of the release's had a part in what was raised."""
    if isinstance(error, OSError):
        return _of_the_system(error, provoked, involved)
    if isinstance(error, NotMeasured | MemoryError | KeyboardInterrupt | SystemExit):
        return True
    spelt = {int(number) for number in SPELT.findall(str(error))}
    return bool(spelt & _blamed(provoked)) or "can't start new thread" in str(error)


def _of_the_system(error: OSError, provoked: bool, involved: bool) -> bool:
    if isinstance(error, ConnectionError | TimeoutError) or error.errno in NETWORK:
        return not provoked
    return not involved or error.errno in SYSTEM or isinstance(error, PermissionError)


def _blamed(provoked: bool) -> frozenset[int]:
    return SYSTEM if provoked else SYSTEM | NETWORK


def _through_release(error: BaseException) -> bool:
    """Whether a package of the release's environment raised it, or passed it on."""
    folder = os.environ.get("TOMOBENCH_RELEASE_DIR")
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    return any(
        (folder and file.startswith(folder))
        or (
            "site-packages" in file and not any(f"{os.sep}{one}{os.sep}" in file for one in HARNESS)
        )
        for file in files
    )


def _room() -> bool:
    """Whether the cache's disk has room; also where that can't be known."""
    try:
        return shutil.disk_usage(root()).free >= ROOM
    except OSError:
        return True


def _told(error: BaseException) -> str:
    """``shutil.copytree`` lists each file that it could not copy: the first says why."""
    if isinstance(error, shutil.Error) and isinstance(error.args[0], list):
        (*_, why), *others = error.args[0]
        return f"{why}, and {len(others)} more" if others else why
    return str(error)


def _answer(pipe, function: Callable, arguments: tuple) -> None:
    threading.Thread(target=end_with_parent, daemon=True).start()
    answer: tuple[Whose | None, object]
    try:
        answer = (None, function(*arguments))
    except Exception as error:  # noqa: BLE001 - a look that fails has said so in what it returns
        answer = (Whose.OURS, judged(error)[1])
    pipe.send(answer)


def end_with_parent() -> None:
    """asv ends what takes too long: then nobody waits for the answer of this process."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # as in every process of multiprocessing's
    parent.join()
    os._exit(1)
