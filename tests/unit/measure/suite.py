"""A folder of benchmarks made for the tests: quick, slow, n/a, failing, dying, hanging."""

from pathlib import Path

TINY = """
import errno
import os
import signal
import time


class Suite:
    params = [["plain", "n/a", "broken"]]
    param_names = ["kind"]
    version = "1"
    timeout = 5
    calls = 0

    def setup(self, kind):
        print("said on standard output")
        if kind == "n/a":
            raise NotImplementedError("no such thing here")
        if kind == "broken":
            raise ValueError("broken on purpose")
        self.ready = True

    def teardown(self, kind):
        self.ready = False

    def time_needs_setup(self, kind):
        assert self.ready
        self.ready = False

    def time_leaves_state(self, kind):
        assert "left" not in os.environ or Suite.calls
        os.environ["left"] = "behind"
        Suite.calls += 1

    def time_ends_its_process(self, kind):
        os._exit(3)

    def time_is_killed(self, kind):
        os.kill(os.getpid(), signal.SIGKILL)

    def time_finds_the_disk_full(self, kind):
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise KeyError("a chunk") from error

    def time_fails_once(self, kind):
        seen = os.path.join(os.path.dirname(__file__), f"seen-by-{os.environ['RELEASE']}")
        if not os.path.exists(seen):
            open(seen, "w").close()
            raise RuntimeError("once only")

    def time_is_skipped_late(self, kind):
        raise NotImplementedError("found out when called")

    def time_fails_when_called(self, kind):
        raise RuntimeError("called, and failed")


def time_two_ms():
    time.sleep(0.002)


def time_one_ms():
    time.sleep(0.001)


def time_hangs():
    time.sleep(1000)


def time_of_one_release():
    if os.environ["RELEASE"] != "b":
        raise NotImplementedError("only b has it")


time_hangs.timeout = 0.5
"""


def write(folder: Path) -> Path:
    """Write the suite below ``folder``; where it is."""
    suite = folder / "suite"
    suite.mkdir()
    (suite / "__init__.py").touch()
    (suite / "tiny.py").write_text(TINY)
    return suite
