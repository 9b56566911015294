"""Publishing with asv's own command, and with the libraries that npm has installed here."""

import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import REPOSITORY

ROOT = REPOSITORY
MODULES = ROOT / "node_modules"


@functools.cache
def _cache() -> tempfile.TemporaryDirectory:
    """Where this process's sites keep the minified libraries, which node takes seconds to make."""
    return tempfile.TemporaryDirectory(prefix="tomobench-published-")


def publish(project: Path, **environment) -> str:
    """Run ``asv publish`` in ``project``, which must go well; return what it printed."""
    run = subprocess.run(
        [sys.executable, "-m", "asv", "publish"],
        cwd=project,
        env={
            **os.environ,
            "HOME": str(project),
            "TOMOBENCH_CACHE": _cache().name,
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


def resize(page, width: int) -> None:
    """Give the page another width, and let its scripts draw for it."""
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_function("width => innerWidth === width", arg=width)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def open_asvs(page, name: str) -> None:
    """Go to one of asv's own pages, by the head of any page."""
    page.get_by_text("asv’s pages").click()
    page.get_by_role("link", name=name, exact=True).click()


def need_modules() -> None:
    """Skip the test where npm has not installed the libraries."""
    if not (MODULES / "jquery").is_dir():
        pytest.skip("no libraries in node_modules: npm ci --ignore-scripts installs them")
