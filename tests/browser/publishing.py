"""Publishing with asv's own command, and with the libraries that npm has installed here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import REPOSITORY

ROOT = REPOSITORY
MODULES = ROOT / "node_modules"


def publish(project: Path, **environment) -> str:
    """Run ``asv publish`` in ``project``, which must go well; return what it printed."""
    run = subprocess.run(
        [sys.executable, "-m", "asv", "publish"],
        cwd=project,
        env={
            **os.environ,
            "HOME": str(project),
            "TOMOBENCH_CACHE": str(project.with_name(f"{project.name}-cache")),
            **environment,
        },
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert run.returncode == 0, run.stdout
    assert "Traceback" not in run.stdout
    return run.stdout


def open_asvs(page, name: str) -> None:
    """Go to one of asv's own pages, by the head of any page."""
    page.get_by_text("asv’s pages").click()
    page.get_by_role("link", name=name, exact=True).click()


def need_modules() -> None:
    """Skip the test where npm has not installed the libraries."""
    if not (MODULES / "jquery").is_dir():
        pytest.skip("no libraries in node_modules: npm ci --ignore-scripts installs them")
