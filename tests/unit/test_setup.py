"""How a clone is set up: which Python is taken, and when .venv is made anew.

The Pythons are programs that say they are of some version, and note what they are asked to make.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from tests import REPOSITORY

#: Run by sh with the words of the command line. What `python -c` is given runs in a real Python that says it is another.
PRETENDS = """#!/bin/sh
case "$1" in
-c) exec {real} -c "import sys
sys.version_info, sys._base_executable = ({version}, 0), '$0'
{else_}
$2" ;;
*) mkdir -p "$3/bin" && echo "$@" >>"{made}" && cp /bin/true "$3/bin/python" ;;
esac
"""
FAILS = "#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n"
FREE_THREADED = "import sysconfig; sysconfig.get_config_var = lambda name: 1"
PYPY = "sys.implementation.name = 'pypy'"


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def python(path: Path, version: str, else_: str = "", made: Path = Path("none")) -> Path:
    """A Python at this path that says it is of this version, as 3.12."""
    said = version.replace(".", ", ")
    text = PRETENDS.format(real=sys.executable, version=said, else_=else_, made=made)
    return program(path, text)


@pytest.fixture
def clone(tmp_path):
    """A clone with what sets it up, and packages of nobody."""
    folder = tmp_path / "clone"
    for name in ("Makefile", "pyproject.toml", "tools/find-python"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    (folder / "requirements").mkdir()
    (folder / "requirements/desk.txt").write_text("")
    return folder


@pytest.fixture
def tools(tmp_path):
    """A folder for PATH that has no Python, but what the script needs."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("sed", "dirname", "tr", "ls"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


@pytest.fixture
def find(clone, tools, tmp_path):
    """Run tools/find-python with these folders on PATH; what it printed, or its one line."""

    def run(*folders, **variables):
        path = os.pathsep.join(map(str, [*folders, tools]))
        done = subprocess.run(
            ["/bin/sh", clone / "tools/find-python"],
            env={"PATH": path, "HOME": str(tmp_path / "home"), **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            assert not done.stderr
            return Path(done.stdout.removesuffix("\n"))
        assert not done.stdout
        (line,) = done.stderr.splitlines()
        assert line.startswith("tomobench: ")
        return line

    return run


def test_the_newest_python_that_fits_is_taken(find, tmp_path):
    for version in ("3.11", "3.12", "3.13", "3.14"):
        python(tmp_path / "bin" / f"python{version}", version)
    assert find(tmp_path / "bin") == tmp_path / "bin/python3.13"


def test_the_python_of_pyenv_and_of_ci_is_one_that_fits():
    bounds = (REPOSITORY / "pyproject.toml").read_text().split('requires-python = "')[1]
    assert (REPOSITORY / ".python-version").read_text() in SpecifierSet(bounds.partition('"')[0])


@pytest.mark.parametrize("version", ["3.11", "3.14", "2.7"])
def test_another_python_is_refused_with_what_to_install(find, tmp_path, version):
    python(tmp_path / "bin/python3", version)
    python(tmp_path / "bin" / f"python{version}", version)
    said = find(tmp_path / "bin")
    assert "found no Python 3.13 or 3.12" in said and "install python3.13" in said


@pytest.mark.parametrize("tool", ["uv", "pyenv"])
def test_what_to_install_is_said_for_the_tool_that_is_there(find, tmp_path, tool):
    program(tmp_path / "bin" / tool, "#!/bin/sh\nexit 1\n")
    assert {"uv": "uv python install 3.13", "pyenv": "pyenv install 3.13"}[tool] in find(
        tmp_path / "bin"
    )


@pytest.mark.parametrize("else_", [FREE_THREADED, PYPY])
def test_a_python_without_wheels_is_refused(find, tmp_path, else_):
    python(tmp_path / "bin/python3.13", "3.13", else_)
    assert "found no Python" in find(tmp_path / "bin")


def test_shims_that_fail_are_passed_over(find, tmp_path):
    program(tmp_path / "shims/python3.13", FAILS)
    program(tmp_path / "shims/python3", FAILS)
    python(tmp_path / "bin/python3.13", "3.13")
    assert find(tmp_path / "shims", tmp_path / "bin") == tmp_path / "bin/python3.13"
    behind = python(tmp_path / "home/.pyenv/versions/3.13.5/bin/python3", "3.13")
    assert find(tmp_path / "shims") == behind


def test_a_python_that_is_named_is_taken_or_refused(find, tmp_path):
    python(tmp_path / "bin/python3.13", "3.13")
    named = python(tmp_path / "my own/python", "3.12")
    assert find(tmp_path / "bin", PYTHON=str(named)) == named
    python(named, "3.14")
    said = find(tmp_path / "bin", PYTHON=str(named))
    assert str(named) in said and "3.13 or 3.12" in said


def set_up(clone: Path, made: Path) -> int:
    """Have make set up a clone; how many virtualenvs were ever made."""
    named = python(made.parent / "python", "3.13", made=made)
    subprocess.run(
        ["make", "--silent", ".venv/ready", f"PYTHON={named}"],
        cwd=clone,
        check=True,
        stdout=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
    )
    return len(made.read_text().splitlines())


def test_a_clone_is_set_up_once_and_anew_where_it_was_moved_or_copied(clone, tmp_path):
    made = tmp_path / "made"
    assert [set_up(clone, made), set_up(clone, made)] == [1, 1]
    copied = shutil.copytree(clone, tmp_path / "a copy", symlinks=True)
    assert [set_up(copied, made), set_up(copied, made), set_up(clone, made)] == [2, 2, 2]
    moved = clone.rename(tmp_path / "moved")
    assert [set_up(moved, made), set_up(moved, made)] == [3, 3]


def test_a_clone_is_set_up_anew_when_its_lock_changes(clone, tmp_path):
    made = tmp_path / "made"
    assert set_up(clone, made) == 1
    later = (clone / ".venv/ready").stat().st_mtime + 1
    os.utime(clone / "requirements/desk.txt", (later, later))
    assert set_up(clone, made) == 2
