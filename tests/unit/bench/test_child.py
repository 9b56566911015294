"""A child of its own: slow once is the machine's, slow twice the release's."""

import faulthandler
import os
import signal
import threading

import pytest

from tomobench.bench.blame import NotMeasured
from tomobench.bench.child import in_a_child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def _for_ever() -> dict:
    threading.Event().wait()
    return {}


def _slow_once(flag) -> dict:
    if not flag.exists():
        flag.touch()
        _for_ever()
    return {"found": 1}


def _raising() -> dict:
    raise ValueError("no such codec")


def _ended(number) -> dict:
    faulthandler.disable()  # pytest's, which would print a traceback
    os.kill(os.getpid(), number)
    return {}


def test_a_child_that_is_slow_once_is_tried_again(tmp_path):
    assert in_a_child(_slow_once, 2, tmp_path / "flag") == {"found": 1}


def test_a_child_that_hangs_twice_has_failed():
    assert in_a_child(_for_ever, 0.1) == {"failed": "not over after 0.3 s"}


def test_what_a_child_raises_is_said_once():
    assert in_a_child(_raising, 60) == {"failed": "ValueError: no such codec"}


def test_a_crash_is_the_releases_and_a_kill_the_machines():
    assert in_a_child(_ended, 60, signal.SIGSEGV) == {"failed": "its process was ended by SIGSEGV"}
    with pytest.raises(NotMeasured, match="SIGKILL"):
        in_a_child(_ended, 60, signal.SIGKILL)
