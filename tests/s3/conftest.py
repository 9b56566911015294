"""Ceph RGW, and zarr releases to use it with; the program of ``plan --script``, and a server for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import REPOSITORY
from tests.s3.converting import LAYOUTS, Program
from tests.s3.release_process import RELEASES, ReleaseProcess
from tomobench.desk.releases.lock import load
from tomobench.desk.servers import ceph_recipe, server


@pytest.fixture(scope="session")
def rgw():
    """A Ceph RGW server with a bucket named ``bucket``."""
    if absent := ceph_recipe.missing():
        pytest.skip(f"Ceph is not installed: apt-get install {' '.join(absent)}")
    with server.ceph() as s3:
        s3.client().create_bucket(Bucket="bucket")
        yield s3


@pytest.fixture(scope="session")
def installed(make_project, tmp_path_factory):
    """The folder of the environment in which asv has installed RELEASES, and their history."""
    project = make_project(tmp_path_factory.mktemp("releases") / "project")
    smallest = r"footprint.Chunks.track_files\(16×16×16, 2\)"
    project.asv("run", project.wanted(*RELEASES), "--quick", "--bench", smallest)
    (environment,) = (project.folder / ".asv" / "env").glob("*/releases")
    return environment.parent, load(project.folder)


@pytest.fixture(scope="session")
def start_release(installed):
    """A function that starts a release's Python for a layout."""
    environment, history = installed
    return lambda version, layout: ReleaseProcess(environment, history.find(version), layout)


@pytest.fixture(scope="session")
def python_of(tmp_path_factory):
    """A function that gives the Python of a locked environment, made when it is first asked for.

    LOCKED_ENVIRONMENTS names a folder that keeps them for the next time.
    """
    folder = Path(os.environ.get("LOCKED_ENVIRONMENTS") or tmp_path_factory.mktemp("locked"))

    def made(name: str) -> Path:
        place = folder / name
        if not place.exists():
            subprocess.run([sys.executable, "-m", "virtualenv", "--quiet", place], check=True)
            pip = [place / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-compile"]
            locked = ["--require-hashes", "-r", REPOSITORY / "requirements" / f"{name}.txt"]
            subprocess.run([*pip, *locked], check=True)
        return place / "bin" / "python"

    return made


@pytest.fixture(scope="module")
def s3():
    """A SeaweedFS of these tests' own, with a bucket named ``bucket``."""
    with server.seaweedfs() as running:
        running.client().create_bucket(Bucket="bucket")
        yield running


@pytest.fixture
def program(python_of, tmp_path):
    """A function that makes the program for one of LAYOUTS."""
    return lambda name, **more: Program(
        python_of(f"script-{LAYOUTS[name][0]}"), name, tmp_path, **more
    )
