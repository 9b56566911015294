"""One step, in a process of its own: ``python -m tomobench.desk.campaign.one_step``, for measuring.py."""

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path

from tomobench.desk import results
from tomobench.desk.asv import running
from tomobench.desk.asv.session import session
from tomobench.desk.errors import UserError

PATIENCE = 10
"""Seconds in which an interrupted step must end."""


def main() -> None:
    """Have asv measure a release's benchmarks on a volume, with its results in a folder. Exit code 1: it could not."""
    parser = argparse.ArgumentParser()
    for name in ("root", "folder", "volume", "release", "bench", "machine"):
        parser.add_argument(f"--{name}", required=True)
    asked = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it may have been ignored where all this was started
    threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    try:
        with session(Path(asked.root)), running.on_volume(asked.volume):
            conf = results.config(Path(asked.root))
            conf.results_dir = asked.folder
            running.run(conf, asked.release, asked.bench, asked.machine)
    except UserError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")


def _end_with(parent: int) -> None:
    """Interrupt this process when the one that started it is gone: nobody would keep what it finds.

    It leads a session of its own; what is left of that after a while is killed: asv can hang in being interrupted.
    """
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(PATIENCE)
    os.killpg(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
