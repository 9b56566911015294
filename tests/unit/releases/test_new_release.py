"""``tools/new-release``, the weekly workflow's look at the index: what it does when there is nothing for it to measure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import REPOSITORY
from tomobench.desk.releases.lock import load

TOOL = REPOSITORY / "tools" / "new-release"


@pytest.fixture
def clone(root, index, run):
    """A clone whose lock has all that the index has; its origin has no branch."""
    (root / "releases.lock.json").unlink()
    index.publish("2.18.7", 0)
    index.publish("3.4.2", 20)
    run("update")
    git(root, "init", "--quiet", "--bare", "../origin")
    git(root, "init", "--quiet")
    git(root, "remote", "add", "origin", "../origin")
    return root


def test_nothing_is_done_when_every_release_is_known(clone):
    assert new_release(clone) == "no zarr that is not known"


def test_a_pre_release_is_not_measured(clone, index):
    index.publish("3.5.0rc1", 30)
    assert new_release(clone) == "no zarr that is not known"


def test_nothing_is_done_again_while_its_branch_is_there(clone, index):
    index.publish("2.18.8", 30)
    index.publish("3.4.3", 31)
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    git(clone, *who, "commit", "--quiet", "--allow-empty", "-m", "measured")
    git(clone, "push", "--quiet", "origin", "HEAD:zarr-2.18.8-3.4.3")
    said = "zarr-2.18.8-3.4.3 is there already: nothing to do until it is merged or removed"
    assert new_release(clone) == said
    assert [one.version for one in load(clone).branch("main")] == [
        "2.18.7",
        "2.18.8",
        "3.4.2",
        "3.4.3",
    ]


def new_release(clone) -> str:
    """The tool's last line. It must end well, without a report and without a branch for a pull request."""
    report, output = clone / "report.md", clone / "output"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, TOOL, report],
        cwd=clone,
        env={**os.environ, "PATH": path, "GITHUB_OUTPUT": str(output)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
    )
    assert not report.exists() and not output.exists()
    return done.stdout.splitlines()[-1]


def git(folder, *words) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True)
