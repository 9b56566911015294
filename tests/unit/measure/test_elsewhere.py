"""What decides a count is compared between two clones."""

import os
import shutil
from unittest import mock

import pytest

from tests import REPOSITORY
from tomobench.desk.asv.measured import configuration_of_the_user
from tomobench.desk.measure.history import handing
from tomobench.desk.measure.history.elsewhere import FILES, FOLDERS, deciding, difference
from tomobench.desk.servers.service import server_of_the_user


def clone(folder):
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
        (folder / name / "code.py").write_text("# code")
    return folder


def test_a_file_whose_name_is_no_text_makes_a_clone_another_one(tmp_path):
    one, other = clone(tmp_path / "one"), clone(tmp_path / "other")
    assert difference(deciding(one), deciding(other)) is None
    (other / FOLDERS[0] / os.fsdecode(b"caf\xe9")).write_text("no text")
    assert difference(deciding(one), deciding(other)) == f"its {FOLDERS[0]} differs"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOMOBENCH_S3_SERVER", "ceph"),
        ("TOMOBENCH_S3_URL", "https://s3.example.org"),
        ("TOMOBENCH_ZARR_CONFIG", "async.concurrency=1"),
    ],
)
def test_a_worker_is_told_all_that_makes_a_series_of_its_own(monkeypatch, name, value):
    def asked():
        return server_of_the_user(), configuration_of_the_user()

    ordinary = asked()
    monkeypatch.setenv(name, value)
    assert (wanted := asked()) != ordinary
    with mock.patch.dict(os.environ, handing.of_the_series(), clear=True):
        assert asked() == wanted
