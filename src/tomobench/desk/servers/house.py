"""A house for a server: a temporary folder and the processes that live in it, gone together."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tomobench.desk.errors import UserError
from tomobench.desk.servers import ports

LAUNCHER = Path(__file__).with_name("launcher.py")
#: Seconds within which a process must listen, or a command be done. Both take about one second.
PATIENCE = 60
_STEP = 0.02


class House:
    """A server's processes and data. Leaving the block kills the ones and removes the others."""

    def __init__(self):
        # Paths of Unix sockets have at most 107 characters: the folder's name stays short.
        self.folder = Path(tempfile.mkdtemp(prefix="tomobench-s3-"))
        #: Files that a program leaves outside the folder, to be removed as well.
        self.outside: list[Path] = []
        self._outputs = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        """Kill the processes and remove the folder; a second time does nothing."""
        # Throw-away data need no orderly end, which takes SeaweedFS 10 s.
        for process in list(self._outputs):
            process.kill()
        for process in list(self._outputs):
            process.wait()
        clear(self.folder, self.outside)

    @property
    def pids(self) -> list[int]:
        """The processes, in the order they were started."""
        return [process.pid for process in self._outputs]

    def start(self, *command, **variables) -> subprocess.Popen:
        """Start a program that stays; what it prints goes to <its name>.out in the folder.

        ``variables`` are its environment, besides PATH and a HOME of its own: a user's settings
        have no say. It is killed when this process ends, however it ends.
        """
        path = self.folder / f"{Path(command[0]).name}.out"
        with open(path, "ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", LAUNCHER, str(os.getpid()), *map(str, command)],
                cwd=self.folder,
                env=self._environment(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._outputs[process] = path
        return process

    def run(self, *command) -> None:
        """Run a command to its end. Raises UserError, with its last line, if it fails or hangs."""
        name = Path(command[0]).name
        try:
            done = subprocess.run(
                list(map(str, command)),
                cwd=self.folder,
                env=self._environment({}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UserError(f"{name} was not done after {PATIENCE} s") from None
        if done.returncode:
            raise UserError(f"{name} failed: {_last_line(done.stdout)}")

    def wait_for_port(self, process: subprocess.Popen, port: int) -> None:
        """Wait until the process itself listens on the port.

        Raises UserError if it ends first, or takes another port.
        """
        deadline = time.monotonic() + PATIENCE
        output = self._outputs[process]
        while (ports.LOCALHOST, port) not in (found := ports.listening(process.pid)):
            if process.poll() is not None:
                said = _last_line(output.read_bytes())
                status = f"with status {process.returncode}"
                raise UserError(f"{output.stem} ended while it started, {status}: {said}")
            if time.monotonic() > deadline:
                raise UserError(
                    f"{output.stem} does not listen on port {port}, but on {sorted(found)}"
                )
            time.sleep(_STEP)

    def _environment(self, variables) -> dict:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            **variables,
        }


def clear(folder: Path, outside: list[Path]) -> None:
    """Remove a folder and some files, as far as they are still there."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in outside:
        path.unlink(missing_ok=True)


def _last_line(output: bytes) -> str:
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
