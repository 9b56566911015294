"""What the user has set says nothing to what is measured, unless it was asked for: then it is a series of its own."""

import json
import math

import pytest

ONE = r"footprint.Chunks.track_files\(16×16×16, 2\)"
#: What a setting changes.
IN_FLIGHT = "system.Layouts.track_in_flight"

#: Run by the desk's Python: what a process of a release's sees, as asv, the race and the readers start it.
DESK = """
import json, sys
from pathlib import Path
from asv.environment import get_environments
from asv.repo import get_repo
from tomobench.desk.asv.session import session
from tomobench.desk.results import reading
root = Path.cwd()
with session(root):
    conf = reading.config(root)
    environment = next(iter(get_environments(conf, None)))
    environment.create()
    environment.install_project(conf, get_repo(conf), sys.argv[1])
    print()  # asv leaves its last line open
    print(environment.run(["-c", sys.argv[2]]).strip())
"""
#: Run by the release's Python.
SEEN = """
import json, os, site, sys
import fsspec.config, numcodecs.blosc, zarr
config = getattr(zarr, "config", None)
print(json.dumps({
    "zarr": config and {"config": config.config, "paths": config.paths},
    "fsspec": fsspec.config.conf,
    "blosc": numcodecs.blosc.get_nthreads(),
    "path": sys.path,
    "user's site": site.getusersitepackages(),
    "environment": dict(os.environ),
}, default=repr, sort_keys=True))
"""


def seen(project, release, **variables):
    said = project.run("python", "-c", DESK, release, SEEN, **variables).stdout
    found = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    # Another process of the desk's has another address and key.
    found["environment"].pop("TOMOBENCH_S3_SERVICE")
    return found


def hostile(tmp_path):
    """An environment, and files in a home folder, that change what zarr does."""
    home = tmp_path / "home"
    for path, text in {
        ".config/zarr/x.yaml": "async:\n  concurrency: 1\n",
        ".config/fsspec/conf.json": '{"file": {"auto_mkdir": true}}',
        ".config/dask/dask.yaml": "scheduler: synchronous\n",
        "zarr/x.yaml": "threading:\n  max_workers: 1\n",
    }.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(text)
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "ZARR_CONFIG": str(home / "zarr"),
        "ZARR_ROOT_CONFIG": str(home / "zarr"),
        "ZARR_ASYNC__CONCURRENCY": "1",
        "ZARR_V3_EXPERIMENTAL_API": "1",
        "NUMCODECS_BLOSC_NTHREADS": "1",
        "BLOSC_NTHREADS": "1",
        "OMP_NUM_THREADS": "1",
        "DASK_SCHEDULER": "synchronous",
        "FSSPEC_FILE_AUTO_MKDIR": "true",
        "FSSPEC_CONFIG_DIR": str(home / ".config/fsspec"),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "PYTHONPATH": str(home / "zarr"),
        "PYTHONOPTIMIZE": "1",
        "http_proxy": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }


@pytest.mark.parametrize("release", ["2.18.7", "3.4.2"])
def test_nothing_that_the_user_has_set_changes_what_zarr_sees(project, tmp_path, release):
    plain = seen(project, release)  # this installs, too: pip's way to the index stays the user's
    assert seen(project, release, **hostile(tmp_path)) == plain


@pytest.mark.dear
def test_another_configuration_is_asked_for_by_name_and_is_a_series_of_its_own(project):
    asked = "threading.max_workers=2, async.concurrency=1"
    found = seen(project, "3.4.2", TOMOBENCH_ZARR_CONFIG=asked)["zarr"]["config"]
    assert (found["async"]["concurrency"], found["threading"]["max_workers"]) == (1, 2)
    words = ("run", "3.4.2^!", "--quick", "--bench", ONE)
    words += ("--bench", rf"{IN_FLIGHT}\(read whole, 32×32×32\)")
    project.asv(*words)
    project.asv(*words, TOMOBENCH_ZARR_CONFIG=asked)
    results = project.folder / "results" / "local-test"
    plain, chosen = sorted(results.glob("3.4.2-*.json"), key=lambda path: len(path.name))
    told = "async.concurrency=1,threading.max_workers=2"
    assert json.loads(chosen.read_text())["env_vars"]["zarr_config"] == told
    assert "zarr_config" not in json.loads(plain.read_text())["env_vars"]
    record = chosen.with_name(f"{chosen.stem}.installed.txt").read_text()
    assert f"zarr_config={told}" in record and "ZARR_ASYNC__CONCURRENCY=1" in record
    # What was found and kept under one configuration is not the other's.
    assert in_flight(chosen) == 1 < in_flight(plain)
    # What holds for zarr as it comes is not said from it.
    rows = project.run("python", "-c", READ).stdout.split()
    assert rows == ["tomobench.desk.results.reading.read", "2"]


def in_flight(path):
    values = json.loads(path.read_text())["results"][IN_FLIGHT][0]
    (found,) = (one for one in values if one is not None and not math.isnan(one))
    return found


READ = """
from pathlib import Path
from tomobench.desk.results import reading
print("tomobench.desk.results.reading.read", sum(row.measured for row in reading.read(Path.cwd())))
"""


@pytest.mark.parametrize(
    ("release", "asked", "said"),
    [
        ("3.4.2", "async.concurrency", "NAME=VALUE"),
        ("3.4.2", "async.concurrency=1,async.concurrency=2", "twice"),
        ("3.4.2", "async.concurency=1", "has no setting async.concurency"),
        ("3.4.2", "root_config=x", "has no setting root_config"),
        ("3.4.2", "async.concurrency=many", "wants int for async.concurrency, not 'many'"),
        ("2.18.7", "async.concurrency=1", "only zarr 3"),
    ],
)
def test_a_configuration_that_cannot_be_is_one_line(project, release, asked, said):
    words = ("run", f"{release}^!", "--quick", "--bench", ONE)
    done = project.asv(*words, ok=False, TOMOBENCH_ZARR_CONFIG=asked)
    assert done.returncode == 1
    (line,) = (one for one in done.stdout.splitlines() if "TOMOBENCH_ZARR_CONFIG" in one)
    assert said in line
    assert not project.measured()
