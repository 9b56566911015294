"""The program of ``plan --script`` as its user runs it: on both lines, here, on S3, on a Dask cluster, and killed.

Its environments are made from requirements/script-*.txt. What it wrote is read by tensorstore; by others, and
after kills, in the tests marked ``dear``.
"""

import contextlib
import hashlib
import http.server
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import mrcfile
import numpy as np
import psutil
import pytest
import tifffile

from tests import REPOSITORY
from tests.s3.converting import LAYOUTS, SHAPE, WAIT, aws, moves_of, read
from tests.unit.volumes.files import patch, same_voxels, write_ome
from tests.unit.volumes.files import read as imported
from tomobench.bench.layout import Layout
from tomobench.desk.advise.plan import snippets

SPACING = 10.012
LONG = (64, 300, 300)
"""So large that it can be met on its way."""

DTYPES = {"int8": "i1", "int16": "i2", "float32": "f4", "labels": "u2"}


def voxels(dtype: str, shape=SHAPE) -> np.ndarray:
    draw = np.random.default_rng(5)
    if dtype == "u2":
        return draw.integers(0, 4, shape).astype(dtype)
    found = (draw.normal(size=shape) * 30).astype(dtype)
    if dtype == "f4":
        found.flat[:3] = -0.0, np.float32("nan"), np.inf
    return found


def write_mrc(path: Path, data: np.ndarray) -> np.ndarray:
    path.parent.mkdir(parents=True, exist_ok=True)
    with mrcfile.new(path, overwrite=True) as mrc:
        mrc.set_data(data)
        mrc.voxel_size = SPACING
    return data


def halved(data: np.ndarray, labels: bool) -> np.ndarray:
    """Each block of 2×2×2 as one, by the definition; a block at an odd end has fewer voxels."""
    shape = [-(-n // 2) for n in data.shape]

    def in_blocks(values) -> np.ndarray:
        padded = np.zeros([2 * n for n in shape], values.dtype)
        padded[tuple(slice(n) for n in data.shape)] = values
        cut = padded.reshape(shape[0], 2, shape[1], 2, shape[2], 2).transpose(0, 2, 4, 1, 3, 5)
        return cut.reshape(*shape, 8)

    blocks, there = in_blocks(data.astype("f8")), in_blocks(np.ones(data.shape, bool))
    if not labels:
        with np.errstate(invalid="ignore"):
            mean = blocks.sum(-1) / there.sum(-1)
        return (np.rint(mean) if data.dtype.kind in "iu" else mean).astype(data.dtype)
    found = np.empty(shape, data.dtype)
    for place in np.ndindex(*shape):
        counts = Counter(blocks[place][there[place]])
        found[place] = min(one for one, n in counts.items() if n == max(counts.values()))
    return found


def is_whole(folder: Path, data: np.ndarray, layout: Layout, labels=False) -> None:
    """Assert that an image is there with both levels, bit for bit, its spacing and layout."""
    format_ = layout.zarr_format
    document = json.loads((folder / {2: ".zattrs", 3: "zarr.json"}[format_]).read_text())
    image = (document if format_ == 2 else document["attributes"]["ome"])["multiscales"][0]
    moves = [one["coordinateTransformations"] for one in image["datasets"]]
    assert [one[0]["scale"] for one in moves] == [[SPACING] * 3, [SPACING * 2] * 3]
    assert [axis["unit"] for axis in image["axes"]] == ["angstrom"] * 3
    assert image["type"] == ("mode" if labels else "local mean")
    for level, wanted in enumerate([data, halved(data, labels)]):
        found = read({"driver": "file", "path": str(folder / str(level))}, format_)
        assert found.dtype == wanted.dtype
        if level == 0 or wanted.dtype.kind != "f":
            assert found.tobytes() == wanted.tobytes()
        else:
            np.testing.assert_allclose(found, wanted, rtol=1e-6)


# One machine


@pytest.mark.parametrize("name", [pytest.param("2.18, 0.4", marks=pytest.mark.dear), "3, 0.5"])
def test_a_folder_of_tomograms_becomes_images(program, name):
    one = program(name)
    data = write_mrc(one.folder / "in" / "TS_1.mrc", voxels("i2"))
    tifffile.imwrite(one.folder / "in" / "TS_2.tif", data + 1)
    said = one.run("out", "in", "--spacing", SPACING, "--workers", 2)
    assert "2 of 2 are whole in out" in said
    is_whole(one.folder / "out" / "TS_1.zarr", data, one.layout)
    is_whole(one.folder / "out" / "TS_2.zarr", data + 1, one.layout)
    assert sorted(path.name for path in (one.folder / "out").iterdir()) == [
        "TS_1.zarr",
        "TS_2.zarr",
    ]
    # A second run writes nothing; another source of the name is not written over it.
    before = stamps(one.folder / "out")
    assert "2 of 2 are whole" in one.run("out", "in", "--spacing", SPACING)
    assert stamps(one.folder / "out") == before
    write_mrc(one.folder / "in" / "TS_1.mrc", data[::-1])
    said = one.run("out", "in", "--spacing", SPACING, code=1)
    assert "TS_1.zarr is something else, or its source has changed: remove it" in said
    assert stamps(one.folder / "out") == before
    # An image is a source, too, and one of its chunks may change.
    (one.folder / "out" / "TS_2.zarr").rename(one.folder / "TS_2.zarr")
    for _ in range(2):
        assert "1 of 1 are whole" in one.run("out2", "TS_2.zarr")
    array = one.folder / "TS_2.zarr" / "0"
    chunk = next(path for path in array.rglob("*") if path.name == "0" and path.is_file())
    chunk.write_bytes(chunk.read_bytes())
    assert "its source has changed: remove it" in one.run("out2", "TS_2.zarr", code=1)
    (one.folder / "TS_2.zarr").rename(one.folder / "out" / "TS_2.zarr")
    # What is no tomogram, and what nobody can mean.
    (one.folder / "in" / "TS_3.mrc").write_bytes(b"no MRC" * 500)
    assert "TS_3.mrc: left out" in one.run("out3", "in/TS_3.mrc", code=1)
    for words, line in (
        ([], "name OUT and a SOURCE"),
        (["out", "nowhere.mrc"], "nowhere.mrc: left out: FileNotFoundError"),
        (["out", "out"], "something else"),
        (["out", "in/TS_2.tif"], "voxel spacing is not known: give --spacing"),
        (["out", "in/TS_1.mrc", "--workers", "0"], "give 1 or more"),
        (["out", "in/TS_1.mrc", "--dask", "tcp://127.0.0.1:9"], "127.0.0.1:9"),
    ):
        if words[-1:] != ["tcp://127.0.0.1:9"]:
            assert line in one.run(*words, code=1)
        else:
            shutil.rmtree(one.folder / "out")
            assert line in one.run(*words, code=1)
    assert not (one.folder / "out").exists()


def test_a_source_that_is_named_twice_is_converted_once(program):
    one = program("3, 0.5")
    data = write_mrc(one.folder / "in" / "TS_1.mrc", voxels("i2"))
    names = "in", "in/TS_1.mrc", one.folder / "in" / "TS_1.mrc", "in/../in/TS_1.mrc"
    assert "1 of 1 are whole in out" in one.run("out", *names, "--workers", 1)
    is_whole(one.folder / "out" / "TS_1.zarr", data, one.layout)


def test_hidden_files_of_a_folder_are_no_sources(program):
    one = program("3, 0.5")
    data = write_mrc(one.folder / "in" / "TS_1.mrc", voxels("i2"))
    (one.folder / "in" / "._TS_1.mrc").write_bytes(b"of macOS")
    assert "1 of 1 are whole in out" in one.run("out", "in", "--workers", 1)
    is_whole(one.folder / "out" / "TS_1.zarr", data, one.layout)


def stamps(folder: Path) -> dict[str, int]:
    """When each file was last written."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.dear
@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_type_on_every_line_bit_for_bit(program, name, kind):
    one = program(name)
    data = write_mrc(one.folder / "v.mrc", voxels(DTYPES[kind]))
    labels = ["--labels"] if kind == "labels" else []
    one.run("out", "v.mrc", *labels, "--workers", 1)
    is_whole(one.folder / "out" / "v.zarr", data, one.layout, bool(labels))


@pytest.mark.dear
@pytest.mark.parametrize(
    ("name", "version"), [("2.18, 0.4", "0.4"), ("3, 0.5", "0.5"), ("3, 0.5", "0.4")]
)
def test_ome_zarr_is_a_source(program, name, version):
    one = program(name)
    data = voxels("f4")[:, :100]
    write_ome(one.folder / "v.ome.zarr", [data], version, scales=[[1.0012] * 3], axes=[
        {"name": name, "type": "space", "unit": "nanometer"} for name in "zyx"
    ])  # fmt: skip
    one.run("out", "v.ome.zarr", "--workers", 1)
    found = read(
        {"driver": "file", "path": str(one.folder / "out/v.zarr/0")}, one.layout.zarr_format
    )
    assert found.tobytes() == data.tobytes()


def named_with_dots(array: Path) -> None:
    """Name the chunks of a format 2 array as its specification has it where .zarray says nothing."""
    document = json.loads((array / ".zarray").read_text())
    document.pop("dimension_separator", None)
    (array / ".zarray").write_text(json.dumps(document))
    for chunk in [path for path in array.rglob("[0-9]*") if path.is_file()]:
        chunk.rename(array / ".".join(chunk.relative_to(array).parts))


@pytest.mark.parametrize("name", [pytest.param("2.18, 0.4", marks=pytest.mark.dear), "3, 0.4"])
def test_chunks_of_a_source_may_be_named_with_dots(program, name):
    one = program(name)
    data = voxels("f4")[:, :100]
    named_with_dots(write_ome(one.folder / "v.ome.zarr", [data]) / "0")
    one.run("out", "v.ome.zarr", "--workers", 1)
    assert read({"driver": "file", "path": str(one.folder / "out/v.zarr/0")}, 2).tobytes() == (
        data.tobytes()
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_a_source_that_is_damaged_inside_is_left_out_alone(program, workers):
    one = program("3, 0.5")
    data = write_mrc(one.folder / "in" / "TS_1.mrc", voxels("i2"))
    damaged = write_ome(one.folder / "in" / "TS_0.zarr", [voxels("f4")[:, :100]])
    largest = max((damaged / "0").rglob("[0-9]*"), key=lambda path: path.stat().st_size)
    largest.write_bytes(b"no chunk")
    said = one.run("out", "in", "--spacing", SPACING, "--workers", workers, code=1)
    assert "TS_0.zarr: left out: " in said and "1 of 2 are whole in out" in said
    is_whole(one.folder / "out" / "TS_1.zarr", data, one.layout)
    assert not (one.folder / "out" / "TS_0.zarr").exists()


def test_a_source_that_changes_while_it_is_read_is_left_out_alone(program):
    one = program("3, 0.5")
    kept = write_mrc(one.folder / "in" / "TS_1.mrc", voxels("i2"))
    data = write_mrc(one.folder / "in" / "TS_2.mrc", voxels("i2", LONG))
    words = ("out", "in", "--spacing", SPACING, "--workers", 1)
    process = one.start(*words)
    with (
        held(process, lambda: chunks_in(one.folder / "out" / "TS_2.zarr.part")),
        mrcfile.mmap(one.folder / "in" / "TS_2.mrc", mode="r+") as mrc,
    ):
        mrc.data[0] = data[0] = 0
    said, _ = process.communicate(timeout=WAIT * 3)
    assert process.returncode == 1 and "TS_2.mrc: left out: it changed while it was read" in said
    assert "1 of 2 are whole in out" in said
    is_whole(one.folder / "out" / "TS_1.zarr", kept, one.layout)
    assert not (one.folder / "out" / "TS_2.zarr").exists()
    assert "2 of 2 are whole in out" in one.run(*words)
    is_whole(one.folder / "out" / "TS_2.zarr", data, one.layout)


def test_an_image_that_is_there_meanwhile_is_left_out_alone(program):
    one = program("3, 0.5")
    data = write_mrc(one.folder / "in" / "TS_1.mrc", voxels("i2", LONG))
    write_mrc(one.folder / "in" / "TS_2.mrc", voxels("i2"))
    process = one.start("out", "in", "--workers", 1)
    with held(process, lambda: chunks_in(one.folder / "out" / "TS_1.zarr.part")):
        (one.folder / "out" / "TS_2.zarr").mkdir()
    said, _ = process.communicate(timeout=WAIT * 3)
    assert process.returncode == 1 and "TS_2.mrc: left out: " in said, said
    assert "was written by another run meanwhile" in said and "1 of 2 are whole in out" in said
    assert not any((one.folder / "out" / "TS_2.zarr").iterdir())
    found = read({"driver": "file", "path": str(one.folder / "out/TS_1.zarr/0")}, 3)
    assert found.tobytes() == data.tobytes()


def test_the_address_of_a_folder_is_that_folder(program):
    one = program("3, 0.5")
    data = write_mrc(one.folder / "in" / "TS_1.mrc", voxels("i2", LONG))
    words = (f"file://{one.folder}/out", f"file://{one.folder}/in", "--workers", 1)
    process = one.start(*words)
    with held(process, lambda: chunks_in(one.folder / "out" / "TS_1.zarr.part")):
        assert "another run is writing" in one.run(*words, code=1)
    said, _ = process.communicate(timeout=WAIT * 3)
    assert process.returncode == 0, said
    found = read({"driver": "file", "path": str(one.folder / "out/TS_1.zarr/0")}, 3)
    assert found.tobytes() == data.tobytes()


class Endless(http.server.BaseHTTPRequestHandler):
    """A site that answers any path with a page that links further down."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'<a href="a/">a</a> <a href="b/">b</a>')

    def log_message(self, *_):
        """Nothing."""


def test_an_address_of_web_pages_is_left_out_at_once(program):
    one = program("3, 0.5")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/v.zarr"
        said = one.run("out", address, "--workers", 1, code=1)
        server.shutdown()
    assert "v.zarr: left out: " in said and "is no JSON" in said


def write_moved(path: Path, version: str, *more: dict) -> None:
    """An OME-Zarr whose levels and whole are scaled and moved: 1 nm and 1 nm, then by 2 and 3 nm; then ``more``."""
    axes = [{"name": name, "type": "space", "unit": "nanometer"} for name in "zyx"]
    data = np.ones((4, 300, 5), "i2")
    write_ome(path, [data], version, axes, scales=[[1, 1, 1]], whole=[2, 2, 2], chunk=50)
    file = path / {"0.4": ".zattrs", "0.5": "zarr.json"}[version]
    document = json.loads(file.read_text())
    image = (document if version == "0.4" else document["attributes"]["ome"])["multiscales"][0]
    image["coordinateTransformations"] += [{"type": "translation", "translation": [3, 3, 3]}, *more]
    file.write_text(json.dumps(document))


def test_spacing_and_place_are_the_sources_and_spacing_fills_gaps_alone(program):
    one = program("3, 0.5")
    folder, stack = one.folder / "in", voxels("i2", (4, 5, 6))
    for version in ("0.4", "0.5"):
        write_moved(folder / f"moved-{version}.zarr", version)
    write_moved(folder / "turned.zarr", "0.5", {"type": "affine", "affine": []})
    write_mrc(folder / "v.mrc", stack)
    imagej = {"imagej": True, "resolution": (1 / 1.3, 1 / 1.4)}
    said = {"spacing": 1.5, "unit": "nm", "axes": "ZYX"}
    tifffile.imwrite(folder / "ij.tif", stack, **imagej, metadata=said)
    flat = {"axes": "ZYX", "PhysicalSizeX": 13, "PhysicalSizeXUnit": "Å"}
    tifffile.imwrite(folder / "flat.ome.tif", stack, metadata=flat)
    said = one.run("out", "in", "--spacing", 7, "--workers", 1, code=1)
    assert "turned.zarr: left out: its coordinates are transformed by affine" in said
    assert "5 of 6 are whole" in said
    out = one.folder / "out"
    for version in ("0.4", "0.5"):
        moved = out / f"moved-{version}.zarr"
        assert moves_of(moved) == [[20] * 3, [50] * 3]
        assert moves_of(moved, 1) == [[40] * 3, [60] * 3]
    assert moves_of(out / "v.zarr") == [[SPACING] * 3]
    assert moves_of(out / "ij.zarr") == [[15, 14, 13]]
    assert moves_of(out / "flat.zarr") == [[7, 7, 13]]


def write_in_each_unit(folder: Path, data: np.ndarray) -> None:
    """OME-Zarrs, OME-TIFFs and ImageJ's TIFFs with edges in units of every kind, known and not."""
    for n, unit in enumerate(
        (
            "angstrom",
            "Nanometer",
            "micrometer",
            "picometers",
            "inch",
            "yard",
            "nm",
            "pm",
            "Pm",
            "ms",
        )
    ):
        axes = [{"name": name, "type": "space", "unit": unit} for name in "zyx"]
        write_ome(folder / f"ome-{n}.zarr", [data], "0.4", axes, scales=[[1.5, 1.3, 1.4]])
    for n, unit in enumerate(("Å", "nm", "µm", "mm", "Mm", "pm", "pixel", "reference frame", None)):
        sizes = {f"PhysicalSize{axis}": n + 1.5 for n, axis in enumerate("ZYX")}
        said = {f"PhysicalSize{axis}Unit": unit for axis in "ZYX" if unit}
        tifffile.imwrite(
            folder / f"tiff-{n}.ome.tif", data, metadata={"axes": "ZYX", **sizes, **said}
        )
    for n, unit in enumerate(
        ("nm", "micron", "microns", "\\u00B5m", "\\u00C5", "angstrom", "pixel", "cm", "MM", "inch")
    ):
        said = {"axes": "ZYX", "spacing": -1.5, "unit": unit}
        more = {"imagej": True, "resolution": (1 / 1.3, 1 / 1.4)}
        tifffile.imwrite(folder / f"ij-{n}.tif", data, **more, metadata=said)
        tifffile.imwrite(folder / f"ijz-{n}.tif", data, **more, metadata={**said, "zunit": "nm"})


@pytest.mark.parametrize("name", [pytest.param("2.18, 0.4", marks=pytest.mark.dear), "3, 0.5"])
def test_a_file_has_the_same_spacing_imported_and_converted(program, name):
    one = program(name)
    folder = one.folder / "in"
    write_mrc(folder / "v.mrc", voxels("i2", (2, 7, 9)))
    write_mrc(folder / "no-cell.mrc", voxels("i2", (2, 7, 9)))
    with mrcfile.open(folder / "no-cell.mrc", mode="r+") as mrc:
        mrc.header.mz = 0
    write_in_each_unit(folder, voxels("i2", (2, 7, 9)))
    said = one.run("out", "in", "--workers", 1, code=1)
    spacings = {path.name: imported(path).voxel_spacing for path in folder.iterdir()}
    for file, spacing in spacings.items():
        out = one.folder / "out" / f"{Path(file).stem.removesuffix('.ome')}.zarr"
        if spacing is None:
            assert f"{file}: left out: its voxel spacing is not known" in said and not out.exists()
        else:
            assert moves_of(out)[0] == list(spacing), file
    known = sum(spacing is not None for spacing in spacings.values())
    assert known == 31 and f"{known} of {len(spacings)} are whole" in said


def write_placed(
    path: Path, imod: bytes | None = None, version=20141, spacing=SPACING, **header
) -> None:
    """An MRC of two levels with these fields; ``imod``: the flags behind IMOD's stamp; ``version``: of MRC2014."""
    write_mrc(path, voxels("i2", (4, 300, 5)))
    with mrcfile.open(path, mode="r+") as mrc:
        mrc.voxel_size = spacing
        mrc.header.nversion = version
        for name, value in header.items():
            mrc.header[name] = value
    if imod is not None:
        patch(path, at152=b"IMOD" + imod)


def test_an_mrc_lies_where_its_header_says(program):
    one = program("3, 0.5")
    at, start = {"origin": (100.1, 0, -30.5)}, {"nxstart": 5, "nystart": 0, "nzstart": -2}
    files = {
        "origin": at,
        "start": start,
        "both": at | start,
        "imod": {**at, "imod": bytes(4), "version": 0},
        "imod-inverted": {**at, "imod": bytes([4, 0, 0, 0]), "version": 0},
        "imod-2014": {**at, "imod": bytes(4)},
        "old": {**at, "version": 0},
        "no-cell": {**at, "spacing": 0},
        "bad": {"origin": (float("nan"), 1, 2)},
        "never-filled-in": {"nxstart": 5, "nystart": 2**30},
    }
    for name, fields in files.items():
        write_placed(one.folder / "in" / f"{name}.mrc", **fields)
    said = one.run("out", "in", "--spacing", 10, "--workers", 1)
    assert f"{len(files)} of {len(files)} are whole" in said
    places = {name: [-30.5, 0, 100.1] for name in files}
    places |= {"imod": [30.5, 0, -100.1], "start": [-2 * SPACING, 0, 5 * SPACING], "bad": None}
    places |= {"never-filled-in": None}
    for name, place in places.items():
        edge = 10 if name == "no-cell" else SPACING
        out = one.folder / "out" / f"{name}.zarr"
        assert moves_of(out) == [[edge] * 3, *([] if place is None else [place])], name
        # The middle of the first two voxels.
        halves = [at + edge / 2 for at in place or (0, 0, 0)]
        assert moves_of(out, 1) == [[2 * edge] * 3, pytest.approx(halves)], name
    # The place is part of what an image is known by, as its spacing is.
    assert f"{len(files)} of {len(files)} are whole" in one.run("out", "in", "--spacing", 10)
    # An image that was converted is a source that lies there, too.
    one.run("out2", "out/origin.zarr", "--workers", 1)
    assert moves_of(one.folder / "out2" / "origin.zarr") == [[SPACING] * 3, [-30.5, 0, 100.1]]


def test_a_mask_of_true_and_false_becomes_numbers_as_it_is_imported(program):
    one = program("3, 0.5")
    mask = voxels("i1", (4, 5, 6)) > 0
    write_ome(one.folder / "mask.zarr", [mask], "0.5")
    one.run("out", "mask.zarr", "--labels", "--workers", 1)
    found = read({"driver": "file", "path": str(one.folder / "out/mask.zarr/0")}, 3)
    assert found.dtype == imported(one.folder / "mask.zarr").voxels.dtype == "u1"
    assert np.array_equal(found, mask)


@pytest.mark.parametrize("part", [0.5, 0.9])
def test_a_tiff_that_is_cut_is_left_out(program, part):
    one = program("3, 0.5")
    folder, stack = one.folder / "in", voxels("i2", (6, 16, 18))
    folder.mkdir()
    with tifffile.TiffWriter(folder / "pages.tif") as file:
        for plane in stack:
            file.write(plane, metadata=None)
    tifffile.imwrite(folder / "ome.ome.tif", stack, metadata={"axes": "ZYX"})
    tifffile.imwrite(folder / "packed.tif", stack, photometric="minisblack", compression="zlib")
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    said = one.run("out", "in", "--spacing", SPACING, "--workers", 1, code=1)
    assert "0 of 3 are whole" in said and said.count("left out") == 3


def test_a_tiff_that_is_no_single_stack_is_left_out(program):
    one = program("3, 0.5")
    folder, stack = one.folder / "in", voxels("i2", (4, 16, 18))
    folder.mkdir()
    tifffile.imwrite(folder / "rgb.tif", np.ones((64, 48, 3), "u1"), photometric="rgb")
    channels = {"photometric": "minisblack", "metadata": {"axes": "CYX"}}
    tifffile.imwrite(folder / "channels.ome.tif", stack, **channels)
    with tifffile.TiffWriter(folder / "two.ome.tif", ome=True) as file:
        file.write(stack, metadata={"axes": "ZYX"})
        file.write(stack[:3], metadata={"axes": "ZYX"})
    with tifffile.TiffWriter(folder / "more.tif") as file:
        for plane in stack:
            file.write(plane, description="ImageJ=1.53t\nimages=2\nslices=2\n", metadata=None)
    said = one.run("out", "in", "--spacing", SPACING, "--workers", 1, code=1)
    for name, line in (
        ("rgb.tif", "its axes are named y, x, c; a volume has three axes"),
        ("channels.ome.tif", "its axes are named c, y, x; a volume has three axes"),
        ("two.ome.tif", "2 images (4×16×18, 3×16×18), of which one would be read"),
        ("more.tif", "4 pages, but its description says 2"),
    ):
        assert f"{name}: left out: {line}" in said
    assert "0 of 4 are whole" in said


def test_a_local_name_is_no_chain_of_file_systems(program):
    one = program("3, 0.5")
    data = voxels("f4")[:, :100]
    write_ome(one.folder / "in::a" / "v::1.zarr", [data], "0.5")
    for _ in range(2):
        assert "1 of 1 are whole" in one.run("out::b", "in::a", "--workers", 1)
    assert moves_of(one.folder / "out::b" / "v::1.zarr")[0] == [SPACING] * 3
    assert {path.name for path in one.folder.iterdir()} == {"convert.py", "in::a", "out::b"}


def test_whole_numbers_near_the_ends_of_their_type_stay_there(program):
    one = program("3, 0.5")
    draw, shape = np.random.default_rng(5), (3, 258, 2)
    for dtype in ("i8", "u8"):
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        ends = np.array([low, low + 1, low + 3, high - 2, high - 1, high], dtype)
        data = np.where(np.arange(3)[:, None, None] < 2, draw.choice(ends, shape), ends[-1])
        tifffile.imwrite(one.folder / f"{dtype}.tif", data, photometric="minisblack")
    one.run("out", "i8.tif", "u8.tif", "--spacing", SPACING, "--workers", 1)
    for dtype in ("i8", "u8"):
        data = tifffile.imread(one.folder / f"{dtype}.tif").astype(object)
        folder = str(one.folder / "out" / f"{dtype}.zarr" / "1")
        found = read({"driver": "file", "path": folder}, 3)
        assert found.dtype == dtype and found.shape == (2, 129, 1)
        for z, y, _ in np.ndindex(found.shape):
            eight = data[2 * z : 2 * z + 2, 2 * y : 2 * y + 2]
            assert found[z, y, 0] == round(Fraction(eight.sum(), eight.size))


def test_an_mrc_is_read_as_volume_import_reads_it(program):
    one = program("3, 0.5")
    start = {"nxstart": 1, "nystart": 2, "nzstart": 3}  # of columns, rows and sections
    for name, fields in (
        ("bytes", {"dmin": 0, "dmax": 200}),
        ("turned", {"mapc": 3, "maps": 1, **start}),
    ):
        write_mrc(one.folder / f"{name}.mrc", voxels("i1"))
        with mrcfile.open(one.folder / f"{name}.mrc", mode="r+", permissive=True) as mrc:
            for field, value in fields.items():
                mrc.header[field] = value
    one.run("out", "bytes.mrc", "turned.mrc", "--workers", 1)
    for name in ("bytes", "turned"):
        found = read({"driver": "file", "path": str(one.folder / f"out/{name}.zarr/0")}, 3)
        assert same_voxels(imported(one.folder / f"{name}.mrc"), found)
    assert moves_of(one.folder / "out" / "turned.zarr")[1] == [
        1 * SPACING,
        2 * SPACING,
        3 * SPACING,
    ]
    assert "give Å, above 0" in one.run("out", "bytes.mrc", "--spacing", 0, code=1)


@pytest.mark.dear
def test_a_missing_package_is_one_line(program):
    one = program("3, 0.5")
    write_mrc(one.folder / "v.mrc", voxels("i1"))
    (one.folder / "sitecustomize.py").write_text(
        "import sys\n"
        "class H:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name in HIDDEN: raise ModuleNotFoundError(name=name)\n"
        "import os; HIDDEN = os.environ['HIDDEN'].split(); sys.meta_path.insert(0, H())\n"
    )
    path = str(one.folder)
    said = one.run("out", "v.mrc", code=1, PYTHONPATH=path, HIDDEN="zarr")
    assert said.startswith("zarr is missing: pip install 'zarr")
    wrong = one.file.read_text().replace('startswith("3.")', 'startswith("2.18.")')
    one.file.write_text(wrong.replace("startswith('3.')", "startswith('2.18.')"))
    assert "this program is for zarr" in one.run("out", "v.mrc", code=1)


@pytest.mark.dear
@pytest.mark.parametrize("name", ["2.18, 0.4", "3, 0.5"])
def test_a_full_disk_leaves_nothing_that_looks_whole(program, name, tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", place]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root on Linux alone")
    try:
        one = program(name)
        data = write_mrc(one.folder / "v.mrc", voxels("i2", (100, 300, 41)))
        said = one.run(place / "out", "v.mrc", "--workers", 1, code=1)
        assert "no space is left on the device: make room" in said
        assert not (place / "out" / "v.zarr").exists()
        subprocess.run(["mount", "-o", "remount,size=64m", place], check=True)
        one.run(place / "out", "v.mrc", "--workers", 1)
        is_whole(place / "out" / "v.zarr", data, one.layout)
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


# Codec pipelines


@pytest.fixture(scope="module")
def zarrs(python_of, tmp_path_factory) -> dict:
    """The environment in which zarrs can be imported, and refuses what it would leave to zarr's own pipeline."""
    folder = tmp_path_factory.mktemp("zarrs")
    pip = [
        python_of("script-3"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        folder,
    ]
    locked = ["--require-hashes", "-r", REPOSITORY / "requirements" / "readers.txt"]
    subprocess.run([*pip, *locked], check=True)
    return {"PYTHONPATH": str(folder), "ZARR_CODEC_PIPELINE__STRICT": "True"}


@pytest.mark.parametrize("name", ["3, 0.5", pytest.param("3, 0.4", marks=pytest.mark.dear)])
def test_zarrs_codes_the_chunks_in_every_worker(program, zarrs, name):
    one = program(name, pipeline=snippets.path_of("zarrs"))
    data = write_mrc(one.folder / "v.mrc", voxels("i2"))
    said = one.run("out", "v.mrc", "--workers", 2, code=1)
    assert said.startswith("zarrs is missing: pip install zarrs.")
    assert not (one.folder / "out").exists()
    one.run("out", "v.mrc", "--workers", 2, **zarrs)
    is_whole(one.folder / "out" / "v.zarr", data, one.layout)


@pytest.mark.dear
def test_zarrs_codes_the_chunks_on_a_cluster(program, zarrs):
    one = program("3, 0.5", pipeline=snippets.path_of("zarrs"))
    data = write_mrc(one.folder / "v.mrc", voxels("i2"))
    with cluster(one.python, one.folder, 2, **zarrs) as (address, *_):
        one.run("out", "v.mrc", "--dask", address, **zarrs)
    is_whole(one.folder / "out" / "v.zarr", data, one.layout)


def test_a_pipeline_that_the_release_does_not_have_is_one_line(program):
    one = program("3, 0.5", pipeline="zarr.core.codec_pipeline.NewerCodecPipeline")
    write_mrc(one.folder / "v.mrc", voxels("i2"))
    said = one.run("out", "v.mrc", code=1)
    assert said.startswith("there is no NewerCodecPipeline for zarr 3") and "pip install" in said
    assert not (one.folder / "out").exists()


def test_the_script_of_one_array_uses_zarrs_or_asks_for_it(python_of, zarrs, tmp_path):
    layout, data = Layout((16, 32, 16), zarr_format=3), voxels("f4")
    np.save(tmp_path / "v.npy", data)
    (tmp_path / "one.py").write_text(snippets.code(layout, "3", SHAPE, "float32", "zarrs"))
    command = [python_of("script-3"), "one.py", "v.npy", "v.zarr"]
    words = {"cwd": tmp_path, "capture_output": True, "text": True}
    done = subprocess.run(command, check=False, **words)
    assert done.returncode == 1 and "pip install --upgrade zarr zarrs" in done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "v.zarr").exists()
    there = {
        **os.environ,
        "PYTHONPATH": zarrs["PYTHONPATH"],
    }  # it picks a plane, which zarrs leaves to zarr's own
    done = subprocess.run(command, check=False, env=there, **words)
    assert done.returncode == 0, done.stderr
    assert read({"driver": "file", "path": str(tmp_path / "v.zarr")}, 3).tobytes() == data.tobytes()


# Kills


def wait_for(condition, what: str):
    """What the condition gives once it gives something."""
    end = time.monotonic() + WAIT
    while not (found := condition()):
        assert time.monotonic() < end, f"no {what} within {WAIT} s"
        time.sleep(0.02)
    return found


def chunks_in(folder: Path) -> list[Path]:
    """Files of chunks of level 0 that are there."""
    with contextlib.suppress(OSError):
        return [
            p
            for p in (folder / "0").rglob("*")
            if p.is_file() and not p.name.startswith((".z", "zarr"))
        ]
    return []


@contextlib.contextmanager
def held(process: subprocess.Popen, begun: Callable[[], object], *others: subprocess.Popen):
    """Within the block a conversion that has begun, and is not done, stands still; yields its own processes.

    ``begun``: what is true from its first chunk until it is done. ``others``: processes elsewhere that do its work.
    """
    wait_for(begun, "chunk")
    own = [psutil.Process(process.pid)]
    own += own[0].children(recursive=True)
    still = [*own, *(psutil.Process(other.pid) for other in others)]
    for one in still:
        one.suspend()
    try:
        assert begun(), "it was done before it could be held"
        yield own
    finally:
        for one in still:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.resume()


@pytest.mark.dear
@pytest.mark.parametrize("name", ["2.18, 0.4", "3, 0.5"])
def test_a_worker_that_is_killed_is_replaced(program, name):
    one = program(name)
    data = write_mrc(one.folder / "v.mrc", voxels("i2", LONG))
    process = one.start("out", "v.mrc", "--workers", 2)
    part = one.folder / "out" / "v.zarr.part"
    with held(process, lambda: len(chunks_in(part)) > 3) as own:
        spawned = [child for child in own if "spawn_main" in " ".join(child.cmdline())]
        spawned[0].kill()
    said, _ = process.communicate(timeout=WAIT * 3)
    assert process.returncode == 0 and "a worker died: its blocks are done again" in said
    is_whole(one.folder / "out" / "v.zarr", data, one.layout)


@pytest.mark.parametrize("name", [pytest.param("2.18, 0.4", marks=pytest.mark.dear), "3, 0.5"])
def test_chunks_of_zeros_are_stored_after_any_end(program, name):
    one = program(name)
    data = voxels("i2")
    data[:, 64:128, :32] = 0
    write_mrc(one.folder / "v.mrc", data)
    one.run("out", "v.mrc", "--workers", 1)
    whole, part = one.folder / "out" / "v.zarr", one.folder / "out" / "v.zarr.part"
    fresh = set(stamps(whole))
    # As an end leaves it: some chunks of zeros are there, some are not.
    whole.rename(part)
    for document in [path for path in part.iterdir() if path.is_file()]:
        document.unlink()
    edge = (one.layout.shards or one.layout.chunks)[1]
    zeros = [
        path for path in chunks_in(part) if int(path.parent.name) in range(64 // edge, 128 // edge)
    ]
    for chunk in [path for path in zeros if path.name == "0"][::2]:
        chunk.unlink()
    one.run("out", "v.mrc", "--workers", 1)
    assert set(stamps(whole)) == fresh
    is_whole(whole, data, one.layout)


@pytest.mark.parametrize("name", [pytest.param("2.18, 0.4", marks=pytest.mark.dear), "3, 0.5"])
def test_a_second_run_into_a_folder_is_told_and_after_a_kill_it_goes_on(program, name):
    one = program(name)
    data = write_mrc(one.folder / "in" / "v.mrc", voxels("i2", LONG))
    write_mrc(one.folder / "w.mrc", voxels("i2"))
    process = one.start("out", "in", "--workers", 1)
    with held(process, lambda: chunks_in(one.folder / "out" / "v.zarr.part")):
        for source in ("in", "w.mrc"):
            said = one.run("out", source, "--workers", 1, code=1)
            assert f"another run is writing to {one.folder / 'out'}: wait for it to end" in said
        assert not list((one.folder / "out").glob("w.*"))
        process.kill()
    process.communicate()
    assert "1 of 1 are whole in out" in one.run("out", "in", "--workers", 1)
    is_whole(one.folder / "out" / "v.zarr", data, one.layout)
    assert [path.name for path in (one.folder / "out").iterdir()] == ["v.zarr"]


def test_what_another_run_has_written_meanwhile_stays(program):
    """As where a folder can't be locked: it appears between the plan and the first array."""
    one = program("3, 0.5")
    write_mrc(one.folder / "v.mrc", voxels("i2"))
    planned = "    found, whole, odd, bad = planned(names, asked)\n"
    text = one.file.read_text()
    assert planned in text
    one.file.write_text(text.replace(planned, f"{planned}    os.makedirs('out/v.zarr')\n"))
    assert "was written by another run meanwhile" in one.run("out", "v.mrc", code=1)
    assert [path.name for path in (one.folder / "out").iterdir()] == ["v.zarr"]


@pytest.mark.dear
@pytest.mark.parametrize("name", ["2.18, 0.4", "3, 0.5"])
def test_after_a_kill_what_is_whole_is_not_written_again(program, name):
    one = program(name)
    data = write_mrc(one.folder / "v.mrc", voxels("i2", LONG))
    process = one.start("out", "v.mrc", "--workers", 2)
    part = one.folder / "out" / "v.zarr.part"
    with held(process, lambda: len(chunks_in(part)) > 20) as (_, *children):
        process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(children, WAIT)
    assert children and not alive
    assert not (one.folder / "out" / "v.zarr").exists()
    before = stamps(part)
    # One chunk is spoilt meanwhile, as a disk may do: it alone is written again.
    spoilt = min(chunks_in(part))
    spoilt.write_bytes(spoilt.read_bytes()[:10])
    one.run("out", "v.mrc", "--workers", 1)
    is_whole(one.folder / "out" / "v.zarr", data, one.layout)
    after = stamps(one.folder / "out" / "v.zarr")
    again = {name for name, stamp in before.items() if after.get(name) != stamp}
    # The spoilt one's block, and the blocks that were under way.
    assert spoilt.relative_to(part).as_posix() in again and len(again) <= len(before) / 2


# Dask


@contextlib.contextmanager
def cluster(python: Path, folder: Path, workers: int, **environment):
    """A scheduler and workers, a process each; yields the address, the workers, and the scheduler."""
    file = folder / "scheduler.json"
    started = []

    def start(*words):
        command = [python.parent / "dask", *words, "--scheduler-file", file, "--no-dashboard"]
        log = (folder / "dask.log").open("a")
        started.append(
            subprocess.Popen(
                command, stdout=log, stderr=log, cwd=folder, env={**os.environ, **environment}
            )
        )
        return started[-1]

    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0")
        wait_for(file.exists, "scheduler")
        running = [start("worker", "--no-nanny", "--nthreads", "1") for _ in range(workers)]
        yield json.loads(file.read_text())["address"], running, started[0]
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.wait()


@pytest.mark.dear
@pytest.mark.parametrize("name", ["2.18, 0.4", "3, 0.5"])
def test_a_dask_cluster_whose_workers_are_killed(program, name):
    one = program(name)
    data = write_mrc(one.folder / "v.mrc", voxels("i2", LONG))
    with cluster(one.python, one.folder, 3) as (address, workers, _):
        process = one.start("out", "v.mrc", "--dask", address)
        part = one.folder / "out" / "v.zarr.part"
        for count, worker in ((3, workers[0]), (12, workers[1])):
            with held(process, lambda n=count: len(chunks_in(part)) > n, *workers):
                worker.kill()
        said, _ = process.communicate(timeout=WAIT * 3)
        assert process.returncode == 0, said
    is_whole(one.folder / "out" / "v.zarr", data, one.layout)


@pytest.mark.dear
def test_a_dask_cluster_whose_scheduler_dies_ends_in_one_line(program):
    one = program("3, 0.5")
    write_mrc(one.folder / "v.mrc", voxels("i2", LONG))
    with cluster(one.python, one.folder, 2) as (address, workers, scheduler):
        process = one.start("out", "v.mrc", "--dask", address)
        part = one.folder / "out" / "v.zarr.part"
        with held(process, lambda: len(chunks_in(part)) > 3, *workers):
            scheduler.kill()
        said, _ = process.communicate(timeout=WAIT * 3)
    assert process.returncode, said
    assert "is it still there?" in said or "no worker has been there" in said, said
    assert "Traceback" not in said, said


# S3


@pytest.mark.dear
@pytest.mark.parametrize("name", LAYOUTS)
def test_to_a_bucket_alone_and_from_a_cluster(program, name, s3):
    one = program(name)
    data = write_mrc(one.folder / "v.mrc", voxels("f4"))
    key = name.replace(", ", "-")
    out, found = f"s3://bucket/{key}", aws(s3)
    assert "1 of 1 are whole" in one.run(out, "v.mrc", "--workers", 1, **found)
    keys = listed(s3, key)
    assert "1 of 1 are whole" in one.run(out, "v.mrc", "--workers", 1, **found)
    assert listed(s3, key) == keys
    brought = bring(s3, key, one.folder / "brought")
    is_whole(brought / "v.zarr", data, one.layout)
    with cluster(one.python, one.folder, 2, **found) as (address, *_):
        one.run(f"{out}-dask", f"s3://bucket/{key}/v.zarr", "--dask", address, **found)
    is_whole(bring(s3, f"{key}-dask", one.folder / "dasked") / "v.zarr", data, one.layout)


@pytest.mark.dear
@pytest.mark.parametrize("name", ["2.18, 0.4", "3, 0.5"])
def test_a_bucket_that_was_written_in_part_holds_no_image(program, name, s3):
    one = program(name)
    data = write_mrc(one.folder / "v.mrc", voxels("i2"))
    key = f"part-{name}".replace(", ", "-")
    process = one.start(f"s3://bucket/{key}", "v.mrc", "--workers", 1, **aws(s3))
    documents = {f"{key}/v.zarr/{name}" for name in (".zgroup", ".zattrs", "zarr.json")}
    with held(process, lambda: len(found := set(listed(s3, key))) > 8 and not found & documents):
        process.kill()
    process.communicate()
    assert not documents & set(listed(s3, key))
    one.run(f"s3://bucket/{key}", "v.mrc", "--workers", 1, **aws(s3))
    is_whole(bring(s3, key, one.folder / "brought") / "v.zarr", data, one.layout)


@pytest.mark.parametrize("name", [pytest.param("2.18, 0.4", marks=pytest.mark.dear), "3, 0.4"])
def test_two_colons_are_part_of_a_key_and_a_chain_is_one(program, name, s3):
    one = program(name)
    data = voxels("f4")[:, :100]
    write_ome(one.folder / "v.zarr", [data], chunk=50)
    key = name.replace(", ", "-")
    for path in filter(Path.is_file, (one.folder / "v.zarr").rglob("*")):
        inside = path.relative_to(one.folder / "v.zarr")
        for image in ("a::b.zarr", "c.zarr"):
            place = {"Bucket": "bucket", "Key": f"{key}/{image}/{inside}"}
            s3.client().put_object(**place, Body=path.read_bytes())
    sources = {"a::b.zarr": f"s3://bucket/{key}/a::b.zarr"}
    if one.line == "2.18":  # zarr 3.4 reads none from a cache
        sources["c.zarr"] = f"simplecache::s3://bucket/{key}/c.zarr"
    out, said = f"s3://bucket/{key}::out", f"{len(sources)} of {len(sources)} are whole"
    for _ in range(2):
        assert said in one.run(out, *sources.values(), "--workers", 1, **aws(s3))
    brought = bring(s3, f"{key}::out", one.folder / "brought")
    for image in sources:
        found = read({"driver": "file", "path": str(brought / image / "0")}, one.layout.zarr_format)
        assert found.tobytes() == data.tobytes()


def listed(s3, prefix: str) -> dict[str, object]:
    """Keys below a prefix, and when each was written."""
    pages = (
        s3.client().get_paginator("list_objects_v2").paginate(Bucket="bucket", Prefix=f"{prefix}/")
    )
    return {one["Key"]: one["LastModified"] for page in pages for one in page.get("Contents", ())}


def bring(s3, prefix: str, folder: Path) -> Path:
    """What lies below a prefix, as files."""
    client = s3.client()
    for key in listed(s3, prefix):
        path = folder / key.removeprefix(f"{prefix}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(client.get_object(Bucket="bucket", Key=key)["Body"].read())
    return folder


# Other readers


COPICK = """
import copick, hashlib, json, sys
overlay = {"overlay_root": "local://" + sys.argv[1], "overlay_fs_args": {"auto_mkdir": True}}
said = {"name": "n", "description": "d", "version": "0.5.0", "config_type": "filesystem", "pickable_objects": []}
json.dump({**said, **overlay, "user_id": "u", "session_id": "s"}, open("copick.json", "w"))
spacing = copick.from_file("copick.json").get_run("TS_1").get_voxel_spacing(10.012)
for level in "01":
    found = spacing.get_tomogram("v").numpy(zarr_group=level)
    print(found.dtype, found.shape, hashlib.sha256(found.tobytes()).hexdigest())
"""

ZARRITA = """
import * as zarr from 'zarrita';
import FileSystemStore from '@zarrita/storage/fs';
import {createHash} from 'node:crypto';
for (const level of '01') {
    const store = new FileSystemStore(process.argv[2] + '/' + level);
    const {data, shape} = await zarr.get(await zarr.open(zarr.root(store), {kind: 'array'}));
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    console.log(shape.join(), createHash('sha256').update(bytes).digest('hex'));
}
"""

VALID = """
import sys, zarr
from ome_zarr_models.{module} import Image
print(len(Image.from_zarr(zarr.open_group(sys.argv[1], mode="r")).{where}multiscales[0].datasets))
"""


@pytest.mark.dear
@pytest.mark.parametrize(("name", "copick"), [("2.18, 0.4", 1), ("3, 0.4", 1), ("3, 0.5", 2)])
def test_copick_zarrita_and_the_validator_take_it(program, python_of, name, copick):
    one = program(name)
    data = write_mrc(one.folder / "v.mrc", voxels("i2"))
    out = one.folder / "overlay" / "ExperimentRuns" / "TS_1" / "VoxelSpacing10.012"
    one.run(out, "v.mrc", "--workers", 1)
    is_whole(out / "v.zarr", data, one.layout)
    digests = [hashlib.sha256(a.tobytes()).hexdigest() for a in (data, halved(data, False))]

    def answer(*command) -> str:
        done = subprocess.run(
            list(map(str, command)), cwd=one.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    said = answer(python_of(f"copick-{copick}"), "-c", COPICK, one.folder / "overlay")
    assert [line.split()[-1] for line in said.splitlines()] == digests
    module, where = (
        ("v05", "attributes.ome.") if one.layout.zarr_format == 3 else ("v04", "attributes.")
    )
    valid = VALID.format(module=module, where=where)
    assert answer(python_of("script-3"), "-c", valid, out / "v.zarr").strip() == "2"
    if shutil.which("node") and (REPOSITORY / "node_modules" / "zarrita").is_dir():
        script_file = REPOSITORY / "node_modules" / f".zarrita-{os.getpid()}.mjs"
        script_file.write_text(ZARRITA)
        try:
            said = answer("node", script_file, out / "v.zarr")
        finally:
            script_file.unlink()
        assert [line.split()[-1] for line in said.splitlines()] == digests
