"""What a process has started ends with it, however it ends, and ends as if nothing stood between."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.made.waiting import until
from tomobench.desk.asv import with_parent

#: Starts a guarded command in a group of its own, as asv does, says so, and waits.
PARENT = """
import os, subprocess, sys
from tomobench.desk.asv import with_parent
words = [sys.executable, "-c", sys.argv[1]]
subprocess.Popen(with_parent.command(os.getpid(), words), preexec_fn=lambda: os.setpgid(0, 0))
sys.stdin.read()
"""
#: Forks, says who both are, and goes on.
FAMILY = """
import os, time
os.fork()
os.write(1, b"%d\\n" % os.getpid())  # at once: both write to one pipe
time.sleep(600)
"""
#: Begins a step in a folder and is gone at once, while the step still imports what it needs.
STARTER = """
import os, sys
from pathlib import Path
from tomobench.desk.measure.history.step_process import StepProcess
folder = Path(sys.argv[1])
asked = dict.fromkeys(("root", "folder", "volume", "release", "bench", "machine"), folder)
StepProcess(asked, folder / "said.txt", {**os.environ, "PYTHONPATH": str(folder)})
os._exit(0)
"""
#: In the step, in place of asv's session: it would go on for long.
GOES_ON = """
import time
from tomobench.desk.asv import session
session.session = lambda root: time.sleep(100)
"""


def guarded(code: str) -> subprocess.Popen:
    words = [sys.executable, "-c", code]
    return subprocess.Popen(
        with_parent.command(os.getpid(), words),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: os.setpgid(0, 0),  # noqa: PLW1509 - this process has one thread
    )


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_guarded_command_and_its_forks_end_with_the_parent(sent):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", PARENT, FAMILY], text=True, **pipes) as parent:
        pids = [int(parent.stdout.readline()) for _ in range(2)]
        parent.send_signal(sent)
    end = time.monotonic() + 60
    while any(map(alive, pids)):
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether a process goes on; one that nobody has waited for has ended all the same."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return state.stdout[:1] not in ("Z", "")


@pytest.mark.parametrize(("code", "ended"), [("raise SystemExit(7)", 7), ("print('said')", 0)])
def test_a_guarded_command_ends_with_its_own_code(code, ended):
    process = guarded(code)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == ended and said.strip() == ("said" if not ended else "")


def test_a_guarded_command_ends_by_its_own_signal():
    process = guarded("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGSEGV


def test_ctrl_c_is_for_the_guarded_command():
    process = guarded(
        "import time\ntry:\n  print('on', flush=True); time.sleep(600)\nexcept KeyboardInterrupt: print('off')"
    )
    assert process.stdout.readline() == "on\n"
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert said == "off\n" and process.returncode == 0


def test_a_command_aside_ends_with_its_parent_as_by_ctrl_c():
    code = "from tomobench.desk.measure import aside; aside.begin()\nimport time\nprint('on', flush=True)\ntime.sleep(600)"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "tomobench"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "on\n"
    process.stdin.close()
    assert process.wait(60) != 0
    assert "KeyboardInterrupt" in process.stderr.read()
    process.stdout.close()
    process.stderr.close()


def test_a_step_ends_whose_starter_was_gone_before_it_could_ask(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(GOES_ON)
    subprocess.run([sys.executable, "-c", STARTER, tmp_path], check=True)
    said = tmp_path / "said.txt"
    until(lambda: said.read_text().strip() == "interrupted")
