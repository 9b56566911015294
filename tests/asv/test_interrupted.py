"""Ctrl-C ends asv with a line, at whatever moment: nothing waits for good, and nothing is left running."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tomobench.desk import errors
from tomobench.desk.asv import running

ONE = r"footprint.Chunks.track_files\(16×16×16, 2\)"


def test_ctrl_c_while_the_server_of_benchmarks_starts(project):
    source = project.folder / "src"
    guard = source / "tomobench" / "desk" / "asv" / "with_parent.py"
    guard.write_text(f"import time\ntime.sleep(30)\n{guard.read_text()}")
    started = subprocess.Popen(
        [Path(sys.executable).with_name("asv"), "run", "3.4.2", "--quick", "--bench", ONE],
        cwd=project.folder,
        env={**project.environment, "PYTHONPATH": str(source)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for line in started.stdout:
        if "Benchmarking" in line:
            break
    (server,) = wait_for_children(started.pid)
    started.send_signal(signal.SIGINT)
    said, _ = started.communicate(timeout=20)
    # asv says it itself where it waits for the server; we do where it starts it.
    last = said.splitlines()[-1]
    assert last.endswith((errors.INTERRUPTED, running.INTERRUPTED))
    assert started.returncode == 1 and "Traceback" not in said
    assert not Path("/proc", server).exists()
    assert not project.measured()


def wait_for_children(pid: int) -> list[str]:
    """The processes that one has started, once there are some."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    while not (found := listed.read_text().split()):
        os.sched_yield()
    return found
