"""``plan --try``: layouts written from one's own voxels and read in turns, on disk and over S3; and nothing is left."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests import REPOSITORY
from tests.made.waiting import until
from tomobench.desk.advise.plan import trial
from tomobench.desk.advise.plan.trial_voxels import part

pytestmark = pytest.mark.committed
SHAPE = (24, 80, 72)


@pytest.fixture(scope="module")
def project(make_project, tmp_path_factory):
    """A project with the committed results, which advice is made of."""
    made = make_project(tmp_path_factory.mktemp("trial") / "project")
    shutil.copytree(REPOSITORY / "results", made.folder / "results", dirs_exist_ok=True)
    return made


@pytest.fixture(scope="module")
def tomogram(tmp_path_factory) -> Path:
    """A .npy of int16 voxels."""
    path = tmp_path_factory.mktemp("voxels") / "mine.npy"
    np.save(path, np.random.default_rng(3).normal(0, 300, SHAPE).astype("int16"))
    return path


def left(folder: Path) -> list[Path]:
    return list(folder.rglob(f"{trial.PREFIX}*"))


def tried(project, *words: str) -> list[dict]:
    done = project.run("tomobench", "plan", *words, "--machine", "reference", "--format", "json")
    return json.loads(done.stdout[done.stdout.index("[\n") :])


def test_layouts_are_tried_on_a_disk_that_was_named(project, tomogram, tmp_path):
    rows = tried(
        project,
        "--like",
        str(tomogram),
        "--use",
        "xy=4,region-16",
        "--bandwidth",
        "0.001",
        "--try",
        "2",
        "--try-in",
        str(tmp_path),
    )
    assert len(rows) == 2
    for row in rows:
        assert {
            "xy_modelled",
            "xy_measured",
            "region-16_measured",
            "write_measured",
            "mean_measured",
        } <= set(row)
        assert row["write_modelled"] < 1  # a page cache's, as what is measured
        assert row["mean_measured"] == pytest.approx(
            0.8 * row["xy_measured"] + 0.2 * row["region-16_measured"]
        )
    assert list(tmp_path.iterdir()) == [] and left(project.cache) == []


@pytest.mark.dear
def test_layouts_are_tried_over_s3(project, tomogram):
    words = ("--storage", "s3", "--latency", "5", "--release", "2.18.7")
    done = project.run(
        "tomobench", "plan", "--like", str(tomogram), *words, "--try", "2", "--machine", "reference"
    )
    assert done.stdout.splitlines()[-1].startswith(
        f"Tried: all of {tomogram}, over S3, a round trip of 5 ms added."
    )
    assert "Fastest when tried: " in done.stdout
    assert left(project.cache) == []


def test_killed_it_leaves_nothing(project, tomogram, tmp_path):
    command = [
        Path(sys.executable).parent / "tomobench",
        "plan",
        "--like",
        tomogram,
        "--machine",
        "reference",
    ]
    process = subprocess.Popen(
        [*command, "--try", "2", "--try-in", tmp_path],
        cwd=project.folder, env=project.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: list(tmp_path.rglob("*.zarr")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: not list(tmp_path.iterdir()))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--try", "2", "--try-in", "/proc"), "can't write in /proc"),
        (("--try-in", "."), "--try-in is for --try"),
        (("--try", "2", "--like", "nothing.mrc"), "no such volume, file or folder"),
        (("--try", "2", "--storage", "s3", "--try-in", "."), "--try-in is for a disk"),
        (("--try", "0"), "--try"),
    ],
)
def test_what_can_not_be_tried_is_one_line(project, words, said):
    done = project.here("plan", *words, "--machine", "reference", ok=False)
    assert done.returncode and said in done.stdout and "Traceback" not in done.stdout


@pytest.mark.parametrize("shape", [(184, 630, 630), (1, 9, 4000), (300, 20, 20), (1, 1, 1)])
@pytest.mark.parametrize("most", [10**9, 2**20, 3000, 1])
def test_a_part_is_the_middle_and_small_enough(shape, most):
    region = part(shape, 4, most)
    edges = [one.stop - one.start for one in region]
    assert np.prod(edges) * 4 <= max(most, 4)
    assert all(one.start >= 0 and one.stop <= length for one, length in zip(region, shape))
    assert all(abs(one.start + one.stop - length) <= 1 for one, length in zip(region, shape))
    if np.prod(shape) * 4 <= most:
        assert edges == list(shape)
