"""What ``volume import`` and the program of ``plan --script`` make of the same odd sources: the same voxels, or a reason."""

import contextlib
import http.server
import io
import re
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.s3 import odd_sources
from tests.s3.converting import Program, aws, moves_of, read
from tests.unit.volumes.files import read as imported
from tests.unit.volumes.files import same_voxels
from tomobench.desk.errors import UserError

LINES = [pytest.param("2.18, 0.4", marks=pytest.mark.dear), "3, 0.5"]
SPACING = 7
"""Given to the program, for sources without one."""

IMPORTED_ALONE = {"array-alone.zarr", "mode-101.mrc", "packed.mrc", "tiff.mrc", "mrc.tif"}
"""What the program leaves out, and says so."""


def said_of(said: str, path: Path | str) -> list[str]:
    """What the program says of a source."""
    return [
        line.removeprefix(f"{path}: ") for line in said.splitlines() if line.startswith(f"{path}: ")
    ]


def converted(one: Program, path: Path, out="out") -> np.ndarray | None:
    """The voxels that a source became; None if it was left out."""
    image = one.folder / out / f"{path.stem.removesuffix('.ome')}.zarr"
    place = {"driver": "file", "path": str(image / "0")}
    return read(place, one.layout.zarr_format) if image.exists() else None


@pytest.mark.parametrize(
    "write",
    [
        odd_sources.write_zarrs_without_chunks,
        odd_sources.write_zarrs_named_otherwise,
        odd_sources.write_versions_of_ome_zarr,
        odd_sources.write_odd_zarrs,
        odd_sources.write_mrcs,
        odd_sources.write_tiffs,
    ],
)
@pytest.mark.parametrize("name", LINES)
def test_a_file_has_the_same_voxels_imported_and_converted_or_is_left_out(program, name, write):
    one = program(name)
    folder = one.folder / "in"
    folder.mkdir()
    write(folder)
    said = one.run("out", "in", "--spacing", SPACING, "--workers", 1, code=None)
    paths, unread = sorted(folder.iterdir()), set()
    for path in paths:
        found, lines = converted(one, path), said_of(said, path)
        try:
            wanted = imported(path)
        except UserError:
            wanted = None
        if found is not None:
            assert wanted and same_voxels(wanted, found), path.name
            continue
        (line,) = [line for line in lines if line.startswith("left out: ")]
        # Words, and no name of an exception.
        assert not re.match(r"left out: (can't be read \()?\w*(Error|Exception)\b", line), line
        if wanted:
            unread.add(path.name)
    if one.line == "2.18":
        unread = {name for name in unread if not (folder / name / "0" / "zarr.json").exists()}
    assert unread == IMPORTED_ALONE & {path.name for path in paths}


@pytest.mark.parametrize(
    ("where", "listing"), [("here", 0), ("on S3", 0), ("web", 404), ("web", 403), ("web", 200)]
)
@pytest.mark.parametrize("name", LINES)
def test_chunks_that_are_missing_or_named_otherwise_are_said(program, name, where, listing, s3):
    one = program(name)
    folder = one.folder / "in"
    folder.mkdir()
    odd_sources.write_zarrs_without_chunks(folder)
    odd_sources.write_zarrs_named_otherwise(folder)
    with contextlib.ExitStack() as stack:
        base = str(folder)
        if where == "on S3":
            base = f"s3://bucket/odd-{one.line}"
            upload(s3, folder, f"odd-{one.line}")
        elif where == "web":
            base = stack.enter_context(served(folder, listing))
        sources = [f"{base}/{path.name}" for path in sorted(folder.iterdir())]
        said = one.run("out", *sources, "--workers", 1, code=1, **aws(s3))
    lost = "{} of {} chunks do not exist; they hold the fill value {}, by Zarr's specification"
    named = "its chunks are named like {}, not {} as its metadata says; read all the same"
    expected = {
        "none-2": ["left out: not one of its chunks exists; looked for 0/0.0.0: was its metadata copied alone?"],
        "some-2": [lost.format(2, 27, 0)],
        "all-2": [],
        "some-seven": [lost.format(1, 8, 7)],
        "some-null": [lost.format(1, 8, 0)],
        "said-dots-2": [named.format("0/0/0", "0.0.0")],
        "said-nothing-2": [named.format("0/0/0", "0.0.0")],
        "said-slashes-2": [named.format("0.0.0", "0/0/0")],
    }  # fmt: skip
    format_3 = {
        "none-3": ["left out: not one of its chunks exists; looked for 0/c/0/0/0: was its metadata copied alone?"],
        "some-3": [lost.format(2, 27, 0)],
        "all-3": [],
        "none-sharded": ["left out: not one of its chunks exists; looked for 0/c/0/0/0: was its metadata copied alone?"],
        "some-sharded": [lost.format(2, 8, 0)],
        "all-sharded": [],
        "said-dots-3": [named.format("c/0/0/0", "c.0.0.0")],
        "said-slashes-3": [named.format("c.0.0.0", "c/0/0/0")],
    }  # fmt: skip
    if one.line == "2.18":
        unread = (
            "left out: of Zarr format 3, which zarr 2.18 can't read: plan with a --release of 3"
        )
        format_3 = {image: [unread] for image in format_3}
    expected |= format_3
    assert {source: said_of(said, source) for source in sources} == {
        f"{base}/{name}.zarr": lines for name, lines in sorted(expected.items())
    }
    for path in folder.iterdir():
        found = converted(one, path)
        assert (found is None) == any("left out" in line for line in expected[path.stem])
        assert found is None or same_voxels(imported(path), found)


def upload(s3, folder: Path, prefix: str) -> None:
    """Put the files of a folder below a prefix of the bucket."""
    for path in filter(Path.is_file, folder.rglob("*")):
        key = f"{prefix}/{path.relative_to(folder)}"
        s3.client().put_object(Bucket="bucket", Key=key, Body=path.read_bytes())


class _WithoutListing(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *asked, listing: int, absent: int, **more):
        self.listing, self.absent = listing, absent
        super().__init__(*asked, **more)

    def log_message(self, *_) -> None:
        """Say nothing."""

    def send_error(self, code, *_) -> None:
        super().send_error(self.absent if code == 404 else code)

    def list_directory(self, path):
        """As most servers answer: there is none, it is not to be seen, or a page that names no file."""
        if self.listing != 200:
            super().send_error(self.listing)
            return None
        page = b"<html><body>Welcome</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        return io.BytesIO(page)


@contextlib.contextmanager
def served(folder: Path, listing: int, absent=404):
    """The address of a web server of these files. ``listing``: its answer for a folder; ``absent``: for no file."""
    handler = partial(_WithoutListing, directory=str(folder), listing=listing, absent=absent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("name", LINES)
def test_a_server_that_refuses_what_is_absent_is_read_and_no_chunk_is_guessed(program, name):
    """A bucket whose keys nobody may list answers 403 for one that is not there, as for one that may not be read."""
    one = program(name)
    folder = one.folder / "in"
    for image in ("all", "some"):
        odd_sources.write_image(folder / f"{image}.zarr", odd_sources.voxels())
    odd_sources.chunks(folder / "some.zarr")[0].unlink()
    with served(folder, 403, absent=403) as base:
        sources = [f"{base}/{image}.zarr" for image in ("all", "some")]
        said = one.run("out", *sources, "--workers", 1, code=1)
    assert not said_of(said, sources[0])
    assert same_voxels(imported(folder / "all.zarr"), converted(one, folder / "all.zarr"))
    assert any("left out" in line and "403" in line for line in said_of(said, sources[1]))
    assert converted(one, folder / "some.zarr") is None


def test_a_scale_that_is_no_length_leaves_spacing_and_place_unknown(program):
    one = program("3, 0.5")
    for name, bad in (
        ("below", -10.0),
        ("zero", 0.0),
        ("nan", float("nan")),
        ("inf", float("inf")),
    ):
        image = odd_sources.scaled([bad, 10.0, 2.0])
        odd_sources.write_image(
            one.folder / "in" / f"{name}.zarr", odd_sources.voxels(), image=image
        )
    unscaled = {"datasets": [{"path": "0"}]}
    odd_sources.write_image(one.folder / "in" / "none.zarr", odd_sources.voxels(), image=unscaled)
    assert "0 of 5 are whole" in one.run("out", "in", "--workers", 1, code=1)
    one.run("out", "in", "--spacing", SPACING, "--workers", 1)
    for name in ("below", "zero", "nan", "inf"):
        assert moves_of(one.folder / "out" / f"{name}.zarr") == [[SPACING, 10, 2], [0, 6, 7]], name
    assert moves_of(one.folder / "out" / "none.zarr") == [[SPACING] * 3]


def test_what_is_odd_about_an_mrc_is_said(program):
    one = program("3, 0.5")
    (one.folder / "in").mkdir()
    odd_sources.write_mrcs(one.folder / "in")
    said = one.run("out", "in", "--workers", 1, code=1)
    for name, line in (
        ("no-map-word", "the MAP word is b'\\x00\\x00\\x00\\x00'; read as little-endian all the same"),
        ("big-endian-stamp-none", "the machine stamp is 0x00000000; read as"),
        ("longer", "MRC file is 4 bytes larger than expected"),
        ("bytes-doubtful", "nothing in its header says whether its bytes are signed; taken as signed"),
        ("volumes-of-2", "left out: a stack of 2 volumes; extract one first"),
        ("mode-3", "left out: voxels of type complex int16 (mode 3)"),
        ("axes-twice", "left out: its header's axes (mapc, mapr, maps) are [1, 1, 1], not 1, 2 and 3"),
    ):  # fmt: skip
        lines = said_of(said, one.folder / "in" / f"{name}.mrc")
        assert any(one.startswith(line) for one in lines), (name, lines)
