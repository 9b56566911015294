"""A project with line 3's environment made, and wheels changed on purpose installed beside it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studies.proof import project as proof_project
from studies.proof import variants, wheels
from tests import REPOSITORY

VARIANTS = [
    variants.same(1),
    *(variants.slowed(kind, 0.5) for kind in variants.SLOWED),
    variants.REQUEST,
    variants.LARGER,
]


@pytest.fixture(scope="session")
def wheel_files(tmp_path_factory):
    """{label: path} of VARIANTS' wheels, and the published one's under ""."""
    folder = tmp_path_factory.mktemp("wheels")
    release = proof_project.newest(REPOSITORY)
    base = wheels.download(release, folder)
    return {"": base} | {one.label: wheels.make(base, release, one, folder) for one in VARIANTS}


@pytest.fixture(scope="session")
def line_3(make_project, tmp_path_factory) -> Path:
    """The Python of line 3's environment, with all that zarr needs, and no zarr."""
    project = make_project(tmp_path_factory.mktemp("line") / "project")
    project.asv(
        "run", "3.4.2", "--quick", "--bench", r"footprint.Chunks.track_files\(16×16×16, 2\)"
    )
    return next((project.folder / ".asv/env").glob("*/3/bin/python"))


@pytest.fixture(scope="session")
def installed(wheel_files, tmp_path_factory) -> dict[str, Path]:
    """{label: folder} in which pip installed each wheel, alone."""
    found = {}
    for label, path in wheel_files.items():
        found[label] = tmp_path_factory.mktemp("installed")
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "install",
                "-q",
                "--no-deps",
                "--target",
                found[label],
                path,
            ],
            check=True,
        )
    return found


@pytest.fixture(scope="session")
def with_wheel(installed, line_3, tmp_path_factory):
    """Run Python in the environment of a wheel; what it printed."""

    def run(label: str, script: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(installed[label])}
        folder = tmp_path_factory.mktemp("run")
        done = subprocess.run(
            [line_3, "-c", script],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
