"""Volumes on a web server of these tests' own: what is published well, badly, or not at all."""

import contextlib
import errno
import gzip
import shutil
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import tifffile

from tests.unit.volumes.files import edit_json, ramp, write_mrc, write_ome, write_zarr
from tomobench.bench import volume as volumes
from tomobench.desk.volumes import ome_zarr, transfer
from tomobench.desk.volumes.remote import PublishedKeys

VOXELS = ramp(6, 7, 9) + 1


@contextlib.contextmanager
def serving(handler, monkeypatch):
    """Within the block a server answers by this handler; its address. Nothing is waited for between attempts."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(transfer, "LONGEST_PAUSE", 0.01)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with contextlib.closing(server.socket):
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
    thread.join()


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder, its address, and the paths asked for; /loop leads to itself, /secret is refused."""
    folder = tmp_path / "site"
    folder.mkdir()
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=folder)

        def do_GET(self):
            asked.append(self.path)
            if self.path.startswith("/loop"):
                self.send_response(302)
                self.send_header("Location", self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif self.path.startswith("/secret"):
                self.send_error(403)
            else:
                super().do_GET()

        def list_directory(self, path):
            self.send_error(404)

        def log_message(self, *_):
            pass

    with serving(Handler, monkeypatch) as url:
        yield folder, url, asked


@pytest.fixture
def fetch(command):
    """``tomobench volume fetch``, and the volume that came."""

    def fetched(*words):
        return volumes.load(command("fetch", "--print-id", *words).strip())

    return fetched


@pytest.mark.parametrize("address", ["v.mrc?download=1", "v.mrcs", "content", "v.mrc"])
def test_an_mrc_of_any_address(site, fetch, address):
    folder, url, asked = site
    write_mrc(folder / address.partition("?")[0], VOXELS)
    described, voxels = fetch(f"{url}/{address}")
    assert np.array_equal(voxels, VOXELS) and described.voxel_spacing == (10.012,) * 3
    assert f"/{address}" in asked
    assert "download" not in described.source


def test_a_tiff_and_a_zip(site, fetch):
    folder, url, _ = site
    tifffile.imwrite(folder / "v.tif", VOXELS, metadata={"axes": "ZYX"})
    assert np.array_equal(fetch(f"{url}/v.tif")[1], VOXELS)


@pytest.mark.parametrize("name", ["v.ozx", "v.zip", "content"])
def test_a_level_of_a_zipped_zarr(site, fetch, refused, name):
    folder, url, asked = site
    image = write_ome(folder / "image", [VOXELS, VOXELS[::2, ::2, ::2]], "0.5")
    shutil.make_archive(str(folder / "v"), "zip", image)
    (folder / "v.zip").rename(folder / name)
    assert "no level 2; it has 0" in refused(fetch, f"{url}/{name}", "--level", "2")
    assert np.array_equal(fetch(f"{url}/{name}", "--level", "1")[1], VOXELS[::2, ::2, ::2])
    assert asked.count(f"/{name}") == 1  # it was whole, and is not fetched again


def test_a_level_of_a_file_that_has_none_is_refused_before_it_is_fetched(site, fetch, refused):
    folder, url, asked = site
    write_mrc(folder / "v.mrc", VOXELS)
    assert "leave --level out" in refused(fetch, f"{url}/v.mrc", "--level", "1")
    assert asked == []


@pytest.mark.parametrize("names", ["0", "01"])
def test_a_bioformats2raw_root(site, fetch, refused, names):
    folder, url, _ = site
    for name in names:
        write_ome(folder / "v.zarr" / name, [VOXELS])
    (folder / "v.zarr" / ".zgroup").write_text('{"zarr_format": 2}')
    edit_json(folder / "v.zarr" / ".zattrs", **{"bioformats2raw.layout": 3})
    if names == "0":
        assert np.array_equal(fetch(f"{url}/v.zarr")[1], VOXELS)
    else:
        assert f"{url}/v.zarr/0, {url}/v.zarr/1" in refused(fetch, f"{url}/v.zarr")


def test_chunks_of_another_name(site, fetch):
    folder, url, _ = site
    path = write_zarr(folder / "v.zarr", VOXELS)
    edit_json(path / ".zarray", dimension_separator="/")
    assert np.array_equal(fetch(f"{url}/v.zarr")[1], VOXELS)


def test_a_server_that_says_404_to_every_chunk(site, fetch, refused):
    folder, url, _ = site
    path = write_zarr(folder / "v.zarr", VOXELS)
    for chunk in path.glob("[0-9]*"):
        chunk.unlink()
    line = refused(fetch, f"{url}/v.zarr")
    assert f"{url}/v.zarr" in line and "looked for 0.0.0" in line
    assert volumes.known() == []


def test_a_region_and_a_channel_are_what_is_fetched(site, fetch):
    folder, url, asked = site
    axes = [{"name": name} for name in "czyx"]
    write_ome(folder / "v.zarr", [np.stack([VOXELS, VOXELS * 2])], "0.5", axes, [[1] * 4])
    _, voxels = fetch(f"{url}/v.zarr", "--channel", "1", "--region", "0:3,3:6,2:4")
    assert np.array_equal(voxels, VOXELS[0:3, 3:6, 2:4] * 2)
    assert sorted(path for path in asked if "/c/" in path) == [
        "/v.zarr/0/c/0/0/1/0",
        "/v.zarr/0/c/0/0/1/1",
    ]


def test_a_dry_run_fetches_metadata_alone(site, command):
    folder, url, asked = site
    write_ome(folder / "v.zarr", [VOXELS])
    said = command("fetch", f"{url}/v.zarr", "--dry-run")
    assert "6×7×9 (z×y×x)" in said and "float32" in said and "10.012 Å" in said
    assert not [path for path in asked if "0.0.0" in path]
    assert volumes.known() == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("loop/v.zarr", "redirects"),
        ("loop/v.mrc", "redirects"),
        ("secret/v.zarr", "may also mean that it is absent"),
        ("secret/v.mrc", "may also mean that it is absent"),
        ("nothing.mrc", "no such file"),
        ("nothing.zarr", "without Zarr metadata"),
    ],
)
def test_what_will_not_pass_is_not_tried_again(site, fetch, refused, path, said):
    _, url, asked = site
    assert said in refused(fetch, f"{url}/{path}")
    if not path.startswith("loop"):
        assert len(asked) == len(set(asked))


def test_a_web_page_in_place_of_a_file(site, fetch, refused):
    folder, url, _ = site
    (folder / "v.mrc").write_text("<!DOCTYPE html><title>Sign in</title>")
    line = refused(fetch, f"{url}/v.mrc")
    assert line.startswith(f"{url}/v.mrc: a web page")
    write_mrc(folder / "v.mrc", VOXELS)
    assert np.array_equal(fetch(f"{url}/v.mrc")[1], VOXELS)


def test_a_file_that_was_asked_amiss_is_not_fetched_again(site, fetch, refused):
    folder, url, asked = site
    write_mrc(folder / "v.mrc", VOXELS)
    assert "this is mode 2; leave it out" in refused(fetch, f"{url}/v.mrc", "--unsigned")
    assert np.array_equal(fetch(f"{url}/v.mrc")[1], VOXELS)
    assert asked.count("/v.mrc") == 1


@pytest.mark.parametrize("known", [True, False])
def test_a_file_that_there_was_no_room_to_unpack_is_not_fetched_again(
    site, fetch, refused, monkeypatch, tmp_path, known
):
    folder, url, asked = site
    plain = write_mrc(tmp_path / "v.mrc", np.ones((20, 20, 20), "f4") * 2).read_bytes()
    (folder / "v.mrc.gz").write_bytes(gzip.compress(plain))

    def nearly_full(_):
        return type("Usage", (), {"free": len(plain)})  # the header tells of two of them

    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        if known:
            disk.setattr("tomobench.desk.volumes.disk.shutil.disk_usage", nearly_full)
        else:
            disk.setattr("tomobench.desk.volumes.packed.tempfile.TemporaryFile", full)
        said = "GiB free" if known else "no room"
        assert said in refused(fetch, f"{url}/v.mrc.gz")
    assert (fetch(f"{url}/v.mrc.gz")[1] == 2).all()
    assert asked.count("/v.mrc.gz") == 1


def test_a_file_that_there_was_no_memory_to_read_is_not_fetched_again(
    site, fetch, refused, monkeypatch
):
    folder, url, asked = site
    tifffile.imwrite(folder / "v.tif", VOXELS, metadata={"axes": "ZYX"}, compression="zlib")

    def too_much(*_):
        raise MemoryError

    with monkeypatch.context() as memory:
        memory.setattr("tomobench.desk.volumes.tiff_stack.Pages.__getitem__", too_much)
        assert "memory; give a --region" in refused(fetch, f"{url}/v.tif")
    assert np.array_equal(fetch(f"{url}/v.tif")[1], VOXELS)
    assert asked.count("/v.tif") == 1


def test_a_chunk_that_there_was_no_memory_to_read_is_not_said_to_be_damaged(
    site, fetch, refused, monkeypatch
):
    folder, url, asked = site
    write_zarr(folder / "v.zarr", VOXELS)

    def too_much(*_):
        raise MemoryError

    with monkeypatch.context() as memory:
        memory.setattr("tomobench.desk.volumes.zarr_codecs.Chunk.decode", too_much)
        assert "memory" in refused(fetch, f"{url}/v.zarr")
    before = len(asked)
    assert np.array_equal(fetch(f"{url}/v.zarr")[1], VOXELS)
    assert "/v.zarr/0.0.0" not in asked[before:]


@pytest.mark.parametrize("kind", ["mrc", "zarr"])
def test_what_does_not_fit_is_refused_before_it_is_downloaded(
    site, fetch, refused, monkeypatch, cache_folder, kind
):
    folder, url, asked = site
    path = folder / f"v.{kind}"
    write_zarr(path, VOXELS) if kind == "zarr" else write_mrc(path, VOXELS)

    def nearly_full(_):
        return type("Usage", (), {"free": VOXELS.nbytes})  # not for the download as well

    monkeypatch.setattr("tomobench.desk.volumes.disk.shutil.disk_usage", nearly_full)
    assert "GiB free" in refused(fetch, f"{url}/v.{kind}")
    assert not [path for path in asked if "0.0.0" in path]
    assert not [path for path in cache_folder.rglob("*.mrc*") if path.stat().st_size]


def test_metadata_and_sizes_are_asked_for_and_no_chunk_comes(site, cache_folder):
    folder, url, asked = site
    path = write_ome(folder / "v.zarr", [VOXELS, VOXELS[::2, ::2, ::2]], "0.5")
    store = PublishedKeys(f"{url}/v.zarr", transfer.S3Client())
    levels = ome_zarr.described(store).levels
    assert [one.array.shape for one in levels] == [(6, 7, 9), (3, 4, 5)]
    key = levels[0].array.key((0, 0, 1))
    assert store.size(key) == (path / key).stat().st_size and store.size("0/c/9/9/9") is None
    assert {name.rpartition("/")[2] for name in asked} <= {
        "zarr.json",
        ".zarray",
        ".zattrs",
        ".zgroup",
    }
    assert not (cache_folder / "downloads").exists()


# A file that comes in parts


@dataclass
class Ranged:
    """A server of one file that gives parts of it, and does not know If-Range; it may end each answer early."""

    content: bytes
    tag: str = '"a"'
    cut: int | None = None
    encoding: str | None = None
    parts: list[str] = field(default_factory=list)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range", "")
        self.parts.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-") or 0)
        body = self.content[start:]
        request.send_response(206 if asked else 200)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("ETag", self.tag)
        if self.encoding:
            request.send_header("Content-Encoding", self.encoding)
        if asked:
            last, whole = len(self.content) - 1, len(self.content)
            request.send_header("Content-Range", f"bytes {start}-{last}/{whole}")
        request.end_headers()
        request.wfile.write(body[: self.cut])


@pytest.fixture
def ranged(monkeypatch):
    """A function that serves some bytes: the server, and the file's address."""
    monkeypatch.setattr(transfer, "ATTEMPTS", 2)
    with contextlib.ExitStack() as stack:

        def serve(content: bytes, name: str, **more) -> tuple[Ranged, str]:
            one = Ranged(content, **more)

            class Handler(BaseHTTPRequestHandler):
                def do_GET(self):
                    one.answer(self)

                def log_message(self, *_):
                    pass

            url = stack.enter_context(serving(Handler, monkeypatch))
            return one, f"{url}/{name}"

        yield serve


def test_a_part_is_gone_on_with(ranged, fetch, refused, tmp_path):
    server, url = ranged(write_mrc(tmp_path / "v.mrc", VOXELS).read_bytes(), "v.mrc", cut=1500)
    refused(fetch, url)
    server.cut = None
    assert np.array_equal(fetch(url)[1], VOXELS)
    assert server.parts[-1].startswith("bytes=")


def test_parts_of_two_files_are_never_joined(ranged, fetch, refused, tmp_path):
    server, url = ranged(write_mrc(tmp_path / "v.mrc", VOXELS).read_bytes(), "v.mrc", cut=1500)
    refused(fetch, url)
    server.content, server.tag = write_mrc(tmp_path / "v.mrc", VOXELS + 1).read_bytes(), '"b"'
    server.cut = None
    assert np.array_equal(fetch(url)[1], VOXELS + 1)


def test_a_file_that_a_server_packs_on_its_way_begins_anew(ranged, fetch, refused, tmp_path):
    content = gzip.compress(write_mrc(tmp_path / "v.mrc", VOXELS).read_bytes())
    server, url = ranged(content, "v.mrc", cut=len(content) // 2, encoding="gzip")
    refused(fetch, url)
    server.cut = None
    assert np.array_equal(fetch(url)[1], VOXELS) and set(server.parts) == {""}


def test_a_file_whose_voxels_turn_out_damaged_is_fetched_again(ranged, fetch, refused, tmp_path):
    tifffile.imwrite(tmp_path / "v.tif", VOXELS, metadata={"axes": "ZYX"}, compression="zlib")
    whole = (tmp_path / "v.tif").read_bytes()
    with tifffile.TiffFile(tmp_path / "v.tif") as tiff:
        page = tiff.pages[-1].dataoffsets[0]
    server, url = ranged(whole[: page + 4] + bytes(8) + whole[page + 12 :], "v.tif")
    assert "readable TIFF" in refused(fetch, url)
    server.content = whole
    assert np.array_equal(fetch(url)[1], VOXELS)
