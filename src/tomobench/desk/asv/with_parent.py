"""Run a command, and end it and all that it has begun when the process that asked for it ends, however it ends.

    python -I -S with_parent.py PARENT_PID COMMAND [ARGUMENT ...]

asv's server of benchmarks waits for its next word for good, also when asv was killed. This is its parent: it is of the
server's process group, hands on its output, and ends with its exit code. It leads the group, which holds what the
server forks. Run as a file, without site packages: it costs 20 ms, and then looks twice a second.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys

#: Seconds between looks at whether the parent is still there.
LOOK = 0.5


def command(parent: int, words: list[str]) -> list[str]:
    """The command line under which ``words`` end with the process ``parent``."""
    return [sys.executable, "-I", "-S", __file__, str(parent), *words]


def main(parent: int, words: list[str]) -> int:
    """Run the command; its exit code, negative for a signal."""
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    # Not ignored, which the command would inherit: Ctrl-C is for it.
    for one in (signal.SIGINT, signal.SIGCHLD):
        signal.signal(one, lambda *_: None)
    process = subprocess.Popen(words)
    while process.poll() is None:
        if os.getppid() != parent:
            os.killpg(0, signal.SIGKILL)
        if select.select([woken], [], [], LOOK)[0]:
            os.read(woken, 64)
    return process.returncode


def _end_as(code: int) -> None:
    """End as the command did: by the same signal, or with its code."""
    if code < 0:
        with contextlib.suppress(OSError):  # SIGKILL can't be set
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    _end_as(main(int(sys.argv[1]), sys.argv[2:]))
