"""One step, in a process of its own: ``python -m tomobench.desk.measure.history.one_step``, for measuring.py."""

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil

from tomobench.desk.asv import running
from tomobench.desk.asv.session import session
from tomobench.desk.errors import UserError
from tomobench.desk.measure.history import possible
from tomobench.desk.results import reading as results

NOT_MEASURED = "not-measured.json"
"""In the folder of the results: the benchmarks that the machine kept from being measured, and why."""

PATIENCE = 10
"""Seconds in which an interrupted step must end."""


def main() -> None:
    """Have asv measure a release's benchmarks on a volume, with its results in a folder. Exit code 1: it could not."""
    parser = argparse.ArgumentParser()
    for name in ("root", "folder", "volume", "release", "bench", "machine"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--starter", type=int, required=True, help="the process that keeps it")
    asked = parser.parse_args()
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # it may have been ignored where all this was started
    try:
        threading.Thread(target=_end_with, args=[asked.starter], daemon=True).start()
        with session(Path(asked.root)), running.on_volume(asked.volume):
            conf = results.config(Path(asked.root))
            conf.results_dir = asked.folder
            bench = possible.only(conf, asked.release, asked.bench)
            left = running.run(conf, asked.release, bench, asked.machine)
            Path(asked.folder, NOT_MEASURED).write_text(json.dumps(left))
    except UserError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")
    finally:
        end_session(os.getpid())


def end_session(leader: int) -> None:
    """Kill what is left of the session that a process leads, but for the calling process.

    Its group alone would not do: asv's server has one of its own, and stays when asv is interrupted while starting it.
    """
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if pid not in (0, os.getpid()) and os.getsid(pid) == leader:
                os.kill(pid, signal.SIGKILL)


def _end_with(starter: int) -> None:
    """Interrupt this process when ``starter``, the one that began it, is gone: nobody would keep what it finds.

    After a while it is killed, with its session: asv can hang in being interrupted.
    """
    while os.getppid() == starter:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(PATIENCE)
    end_session(os.getpid())
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
