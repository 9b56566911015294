"""The suites over S3 as a user runs them: asv itself, on a small volume, for both lines."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tomobench.desk.results import reading as results

TIPS = ["2.18.7", "3.4.2"]
#: A little of each suite.
SOME = (
    r"^(remote\.Reads\.time_slice_xy\((0|20), (32×32×32|32×32×32 in whole)\)"
    r"|remote\.Writes\.time_whole\(20, 32×32×32\)"
    r"|remote\.ReadsByClient\.time_slice_xy\(obstore, 0, 32×32×32\)"
    r"|billed\.Layouts\.track_(?!connections)\w+\((read whole|read XY slice|write whole), .*, (32×32×32|32×32×32 in whole)\)"
    r"|faults\.Outcome\.track_outcome\((503|cut), read whole, s3fs, 32×32×32\))"
)


@pytest.fixture(scope="module")
def project(make_project, tmp_path_factory):
    one = make_project(tmp_path_factory.mktemp("s3") / "project")
    one.leave_the_shared_cache()  # a test below removes what is kept there
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        one.environment["TMPDIR"] = folder
        one.environment.pop("TOMOBENCH_S3_URL", None)
        yield one


@pytest.fixture(scope="module")
def rows(project):
    """What was measured, by release, benchmark and cell."""
    done = project.asv(
        "run", project.wanted(*TIPS), "--quick", "--show-stderr", "--bench", SOME, tracebacks=True
    )
    found = {}
    for row in results.read(project.folder):
        found[row.release, row.benchmark, tuple(value for _, value in row.cell)] = row
    assert not [row for row in found.values() if row.value is None], done.stdout
    return found


def test_loopback_goes_through_no_proxy_of_the_users(rows, project):
    nowhere = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy"), "http://127.0.0.1:9")
    for kept in project.cache.glob("stores/*/*/*/billed-*.json"):
        kept.unlink()
    counted = r"^billed\.Layouts\.track_get\(read whole, .*, 32×32×32\)"
    project.asv("run", "3.4.2", "--quick", "--bench", counted, **nowhere)
    again = [row for row in results.read(project.folder) if row.release == "3.4.2"]
    again = [row for row in again if row.benchmark == "billed.Layouts.track_get" and row.measured]
    assert again
    for row in again:
        cell = tuple(value for _, value in row.cell)
        assert row.value == rows[row.release, row.benchmark, cell].value


def value(rows, release, benchmark, *cell):
    return rows[release, benchmark, tuple(str(one) for one in cell)].value


def test_latency_is_in_the_times(rows):
    for release, layout in (
        ("2.18.7", "32×32×32"),
        ("3.4.2", "32×32×32"),
        ("3.4.2", "32×32×32 in whole"),
    ):
        near = value(rows, release, "remote.Reads.time_slice_xy", 0, layout)
        far = value(rows, release, "remote.Reads.time_slice_xy", 20, layout)
        assert far > 0.02 and near > 0


def test_what_a_line_can_not_do_is_not_measured(rows):
    benchmark = "remote.Reads.time_slice_xy"
    assert not rows["2.18.7", benchmark, ("0", "32×32×32 in whole")].measured
    assert not rows[
        "2.18.7", "remote.ReadsByClient.time_slice_xy", ("obstore", "0", "32×32×32")
    ].measured
    assert rows[
        "3.4.2", "remote.ReadsByClient.time_slice_xy", ("obstore", "0", "32×32×32")
    ].measured
    assert rows["2.18.7", "remote.Writes.time_whole", ("20", "32×32×32")].measured


def billed(rows, release, metric, access, client, layout):
    return value(rows, release, f"billed.Layouts.track_{metric}", access, client, layout)


@pytest.mark.parametrize("release", TIPS)
def test_a_whole_read_is_a_request_a_chunk(rows, release):
    # 40×48×56 voxels are 2×2×2 chunks of 32³.
    for client in ("s3fs", *(["obstore"] if release == "3.4.2" else [])):
        assert billed(rows, release, "get", "read whole", client, "32×32×32") == 8
        heads = 8 if client == "s3fs" else 0
        assert billed(rows, release, "head", "read whole", client, "32×32×32") == heads
        assert billed(rows, release, "get", "read XY slice", client, "32×32×32") == 4
        assert billed(rows, release, "range_get", "read XY slice", client, "32×32×32") == 0


@pytest.mark.parametrize("release", TIPS)
def test_what_is_written_is_the_store(rows, release):
    for client in ("s3fs", *(["obstore"] if release == "3.4.2" else [])):
        written = billed(rows, release, "bytes_in", "write whole", client, "32×32×32")
        fetched = billed(rows, release, "bytes_out", "read whole", client, "32×32×32")
        assert billed(rows, release, "put", "write whole", client, "32×32×32") >= 9
        assert 0 < fetched < written


def test_shards_are_read_by_ranges(rows):
    for client in ("s3fs", "obstore"):
        assert billed(rows, "3.4.2", "range_get", "read XY slice", client, "32×32×32 in whole") >= 2
        assert billed(rows, "3.4.2", "get", "read XY slice", client, "32×32×32 in whole") == 0


def test_faults_have_an_outcome(rows):
    for release in TIPS:
        for fault in ("503", "cut"):
            cell = (fault, "read whole", "s3fs", "32×32×32")
            assert value(rows, release, "faults.Outcome.track_outcome", *cell) == 0


def test_the_commands_show_what_was_measured(rows, project):
    latency = project.run("tomobench", "latency").stdout
    assert "read one XY slice, ms" in latency and "32×32×32 in whole" in latency
    said = project.run("tomobench", "costs", "--format", "csv").stdout.splitlines()
    costs = [line for line in said if "," in line and not line.startswith("small-")]
    assert costs[0].startswith("release,layout,access_name,requests")
    assert {line.split(",")[0] for line in costs[1:]} == set(TIPS)
    said = project.run("tomobench", "costs", "--prices", "nowhere.toml", ok=False)
    assert said.returncode == 1 and "can't be read" in said.stdout


def test_nothing_is_left(rows, project):
    assert not left_over(project)


def left_over(project) -> list[str]:
    return [path.name for path in Path(project.environment["TMPDIR"]).glob("tomobench-s3*")]


def test_nothing_is_started_for_other_suites(project):
    project.asv(
        "run", "2.18.7^!", "--quick", "--bench", r"footprint.Chunks.track_files\(16×16×16, 2\)"
    )
    # Had a server been asked for, this one would have failed.
    broken = {"TOMOBENCH_S3_URL": "http://127.0.0.1:9"}
    one = r"footprint.Chunks.track_files\(16×16×16, 2\)"
    project.asv("run", "2.18.7^!", "--quick", "--bench", one, **broken)


def test_a_server_that_is_not_there_is_said(project):
    done = project.asv("run", "2.18.7^!", "--quick", ok=False, TOMOBENCH_S3_SERVER="minio")
    assert (
        done.returncode
        and "TOMOBENCH_S3_SERVER is minio: choose one of seaweedfs, ceph" in done.stdout
    )


def descendants(pid: int) -> set[int]:
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = set(), [pid]
    while waiting:
        new = children.get(waiting.pop(), [])
        found.update(new)
        waiting += new
    return found


def commands(pids) -> dict[int, str]:
    found = {}
    for pid in pids:
        try:
            found[pid] = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_nothing_stays_when_asv_is_stopped(rows, project, end):
    asv = subprocess.Popen(
        [
            Path(sys.executable).parent / "asv",
            "run",
            "3.4.2^!",
            "--bench",
            r"remote\.Reads\.time_whole\(50",
        ],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while True:
        found = commands(descendants(asv.pid))
        if any("weed" in one and "mini" in one for one in found.values()) and any(
            "servers.proxy" in one for one in found.values()
        ):
            break
        assert asv.poll() is None and time.monotonic() < deadline, found
        time.sleep(0.05)
    started = {pid for pid, one in found.items() if "weed" in one or "tomobench.desk" in one}
    asv.send_signal(end)
    asv.wait(60)
    deadline = time.monotonic() + 20
    while started & set(commands(started)) or left_over(project):
        assert time.monotonic() < deadline, (commands(started), left_over(project))
        time.sleep(0.1)


def test_another_server_is_a_series_of_its_own(rows, project):
    """The user's own endpoint: its name is in the results, and what was there stays."""
    from tomobench.desk.servers import server

    with server.seaweedfs() as s3:
        client = s3.client()
        client.create_bucket(Bucket="mine")
        client.put_object(Bucket="mine", Key="precious", Body=b"x")
        project.asv(
            "run",
            "2.18.7^!",
            "--quick",
            "--bench",
            r"remote\.Reads\.time_open\(0, 64×64×64\)",
            TOMOBENCH_S3_URL=s3.url,
            TOMOBENCH_S3_BUCKET="mine",
            AWS_ACCESS_KEY_ID=s3.access_key,
            AWS_SECRET_ACCESS_KEY=s3.secret_key,
        )
        keys = [one["Key"] for one in client.list_objects_v2(Bucket="mine")["Contents"]]
    assert keys == ["precious"]
    where = s3.url.removeprefix("http://")
    found = [row for row in results.read(project.folder) if row.server == where and row.measured]
    assert [row.benchmark for row in found] == ["remote.Reads.time_open"]
    files = [
        json.loads(path.read_text())
        for path in (project.folder / "results").glob("*/2.18.7-*s3_server*.json")
    ]
    assert where in [one["env_vars"]["s3_server"] for one in files]
