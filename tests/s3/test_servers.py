"""Real S3 servers: they answer, on 127.0.0.1 alone, and nothing outlives who asked for them."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.made.waiting import until
from tomobench.desk.errors import UserError
from tomobench.desk.servers import ceph_recipe, ports, seaweedfs_recipe, server

#: A program that starts a server, says where it is, and waits.
STARTS_A_SERVER = """
import sys, time
from tomobench.desk.servers import server
with getattr(server, sys.argv[1])() as s3:
    s3.client().create_bucket(Bucket="bucket")
    s3.client().put_object(Bucket="bucket", Key="key", Body=b"x" * 1000000)
    print(*s3.pids, flush=True)
    time.sleep(600)
"""


class Interrupted(Exception):
    """A block did not end well."""


@pytest.fixture(params=["seaweedfs", "ceph"])
def kind(request):
    if request.param == "ceph" and (absent := ceph_recipe.missing()):
        pytest.skip(f"Ceph is not installed: apt-get install {' '.join(absent)}")
    return request.param


@pytest.fixture
def start(kind):
    return getattr(server, kind)


@pytest.fixture
def left_over(monkeypatch):
    """A function that lists what servers have in the folder for temporary files: one of ours."""
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", None)
        yield lambda: [path.name for path in Path(folder).iterdir()]
    tempfile.tempdir = None


@pytest.fixture
def nearly_full(left_over):
    """The folder for temporary files is a disk of which less than 5 % is free."""
    folder = os.environ["TMPDIR"]
    mount = ["mount", "-t", "tmpfs", "-o", f"size={200 << 20}", "tmpfs", folder]
    if subprocess.run(mount, stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("a small disk can't be mounted here")
    try:
        with open(Path(folder, "taken"), "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 192 << 20)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def gone(pids) -> bool:
    """Whether the processes end within ten seconds."""
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def sockets(taken: set[int]) -> list[Path]:
    """SeaweedFS's Unix sockets that are named after these ports."""
    found = Path("/tmp").glob("seaweedfs-*.sock")
    return [path for path in found if int(path.stem.rpartition("-")[2]) in taken]


def test_a_server_speaks_s3(start):
    with start() as s3:
        client = s3.client()
        client.create_bucket(Bucket="bucket")
        client.put_object(Bucket="bucket", Key="a/é b", Body=bytes(range(200)))
        read = {
            wanted: client.get_object(Bucket="bucket", Key="a/é b", Range=wanted)["Body"].read()
            for wanted in ("bytes=10-19", "bytes=-3")
        }
        assert read == {"bytes=10-19": bytes(range(10, 20)), "bytes=-3": bytes([197, 198, 199])}
        keys = [one["Key"] for one in client.list_objects_v2(Bucket="bucket")["Contents"]]
        assert keys == ["a/é b"]


def test_a_server_starts_on_a_disk_that_is_nearly_full(start, nearly_full):
    with start() as s3:
        client = s3.client()
        client.create_bucket(Bucket="bucket")
        client.put_object(Bucket="bucket", Key="key", Body=b"voxels")
        assert client.get_object(Bucket="bucket", Key="key")["Body"].read() == b"voxels"


def test_a_server_wants_its_own_credentials(start):
    with start() as s3, start() as other:
        assert s3.url != other.url
        stranger = server.Endpoint(s3.url, other.access_key, other.secret_key)
        with pytest.raises(ClientError):
            stranger.client().list_buckets()


def test_a_server_listens_on_this_machine_alone(start):
    with start() as s3:
        hosts = {host for pid in s3.pids for host, _ in ports.listening(pid)}
    assert hosts == {"127.0.0.1"}


def test_nothing_stays_after_the_block(start, left_over):
    with pytest.raises(Interrupted), start() as s3:
        assert left_over()
        raise Interrupted
    assert gone(s3.pids) and not left_over()


def test_seaweedfs_leaves_no_sockets():
    with server.seaweedfs() as s3:
        taken = {port for pid in s3.pids for _, port in ports.listening(pid)}
        assert sockets(taken)
    assert not sockets(taken)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_stays_when_its_user_is_killed(kind, end, left_over):
    command = [sys.executable, "-c", STARTS_A_SERVER, kind]
    user = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    pids = [int(word) for word in user.stdout.readline().split()]
    owner = parent(pids[0])
    assert owner != user.pid and left_over()
    user.send_signal(end)
    user.communicate()
    assert gone([*pids, owner]) and not left_over()


def test_nothing_stays_when_its_user_is_killed_while_it_starts(kind, left_over):
    user = subprocess.Popen(
        [sys.executable, "-c", STARTS_A_SERVER, kind], stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 20
    while not left_over():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    user.kill()
    user.wait()
    while left_over():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_server_goes_with_its_owner(start, left_over):
    with start() as s3:
        os.kill(parent(s3.pids[0]), signal.SIGKILL)
        assert gone(s3.pids)
    assert not left_over()


def test_seaweedfs_counts_bytes_and_requests():
    with server.seaweedfs() as s3:
        client = s3.client()
        client.create_bucket(Bucket="bucket")
        client.put_object(Bucket="bucket", Key="key", Body=bytes(1000))
        before = until(lambda: (found := s3.counts("bucket"))["PUT"] and found)
        client.get_object(Bucket="bucket", Key="key")["Body"].read()
        client.get_object(Bucket="bucket", Key="key", Range="bytes=0-99")["Body"].read()
        client.put_object(Bucket="bucket", Key="other", Body=bytes(50))
        # The server counts a request when it has answered it.
        wanted = {"GET": 2, "PUT": 1, "sent": 1100, "received": 50}
        until(lambda: s3.counts("bucket") - before == wanted)


@pytest.mark.parametrize("recipe", [ceph_recipe, seaweedfs_recipe])
def test_what_is_not_installed_is_said_in_a_line(recipe, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(UserError, match="is not installed: (pip|apt-get) install "):
        recipe.start(None)


def test_a_server_that_can_not_start_is_an_error_of_the_users(monkeypatch, tmp_path):
    for name in (*ceph_recipe.PACKAGES.values(), "ceph-authtool"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho no room\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(UserError, match="^ceph-authtool failed: no room$"), server.ceph():
        pass
