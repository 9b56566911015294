"""Sources as others write them, or leave them: each is one readable volume, or is not. A function a format writes them all."""

import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import tifffile

from tests.unit.volumes.files import (
    edit_json,
    patch,
    write_images,
    write_mrc,
    write_ome,
    write_zarr,
)

AXES = [{"name": name, "type": "space", "unit": "angstrom"} for name in "zyx"]
SHARDED = [
    {
        "name": "sharding_indexed",
        "configuration": {
            "chunk_shape": [2, 2, 2],
            "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        },
    }
]
BLOSC = [
    {"name": "bytes", "configuration": {"endian": "little"}},
    {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "noshuffle"}},
]


def voxels(dtype: str = "i2", shape=(4, 5, 6)) -> np.ndarray:
    """Noise without a zero: one that is read is a voxel that is lost."""
    return np.random.default_rng(5).integers(1, 100, shape).astype(dtype)


def chunks(image: Path) -> list[Path]:
    """The files of the chunks (shards) of an image's first level."""
    files = [path for path in (image / "0").rglob("*") if path.is_file()]
    return sorted(path for path in files if not path.name.startswith((".z", "zarr.json")))


def write_image(path: Path, data: np.ndarray, version="0.4", image=None, **array) -> Path:
    """An OME-Zarr of one level in chunks of 3 (of ``array``'s chunk), with fields of ``image`` over the usual."""
    format_ = 2 if version == "0.4" else 3
    write_zarr(path / "0", data, format_, array.pop("chunk", 3), **array)
    moves = [{"type": "scale", "scale": [10.0] * data.ndim}]
    usual = {"axes": AXES, "datasets": [{"path": "0", "coordinateTransformations": moves}]}
    write_images(path, [{**usual, **(image or {})}], version)
    return path


def write_zarrs_without_chunks(folder: Path) -> None:
    """Zarrs of both formats, and sharded, of which all chunks are missing, or some."""
    layouts = {
        "2": ("0.4", {}),
        "3": ("0.5", {}),
        "sharded": ("0.5", {"codecs": SHARDED, "chunk": 4}),
    }
    for name, (version, array) in layouts.items():
        for kept in ("none", "some", "all"):
            data = voxels(shape=(8, 8, 8))
            data[:2, :2, :2] = 0  # in a shard, no chunk is written for these
            path = write_image(folder / f"{kept}-{name}.zarr", data, version, **array)
            lost = {"none": slice(None), "some": slice(1, 3), "all": slice(0)}[kept]
            for chunk in chunks(path)[lost]:
                chunk.unlink()
    for name, value in (("seven", 7), ("null", None)):
        path = write_image(folder / f"some-{name}.zarr", voxels())
        set_field(path / "0" / ".zarray", fill_value=value)
        chunks(path)[1].unlink()


def write_zarrs_named_otherwise(folder: Path) -> None:
    """Zarrs of both formats whose metadata says the other separator."""
    for stated, used in ("./", "/."):
        name = {".": "dots", "/": "slashes"}[stated]
        path = write_image(folder / f"said-{name}-2.zarr", voxels(), dimension_separator=used)
        set_field(path / "0" / ".zarray", dimension_separator=stated)
        encoding = {"name": "default", "configuration": {"separator": used}}
        path = write_image(
            folder / f"said-{name}-3.zarr", voxels(), "0.5", chunk_key_encoding=encoding
        )
        edit_json(
            path / "0" / "zarr.json",
            chunk_key_encoding={**encoding, "configuration": {"separator": stated}},
        )
    path = write_image(folder / "said-nothing-2.zarr", voxels(), dimension_separator="/")
    document = json.loads((path / "0" / ".zarray").read_text())
    del document["dimension_separator"]
    (path / "0" / ".zarray").write_text(json.dumps(document))


def set_field(path: Path, **fields) -> None:
    """Put fields over those of a JSON document, None as null."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def write_versions_of_ome_zarr(folder: Path) -> None:
    """OME-Zarr of each version, and with axes of all kinds."""
    path, plain = {"path": "0"}, {"datasets": [{"path": "0"}]}
    five = voxels()[None, None]
    for name, data, image in (
        ("v0.1", five, {"axes": None, **plain}),
        ("v0.3", five, {"axes": list("tczyx"), **plain}),
        ("v0.3-three", voxels(), {"axes": list("zyx"), **plain}),
        ("turned", voxels(), {"axes": AXES[::-1]}),
        ("capitals", voxels(), {"axes": [{**one, "name": one["name"].upper()} for one in AXES]}),
        ("one-channel", voxels()[None], {"axes": [{"name": "c"}, *AXES]}),
        ("channels", np.stack([voxels()] * 2), {"axes": [{"name": "c"}, *AXES]}),
        ("no-axes", voxels(), {"axes": None}),
        ("abc", voxels(), {"axes": [{"name": name} for name in "abc"]}),
        ("flat", voxels(shape=(5, 6)), {"axes": AXES[1:]}),
        ("outside", voxels(), {"datasets": [{"path": "../flat.zarr/0"}]}),
        ("no-axes-at-all", voxels(), {"axes": 7}),
        ("no-level", voxels(), {"datasets": []}),
        ("one-scale", voxels(), scaled([10.0])),
        ("four-scales", voxels(), scaled([10.0] * 4)),
        (
            "scale-elsewhere",
            voxels(),
            {"datasets": [{**path, "coordinateTransformations": [{"type": "scale", "path": "s"}]}]},
        ),
    ):
        write_image(folder / f"{name}.zarr", data, image=image)
    scale = {"type": "scale", "scale": [10.0] * 3}
    whole = {"type": "sequence", "transformations": [scale]}
    for name, move in (("v0.6", scale), ("v0.6-sequence", whole)):
        image = {
            "axes": None,
            "coordinateSystems": [{"name": "out", "axes": AXES}],
            "datasets": [{**path, "coordinateTransformations": [{**move, "output": "out"}]}],
        }
        write_image(folder / f"{name}.zarr", voxels(), "0.6", image)


def scaled(scale: list[float]) -> dict:
    """A level of this scale, moved by 5, 6 and 7 of its unit."""
    moves = [
        {"type": "scale", "scale": scale},
        {"type": "translation", "translation": [5.0, 6.0, 7.0]},
    ]
    return {"datasets": [{"path": "0", "coordinateTransformations": moves}]}


def write_odd_zarrs(folder: Path) -> None:
    """Zarrs stored in odd ways, damaged ones, and folders that are no image."""
    write_image(folder / "order-f.zarr", voxels(), order="F")
    write_image(folder / "big-endian.zarr", voxels(), dtype=">i2")
    path = write_ome(folder / "both-formats.zarr", [voxels()], "0.5")
    write_zarr(path / "0", voxels() + 1)
    path = write_image(folder / "linked.zarr", voxels())
    (path / "0").rename(path / "first")
    (path / "0").symlink_to("first")
    for version, more in (("0.4", {}), ("0.5", {"codecs": BLOSC})):
        # So random that Blosc stores it as it is, and reads any memory behind a cut chunk.
        noise = np.random.default_rng(1).integers(0, 256, (16, 16, 16)).astype("u1")
        (chunk,) = chunks(
            write_image(folder / f"cut-{version}.zarr", noise, version, chunk=16, **more)
        )
        chunk.write_bytes(chunk.read_bytes()[:2000])
    path = write_image(folder / "short.zarr", voxels(), chunk=(4, 5, 6))
    set_field(path / "0" / ".zarray", shape=[6, 5, 6], chunks=[6, 5, 6])
    write_zarr(folder / "array-alone.zarr", voxels())
    (folder / "empty.zarr").mkdir()
    (folder / "file.zarr").write_bytes(b"PK")
    path = write_image(folder / "no-json.zarr", voxels())
    (path / ".zattrs").write_text('{"mul')


def write_mrcs(folder: Path) -> None:
    """MRC files with odd headers, of odd kinds, and cut ones."""

    def made(name: str, data=None, **header) -> Path:
        return write_mrc(folder / f"{name}.mrc", voxels() if data is None else data, **header)

    patch(made("no-map-word"), at208=bytes(4))
    for name, stamp in (
        ("none", bytes(4)),
        ("half", b"\x44\0\0\0"),
        ("of-another", b"\x11\x11\0\0"),
    ):
        patch(made(f"stamp-{name}"), at212=stamp)
        patch(made(f"big-endian-stamp-{name}", voxels(">i2")), at212=stamp)
    patch(made("nothing-named"), at208=bytes(4), at64=bytes(12))
    patch(made("axes-none"), at64=bytes(12))
    made("axes-turned", mapc=3, maps=1)
    made("axes-shifted", mapc=2, mapr=3, maps=1)
    made("axes-twice", mapc=1, mapr=1, maps=1)
    made("extended-below-0", nsymbt=-4)
    made("extended-beyond", nsymbt=100_000)
    for depth in (2, 3, 4):
        made(f"volumes-of-{depth}", ispg=401, mz=depth)
    made("one-section", voxels(shape=(1, 5, 6)), ispg=0)
    for mode in (3, 4, 5, 16, 101):
        made(f"mode-{mode}", voxels("f4"), mode=mode, nx=3)
    for dtype in ("f2", "u2"):
        made(dtype, voxels(dtype))
    for name, low, high in (("doubtful", 0, -1), ("unsigned", 0, 255), ("signed", -128, 127)):
        made(f"bytes-{name}", voxels("i1"), dmin=low, dmax=high)
    made("no-sections", nz=0)
    for name, change in (
        ("longer", lambda data: data + b"more"),
        ("cut", lambda data: data[:-3]),
        ("cut-in-header", lambda data: data[:900]),
        ("packed", gzip.compress),
        ("empty", lambda data: b""),
    ):
        path = made(name)
        path.write_bytes(change(path.read_bytes()))
    tifffile.imwrite(folder / "tiff.mrc", voxels(), photometric="minisblack")
    shutil.copy(made("copied"), folder / "mrc.tif")


def write_tiffs(folder: Path) -> None:
    """TIFFs in one piece, in pages, tiles and blocks of sections, of other axes, in several files, and with pages missing."""
    stack = voxels(shape=(4, 16, 32))
    blocks = {"volumetric": True, "tile": (16, 16, 16)}
    for name, options in {
        "plain": {},
        "big-endian": {"byteorder": ">"},
        "packed": {"compression": "zlib", "predictor": True},
        "tiled": {"tile": (16, 16)},
        "blocks": blocks,
        "blocks-packed": {**blocks, "compression": "zlib"},
    }.items():
        tifffile.imwrite(folder / f"{name}.tif", stack, photometric="minisblack", **options)
    tifffile.imwrite(folder / "one-section.tif", stack[:1], photometric="minisblack", **blocks)
    tifffile.imwrite(folder / "colours.tif", stack[:3].astype("u1"), photometric="rgb")
    for axes in ("ZYX", "TYX", "CYX"):
        tifffile.imwrite(folder / f"ij-{axes}.tif", stack, imagej=True, metadata={"axes": axes})
    tifffile.imwrite(
        folder / "ij-TZYX.tif", np.stack([stack] * 2), imagej=True, metadata={"axes": "TZYX"}
    )
    data = (folder / "ij-ZYX.tif").read_bytes()
    (folder / "ij-cut.tif").write_bytes(data[: len(data) * 4 // 5])
    write_in_pages(folder / "first.ome.tif", stack, described(4, 'FirstZ="0" PlaneCount="4"'))
    write_in_pages(folder / "missing.ome.tif", stack, described(4, 'FirstZ="0" PlaneCount="2"'))
    write_in_pages(folder / "fewer.ome.tif", stack[:2], described(4, 'FirstZ="0" PlaneCount="2"'))
    planes = [f'IFD="{3 - z}" FirstZ="{z}" PlaneCount="1"' for z in range(4)]
    write_in_pages(folder / "backwards.ome.tif", stack, described(4, *planes))
    # Each file has as many pages as there are planes, and half of the planes lie in the other.
    write_in_pages(folder / "half.ome.tif", stack, described(4, half, half, others="other.ome.tif"))
    write_in_pages(folder / "other.ome.tif", stack + 1, None)
    write_in_pages(
        folder / "halved.ome.tif", stack, described(4, half, half, others="gone.ome.tif")
    )


half = 'FirstZ="0" PlaneCount="2"'


def described(planes: int, *parts: str, others: str | None = None) -> str:
    """OME-XML of a stack of 16×32; ``parts``: attributes of TiffData, the last of which lies in another file."""
    data = [f"<TiffData {part}/>" for part in parts]
    if others:
        inside = f'<UUID FileName="{others}">urn:uuid:00000000-0000-0000-0000-000000000001</UUID>'
        data[-1] = f'<TiffData IFD="0" FirstZ="2" PlaneCount="2">{inside}</TiffData>'
    return (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
        'UUID="urn:uuid:00000000-0000-0000-0000-000000000000"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="int16" SizeX="32" SizeY="16" '
        f'SizeZ="{planes}" SizeC="1" SizeT="1"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
        f"{''.join(data)}</Pixels></Image></OME>"
    )


def write_in_pages(path: Path, stack: np.ndarray, description: str | None) -> None:
    """A TIFF of a page for each plane, with this description on the first."""
    with tifffile.TiffWriter(path) as file:
        for z, plane in enumerate(stack):
            said = None if z else description
            file.write(plane, description=said, metadata=None, contiguous=False)
