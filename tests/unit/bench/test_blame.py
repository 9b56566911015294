"""Whose doing a failure is: the release's only where nothing that the machine does explains it."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import REPOSITORY
from tomobench.bench import blame, release, s3, volume
from tomobench.bench.blame import NotMeasured, Whose
from tomobench.bench.store import FailedCheck

MACHINES = sorted(blame.SYSTEM | blame.NETWORK)


def raised(error, *, under=None):
    """The exception as it is when caught, raised from or while handling another."""
    try:
        try:
            if under is not None:
                raise under
        except BaseException:  # noqa: BLE001 - an interrupt is one of them
            raise error  # noqa: B904 - the chain is what is tested
        raise error
    except BaseException as caught:  # noqa: BLE001 - as above
        return caught


def from_the_release(tmp_path, monkeypatch, code):
    """The exception that a module of the release's raises."""
    (tmp_path / "made_release.py").write_text(f"import errno, os\ndef act():\n    {code}\n")
    monkeypatch.setenv("TOMOBENCH_RELEASE_DIR", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("made_release", None)
    import made_release

    with pytest.raises(Exception) as caught:  # noqa: PT011 - any will do
        made_release.act()
    return caught.value


@given(number=st.sampled_from(MACHINES), wrapped=st.booleans())
def test_errors_of_the_machine_are_its_own_however_they_are_wrapped(number, wrapped):
    inner = OSError(number, os.strerror(number))
    error = raised(KeyError("0.0.0"), under=inner) if wrapped else raised(inner)
    kind, why = blame.judged(error)
    assert kind is Whose.OURS and os.strerror(number) in why


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 9 GiB"),
        np._core._exceptions._ArrayMemoryError((9,), np.dtype("f4")),
        KeyboardInterrupt(),
        SystemExit(3),
        PermissionError("403 Forbidden"),
        RuntimeError("can't start new thread"),
        RuntimeError("Generic S3 error: tcp connect error: Connection refused (os error 111)"),
        ValueError(
            "RESOURCE_EXHAUSTED: write failed [OS error 28: ENOSPC No space left on device]"
        ),
        release.WrongRelease("zarr 3.4.1 was imported, but 3.4.2 was asked for"),
        volume.DamagedVolume("the voxels are damaged"),
        s3.NoPlace("no S3 server"),
        NotMeasured("it failed once"),
        FileNotFoundError(errno.ENOENT, "the cache is gone"),  # no release had a part in it
        NotADirectoryError(errno.ENOTDIR, "the cache is a file"),
    ],
)
def test_what_no_release_can_help_is_the_machines(error):
    assert blame.judged(raised(error))[0] is Whose.OURS


def test_of_a_folder_that_finds_no_room_the_reason_is_told_not_the_files(tmp_path):
    store = tmp_path / ("a folder whose name is long" * 5)
    store.mkdir()
    for number in range(9):
        (store / f"c.{number}").touch()

    def copy(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(shutil.Error) as caught:
        shutil.copytree(store, tmp_path / "copy", copy_function=copy)
    kind, why = blame.judged(caught.value)
    assert kind is Whose.OURS
    assert why == "Error: [Errno 28] No space left on device, and 8 more"


@given(number=st.sampled_from(MACHINES))
def test_one_error_of_the_machine_among_several_makes_them_its_own(number):
    several = ExceptionGroup("2 tasks failed", [KeyError("0.0.0"), OSError(number, "a fault")])
    kind, why = blame.judged(raised(several))
    assert kind is Whose.OURS and "a fault" in why


@pytest.mark.parametrize(
    "error",
    [
        ValueError("buffer source array is read-only"),
        KeyError("0.0.0"),
        AssertionError(),
        FailedCheck("3 of 100 voxels differ after a round trip"),
        RuntimeError("error during blosc decompression: -1"),
    ],
)
def test_anything_else_is_the_releases(error):
    assert blame.judged(raised(error)) == (Whose.RELEASE, blame.say(error))


def test_what_a_release_has_not_is_nobodys_failure():
    assert blame.judged(NotImplementedError("no shards")) == (Whose.NOBODY, "no shards")


def test_a_file_that_the_release_itself_does_not_find_is_its_own(tmp_path, monkeypatch):
    error = from_the_release(tmp_path, monkeypatch, "open('/nowhere/at/all')")
    assert blame.judged(error)[0] is Whose.RELEASE


def test_what_was_handled_on_the_way_to_the_releases_error_is_no_excuse(tmp_path, monkeypatch):
    code = "pathlib.Path('/nowhere/at/all').mkdir(parents=False)"
    code = (
        f"import pathlib\n    try: {code}\n    except OSError as error: raise ValueError from error"
    )
    error = from_the_release(tmp_path, monkeypatch, code)
    assert isinstance(error.__cause__, FileNotFoundError)
    assert blame.judged(error)[0] is Whose.RELEASE


def test_a_process_that_nobody_waits_for_any_more_ends(tmp_path):
    code = (
        "import os, pathlib, signal, sys, threading, time\n"
        "from tests.unit.bench import test_blame\n"
        "from tomobench.bench import blame\n"
        "def killed_once_it_waits():\n"
        "    while not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.05)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "threading.Thread(target=killed_once_it_waits).start()\n"
        "blame.afresh(test_blame.waits, sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "pid"], cwd=REPOSITORY, check=False)
    pid = int((tmp_path / "pid").read_text())
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("it goes on")


def waits(path):
    with open(f"{path}.part", "w") as file:
        file.write(str(os.getpid()))
    Path(f"{path}.part").replace(path)
    time.sleep(1000)


def test_a_full_disk_is_not_the_releases_though_it_met_it(tmp_path, monkeypatch):
    error = from_the_release(tmp_path, monkeypatch, "raise OSError(errno.ENOSPC, 'no space')")
    assert blame.judged(error)[0] is Whose.OURS


def test_where_faults_are_provoked_the_release_answers_for_the_network_alone():
    reset = raised(ConnectionResetError(errno.ECONNRESET, "reset"))
    assert blame.judged(reset, provoked=True)[0] is Whose.RELEASE
    full = raised(OSError(errno.ENOSPC, "no space"))
    assert blame.judged(full, provoked=True)[0] is Whose.OURS


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-signal.SIGSEGV, Whose.RELEASE),
        (-signal.SIGABRT, Whose.RELEASE),
        (-signal.SIGKILL, Whose.OURS),
        (-signal.SIGTERM, Whose.OURS),
        (-signal.SIGBUS, Whose.OURS),
        (3, Whose.OURS),
    ],
)
def test_a_crash_is_the_releases_and_a_kill_is_not(code, kind):
    assert blame.ended(code) is kind


def test_what_a_process_declares_is_read_from_its_output():
    code = "from tomobench.bench import blame; print('x'); blame.declare(KeyError('0.0.0'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert blame.declared(done.stdout + done.stderr) == (Whose.RELEASE, "KeyError: '0.0.0'")
    assert blame.declared("KeyError: '0.0.0'") is None


def fails(folder, times):
    """Raises in the first calls, counted over processes; then gives a figure."""
    (folder / str(len(list(folder.iterdir())))).touch()
    if len(list(folder.iterdir())) <= times:
        raise ValueError("on purpose")
    return {"figure": 1}


def dies(folder, sign):
    """Raises here, and dies of a signal in a fresh process."""
    if list(folder.iterdir()):
        os.kill(os.getpid(), sign)
    return fails(folder, 1)


def looked(find, *arguments):
    return blame.confirmed(blame.look(find, *arguments), blame.failed, find, *arguments)


def test_a_failure_is_kept_when_a_fresh_process_sees_it_again(tmp_path):
    assert looked(fails, tmp_path, 2) == {"failed": "ValueError: on purpose"}
    assert len(list(tmp_path.iterdir())) == 2


def test_a_failure_that_does_not_come_back_is_kept_by_nobody(tmp_path):
    with pytest.raises(NotMeasured, match="failed once, and not again: .*on purpose"):
        looked(fails, tmp_path, 1)


def test_a_crash_in_the_fresh_process_confirms_and_a_kill_does_not(tmp_path):
    assert looked(dies, tmp_path, signal.SIGSEGV) == {"failed": "ValueError: on purpose"}
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(NotMeasured, match="SIGKILL"):
        looked(dies, tmp_path, signal.SIGKILL)


def test_a_figure_needs_no_second_look(tmp_path):
    assert looked(fails, tmp_path, 0) == {"figure": 1}
    assert len(list(tmp_path.iterdir())) == 1
