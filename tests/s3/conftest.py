"""Ceph RGW, and zarr releases to use it with."""

import pytest

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
def start_release(make_project, tmp_path_factory):
    """A function that starts a release's Python for a layout; asv makes its environment."""
    project = make_project(tmp_path_factory.mktemp("releases") / "project")
    smallest = r"footprint.Chunks.track_files\(16×16×16, 2\)"
    project.asv("run", project.wanted(*RELEASES), "--quick", "--bench", smallest)
    (environment,) = (project.folder / ".asv" / "env").glob("*/releases")
    history = load(project.folder)
    return lambda version, layout: ReleaseProcess(environment.parent, history.find(version), layout)
