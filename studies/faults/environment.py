"""Faults of the machine around a command: no space, no rights, kills, clocks that jump, what is closed or missing.

A command is run undisturbed first. Under a fault it either does the same, or ends with one line; after a kill,
the same command does what it would have done. Nothing that was there before is lost either way.
"""

import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from studies.faults import outcome, project

FAULTS, KILLS = "machine", "kills"
"""The two parts."""
PATIENCE = 120
"""Seconds until a command counts as hung; undisturbed they take a few."""

SEED = 20
"""Of the moments of kills."""


@dataclass(frozen=True)
class Command:
    """``words``: of the ``program``. ``reads``: what it prints is the same each time, so that it can be compared.
    ``variables``: of its environment, beside the usual ones."""

    name: str
    words: list[str]
    reads: bool
    program: str = "tomobench"
    variables: dict[str, str] = field(default_factory=dict)


COMMANDS = [
    Command("releases list", ["releases", "list"], True),
    Command("releases add", ["releases", "add", "zarr-3.9.0-py3-none-any.whl"], False),
    Command("releases update", ["releases", "update"], False),
    Command("volume import", ["volume", "import", "noise.npy"], False),
    Command("gather", ["gather", "other"], False),
    Command("table", ["table"], True),
    Command("plan", ["plan", "--format", "json"], True),
    Command("regressions", ["regressions", "3.4.2", "--against", "2.18.7"], True),
    Command("report", ["report", "--out", "out/report"], False),
]
"""Commands that need no environment of zarr releases, those that read and those that write; the quick ones first."""

PAIR = ["3.4.1", "3.4.2"]
SMALL = {"TOMOBENCH_VOLUME": "phantom-24", "TOMOBENCH_MACHINE": "local-faults"}
FILES, READ = r"footprint\.Chunks\.track_files", r"read\.Chunks\.time_whole\(16×16×16, 2\)"
QUICK = ["--only", "counts", "--minutes", "0.1", "--benchmark", FILES]
LONG = [
    Command("asv publish", ["publish"], False, "asv"),
    Command("history", ["history", "3.4.2", "--benchmark", FILES], False, variables=SMALL),
    Command(
        "race", ["race", *PAIR, "--renewals", "2", "--benchmark", READ], False, variables=SMALL
    ),
    Command("verdict", ["verdict", "3.4.2", *QUICK], False, variables=SMALL),
    Command("asv run", ["run", "3.4.2^!", "--quick", "--bench", FILES], False, "asv", SMALL),
]
"""Commands that are killed too. They measure, with the environments of this clone, on a volume of 24³ voxels."""

UPDATE_REFUSED = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple"}
"""An index that is out of reach: releases update must refuse, whatever else happens."""


@dataclass
class Done:
    """How a process ended: its exit code (None: not in time), and what it said."""

    code: int | None
    stdout: str = ""
    stderr: str = ""


@dataclass
class Fault:
    """``wrapped``: the command line under this fault. ``variables``: beside the usual ones. ``around``: what is so
    meanwhile. ``before``: run in the process before the command. ``stdout``: a file or "closed"."""

    kind: str
    wrapped: Callable[[list[str]], list[str]] = lambda words: words
    variables: dict[str, str] = field(default_factory=dict)
    around: Callable[[Path], contextlib.AbstractContextManager] = contextlib.nullcontext
    before: Callable[[], object] | None = None
    stdout: str = ""


def faults(scratch: Path) -> Iterator[Fault]:
    """The faults that one process can have; those that this machine can't make are left out, with a line."""
    yield Fault("umask 077", before=lambda: os.umask(0o077) and None)
    yield Fault("few files may be open", before=lambda: _limit(resource.RLIMIT_NOFILE, 24))
    yield Fault("files may be small only", before=_small_files)
    yield Fault("little memory", before=lambda: _limit(resource.RLIMIT_AS, 400 * 2**20))
    yield Fault("output on a full disk", stdout="/dev/full")
    yield Fault("output closed", stdout="closed")
    yield Fault("output's reader is gone", stdout="broken")
    yield Fault("ASCII terminal", variables={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    yield Fault("no home", variables={"HOME": "/nonexistent"})
    yield Fault("no temporary folder", variables={"TMPDIR": "/nonexistent"})
    yield Fault(
        "proxy is nonsense", variables={"http_proxy": "http://127.0.0.1:9", "https_proxy": "x:y"}
    )
    yield Fault("no programs", variables={"PATH": "/nonexistent"})
    yield Fault("input closed", wrapped=lambda words: _shell('exec "$@" <&-', words))
    yield Fault(
        "errors closed", wrapped=lambda words: _shell('exec "$@" 2>&-', words), stdout="silent"
    )
    yield Fault("no such locale", variables={"LC_ALL": "xx_YY.UTF-9", "LANG": "nowhere"})
    yield Fault("terminal without columns", variables={"COLUMNS": "0", "LINES": "0", "TERM": ""})
    yield Fault(
        "settings of others",
        variables={"PYTHONHASHSEED": "0", "ZARR_ASYNC__CONCURRENCY": "x", "OMP_NUM_THREADS": "x"},
    )
    for name, jump in (("forward", 3e8), ("back", -3e8)):
        yield Fault(
            f"clock jumps {name}", variables={"PYTHONPATH": _jumping_clock(scratch, name, jump)}
        )
    yield Fault("cache is a file", variables={"TOMOBENCH_CACHE": "asv.conf.json"})
    yield Fault("cache can't be made", variables={"TOMOBENCH_CACHE": "/proc/nowhere/cache"})
    if os.geteuid() == 0 and shutil.which("setpriv"):
        yield Fault("user without rights", wrapped=_without_rights, around=_of_another)
    if os.geteuid() == 0 and shutil.which("unshare"):
        alone = ["unshare", "--mount", "--net", "/bin/sh", "-c"]
        yield Fault("no network", wrapped=lambda words: [*alone, 'exec "$@"', "sh", *words])
        yield Fault("no /proc", wrapped=lambda words: [*alone, NO_PROC, "sh", *words])
    if os.geteuid() == 0 and shutil.which("mount"):
        yield Fault("read-only disk", around=lambda folder: _mounted(folder, "ro"))
        yield Fault("full disk", around=_full)


NO_PROC = 'mount --make-rprivate / && umount --lazy /proc && exec "$@"'


def _shell(code: str, words: list[str]) -> list[str]:
    return ["/bin/sh", "-c", code, "sh", *words]


def _limit(what: int, most: int) -> None:
    resource.setrlimit(what, (most, most))


def _small_files() -> None:
    # Without the handler the system ends the process: Python ignores the signal by itself.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _limit(resource.RLIMIT_FSIZE, 4096)


def _jumping_clock(scratch: Path, name: str, jump: float) -> str:
    """A folder whose sitecustomize has time.time jump by so many seconds at its tenth call."""
    folder = scratch / f"clock-{name}"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(
        "import itertools, time\n"
        "real, calls = time.time, itertools.count()\n"
        f"time.time = lambda: real() + ({jump} if next(calls) > 9 else 0)\n"
    )
    return str(folder)


def _without_rights(words: list[str]) -> list[str]:
    return ["setpriv", "--inh-caps=-all", "--bounding-set=-all", *words]


@contextlib.contextmanager
def _of_another(folder: Path) -> Iterator[None]:
    """The project is another user's: root without capabilities may read it and write nothing."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    yield


@contextlib.contextmanager
def _mounted(folder: Path, how: str) -> Iterator[None]:
    """The project on a disk of its own, with only as much space as it takes, mounted so."""
    copy = folder.with_name(f"{folder.name}-copy")
    shutil.copytree(folder, copy, symlinks=True)
    size = sum(-(-path.stat().st_size // 4096) + 1 for path in copy.rglob("*") if path.is_file())
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={(size + 16) * 4}k", "tmpfs", str(folder)], check=True
    )
    try:
        shutil.copytree(copy, folder, symlinks=True, dirs_exist_ok=True)
        if how == "ro":
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def _full(folder: Path) -> Iterator[None]:
    with _mounted(folder, "rw"):
        with contextlib.suppress(OSError), open(folder / "filler", "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        yield


Chosen = Callable[[str, str], bool]
"""Whether a command and kind are to be tried."""


def under_faults(root: Path, scratch: Path, chosen: Chosen) -> Iterator[outcome.Ended]:
    """Every command under every fault."""
    made = list(faults(scratch))
    for command in COMMANDS:
        if wanted := [one for one in made if chosen(command.name, one.kind)]:
            known = _undisturbed(root, scratch, command)
            for fault in wanted:
                yield _faulted(root, scratch, command, fault, known)


ENDS = {
    signal.SIGKILL: "kill -9",
    signal.SIGTERM: "kill",
    signal.SIGINT: "Ctrl-C",
}
TIMES = {signal.SIGKILL: 3, signal.SIGTERM: 1, signal.SIGINT: 1}
"""How often each is tried of a command."""


def killed(root: Path, scratch: Path, chosen: Chosen) -> Iterator[outcome.Ended]:
    """Every command killed, and interrupted, at random moments."""
    draw = random.Random(SEED)
    for command in [*COMMANDS, *LONG]:
        if wanted := [one for one, said in ENDS.items() if chosen(command.name, said)]:
            known = _undisturbed(root, scratch, command)
            for sent in wanted:
                for _ in range(TIMES[sent]):
                    moment = draw.uniform(0.1, 1.0) * known[1]
                    yield _killed(root, scratch, command, sent, moment, known)


Known = tuple[Done, float]
"""What a command does undisturbed, and how many seconds it takes."""


def _undisturbed(root: Path, scratch: Path, command: Command) -> Known:
    folder = _project(root, scratch)
    _run(folder, command, Fault("none"))  # the first fills caches
    begun = time.monotonic()
    return _run(folder, command, Fault("none")), time.monotonic() - begun


_numbers = iter(range(10**6))


def _project(root: Path, scratch: Path) -> Path:
    """A fresh project, with what the commands that write take: another's results, a wheel, voxels."""
    folder = project.make(root, scratch / f"machine-{next(_numbers)}")
    shutil.copytree(folder / "results" / "reference", folder / "other" / "other")
    described = folder / "other" / "other" / "machine.json"
    described.write_text(described.read_text().replace('"reference"', '"other"'))
    np.save(
        folder / "noise.npy", np.random.default_rng(0).normal(size=(24, 24, 24)).astype("float32")
    )
    with zipfile.ZipFile(folder / "zarr-3.9.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("zarr/__init__.py", "")
        wheel.writestr(
            "zarr-3.9.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: zarr\nVersion: 3.9.0\n"
        )
        wheel.writestr("zarr-3.9.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("zarr-3.9.0.dist-info/RECORD", "")
    (folder / "out").mkdir()
    (folder / ".tomobench").mkdir()
    environments = root / ".asv" / "env"
    environments.mkdir(parents=True, exist_ok=True)
    (folder / ".asv").mkdir()
    (folder / ".asv" / "env").symlink_to(environments)
    return folder


def _start(folder: Path, command: Command, fault: Fault) -> subprocess.Popen:
    program = str(Path(sys.executable).with_name(command.program))
    usual = {"TOMOBENCH_CACHE": str(folder / "cache"), **UPDATE_REFUSED}
    variables = {**usual, **command.variables, **fault.variables}
    words = fault.wrapped([program, *command.words])
    if fault.stdout == "closed":
        words = ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *words]
    output: int | None = subprocess.PIPE
    if fault.stdout == "broken":
        reader, output = os.pipe()
        os.close(reader)
    elif fault.stdout.startswith("/"):
        output = os.open(fault.stdout, os.O_WRONLY)
    # HOME is there for asv's machine file, which is the user's own.
    home = {"HOME": str(folder.with_name("home"))}
    process = subprocess.Popen(
        words,
        cwd=folder,
        env={**os.environ, **home, **variables},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        preexec_fn=fault.before,  # noqa: PLW1509 - this process has one thread
    )
    if output not in (None, subprocess.PIPE):
        os.close(output)
    return process


def _run(folder: Path, command: Command, fault: Fault) -> Done:
    process = _start(folder, command, fault)
    try:
        stdout, stderr = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return Done(None)
    return Done(process.returncode, stdout or "", stderr)


def _faulted(
    root: Path, scratch: Path, command: Command, fault: Fault, known: Known
) -> outcome.Ended:
    folder = _project(root, scratch)
    before = outcome.state(folder)
    with fault.around(folder):
        done = _run(folder, command, fault)
        gone = _gone(command, before, outcome.state(folder))
    if fault.stdout in ("broken", "silent") and done.code == 1:
        done.stderr = done.stderr or "nobody can read a line"
    how, said = _judged(command, done, known[0], compared=not fault.stdout)
    shutil.rmtree(folder, ignore_errors=True)
    return outcome.Ended(
        FAULTS, command.name, fault.kind, *((outcome.LOST, gone) if gone else (how, said))
    )


def _killed(
    root: Path, scratch: Path, command: Command, sent: signal.Signals, moment: float, known: Known
) -> outcome.Ended:
    """Send a signal at a moment; afterwards nothing is lost, and the command given again ends as ever."""
    folder = _project(root, scratch)
    before = outcome.state(folder)
    process = _start(folder, command, Fault("none"))
    try:
        process.communicate(timeout=moment)
    except subprocess.TimeoutExpired:
        process.send_signal(sent)
        _, stderr = process.communicate(timeout=PATIENCE)
        # At Python's own start and end no program can catch Ctrl-C.
        if "Traceback" in stderr and "tomobench/desk/" in stderr:
            return outcome.Ended(KILLS, command.name, ENDS[sent], outcome.TRACEBACK, stderr[-200:])
    gone = _gone(command, before, outcome.state(folder))
    how, said = _judged(command, _run(folder, command, Fault("none")), known[0], compared=True)
    shutil.rmtree(folder, ignore_errors=True)
    return outcome.Ended(
        KILLS, command.name, ENDS[sent], *((outcome.LOST, gone) if gone else (how, said))
    )


def _gone(command: Command, before: dict[str, str], after: dict[str, str]) -> str:
    return ", ".join(outcome.lost(before, after)[:3])


def _judged(command: Command, done: Done, known: Done, compared: bool) -> tuple[str, str]:
    """How it ended: as undisturbed, or with one line."""
    if done.code is None:
        return outcome.HANG, ""
    if "Traceback (most recent call last)" in done.stdout + done.stderr:
        return outcome.TRACEBACK, done.stderr.strip()[-200:]
    if done.code == known.code and (not compared or not command.reads):
        return outcome.CLEAR, ""
    if done.code == 0:
        same = _plain(done.stdout) == _plain(known.stdout)
        return (outcome.CLEAR if same else outcome.WRONG), done.stdout[-200:]
    return outcome.of_command(done.code, done.stdout, done.stderr)


def _plain(text: str) -> str:
    """Text without the characters that an ASCII terminal is shown by number."""
    return text.encode("ascii", "backslashreplace").decode()
