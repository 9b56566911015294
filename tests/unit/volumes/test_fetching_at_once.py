"""Two processes that want the same volume: one brings it, the other waits, says so, and finds it."""

import contextlib
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.made.waiting import until
from tests.unit.volumes.files import ramp, write_mrc, write_ome
from tomobench.bench import volume as volumes
from tomobench.desk import locks

COMMAND = "from tomobench.desk.cli import main; main()"
AGAIN = "import sys; from tomobench.desk.volumes import catalogue; catalogue.ensure(sys.argv[1])"
VOXELS = ramp(6, 7, 9) + 1
VOXEL_PATHS = (".mrc", "/0.0.0")
WAIT = 60  # seconds for what should take few


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder, its address, the paths asked for, and an event without which no voxel is given."""
    folder, asked, opened = tmp_path / "site", [], threading.Event()
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=folder)

        def do_GET(self):
            asked.append(self.path)
            if self.path.endswith(VOXEL_PATHS):
                opened.wait(WAIT)
            super().do_GET()

        def log_message(self, *_):
            pass

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv(locks.NO_WAIT, raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with contextlib.closing(server.socket):
        yield folder, f"http://127.0.0.1:{server.server_port}", asked, opened
        opened.set()
        server.shutdown()
    thread.join()


def started(program: str, *words) -> subprocess.Popen:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", program, *words], text=True, **pipes)


def one_after_the_other(asked, opened, program, *words) -> list[str]:
    """Both processes' output, of the one that fetches first; the second begins when the first is at the voxels."""
    before = len(asked)
    with started(program, *words) as first:
        try:
            until(lambda: any(path.endswith(VOXEL_PATHS) for path in asked[before:]), WAIT)
            with started(program, *words) as second:
                said = second.stderr.readline()
                assert said.startswith("tomobench: waiting for another ") and locks.NO_WAIT in said
                opened.set()
                printed, more = second.communicate(timeout=WAIT)
                assert second.returncode == 0 and "again" not in more and "waiting" not in more
            printed_first, error = first.communicate(timeout=WAIT)
            assert first.returncode == 0, error
        finally:
            first.kill()
    return [printed_first, printed]


def write(folder, name):
    path = folder / name
    return write_mrc(path, VOXELS) if name.endswith(".mrc") else write_ome(path, [VOXELS], chunk=9)


@pytest.mark.parametrize("name", ["v.mrc", "v.zarr"])
def test_the_second_fetch_waits_and_finds_what_the_first_brought(site, name):
    folder, url, asked, opened = site
    write(folder, name)
    words = ("volume", "fetch", "--print-id", f"{url}/{name}")
    first, second = one_after_the_other(asked, opened, COMMAND, *words)
    assert first == second and volumes.known() == [first.strip()]
    assert len(asked) == len(set(asked)), "something was asked for twice"


def test_a_damaged_volume_is_fetched_again_once(site, command):
    folder, url, asked, opened = site
    write(folder, "v.mrc")
    opened.set()
    volume_id = command("fetch", "--print-id", f"{url}/v.mrc").strip()
    voxels = volumes.folder(volume_id) / volumes.VOXELS
    voxels.write_bytes(voxels.read_bytes()[:-1])
    opened.clear()
    asked.clear()
    one_after_the_other(asked, opened, AGAIN, volume_id)
    volumes.verify(volumes.describe(volume_id))
    assert asked.count("/v.mrc") == 1


def test_of_another_part_the_second_fetches_its_own(site):
    folder, url, asked, opened = site
    write(folder, "v.mrc")
    words = ("volume", "fetch", "--print-id", f"{url}/v.mrc", "--region")
    with started(COMMAND, *words, "0:3,:,:") as first:
        until(lambda: asked, WAIT)
        with started(COMMAND, *words, "3:6,:,:") as second:
            assert "waiting" in second.stderr.readline()
            opened.set()
            ids = {one.communicate(timeout=WAIT)[0].strip() for one in (first, second)}
    assert set(volumes.known()) == ids and len(ids) == 2
