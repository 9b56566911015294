"""A release that is not the one asked for is never measured."""

import os
import subprocess

import pytest

LOAD = "from tomobench.bench import adapters; print(adapters.load().__name__)"


@pytest.fixture(scope="module")
def environment(make_project, tmp_path_factory):
    """The folder of an environment with 3.4.1 and 3.4.2, and the project's source."""
    project = make_project(tmp_path_factory.mktemp("guard") / "project")
    project.asv(
        "run", "3.4.0..3.4.2", "--quick", "--bench", r"footprint.Chunks.track_files\(16×16×16, 2\)"
    )
    (folder,) = (project.folder / ".asv/env").glob("*/active.json")
    return folder.parent, project.folder / "src"


def load(environment, **told):
    """Load the adapter in line 3's Python, told what the environment plugin would tell it."""
    folder, source = environment
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TOMOBENCH_")}
    return subprocess.run(
        [folder / "3/bin/python", "-c", LOAD],
        env={**clean, "PYTHONPATH": str(source), **told},
        capture_output=True,
        text=True,
        check=False,
    )


def told(folder, version, installed):
    return {
        "TOMOBENCH_RELEASE": version,
        "TOMOBENCH_LINE": "3",
        "TOMOBENCH_WHEEL": "0" * 64,
        "TOMOBENCH_RELEASE_DIR": str(folder / "releases" / installed),
    }


def test_the_release_asked_for_is_taken(environment):
    done = load(environment, **told(environment[0], "3.4.2", "3.4.2"))
    assert done.stdout.strip() == "tomobench.bench.adapters.line3", done.stderr


def test_another_version_is_refused(environment):
    done = load(environment, **told(environment[0], "3.4.2", "3.4.1"))
    assert done.returncode != 0
    assert "zarr 3.4.1 was imported, but 3.4.2 was asked for" in done.stderr


def test_the_version_asked_for_from_elsewhere_is_refused(environment, tmp_path):
    elsewhere = {**told(environment[0], "3.4.2", "3.4.2"), "TOMOBENCH_RELEASE_DIR": str(tmp_path)}
    elsewhere["PYTHONPATH"] = os.pathsep.join(
        [str(environment[1]), str(environment[0] / "releases/3.4.2")]
    )
    done = load(environment, **elsewhere)
    assert done.returncode != 0 and "was imported from" in done.stderr


def test_a_plain_python_is_refused(environment):
    done = load(environment)
    assert done.returncode != 0 and "run the benchmarks through asv" in done.stderr
