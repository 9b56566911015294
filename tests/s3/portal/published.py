"""A tomogram as the portal publishes it, small: the OME-Zarr, the MRC, the records."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import mrcfile
import numpy as np
import tensorstore

from tests.made.on_disk import on_disk

SHAPE = (40, 300, 300)
"""Two chunks of 256 along y and x, so four in all."""

SPACING = 10.012
BUCKET = "portal"
ZARR = "10445/TS_100_3/Reconstructions/VoxelSpacing10.012/Tomograms/100/TS_100_3.zarr"
CHUNKS = [f"0/0/{y}/{x}" for y in (0, 1) for x in (0, 1)]
MRC = ZARR.replace(".zarr", ".mrc")


def voxels(level: int = 0) -> np.ndarray:
    """What is published; every second voxel of it a level further down."""
    whole = np.random.default_rng(10445).normal(size=SHAPE).astype("f4")
    step = 2**level
    return whole[::step, ::step, ::step]


def write_zarr(folder: Path) -> None:
    """OME-Zarr 0.4: Zarr v2, "/" separator, chunks of 256, Blosc-lz4 level 5, three levels."""
    datasets = []
    for level in range(3):
        stored = voxels(level)
        spec = {
            "driver": "zarr",
            "kvstore": on_disk(folder / str(level)),
            "metadata": {
                "shape": stored.shape,
                "chunks": [256] * 3,
                "dtype": "<f4",
                "fill_value": 0,
                "dimension_separator": "/",
                "compressor": {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1},
            },
        }
        tensorstore.open(spec, create=True).result().write(stored).result()
        scale = {"type": "scale", "scale": [SPACING * 2**level] * 3}
        datasets.append({"path": str(level), "coordinateTransformations": [scale]})
    axes = [{"name": name, "type": "space", "unit": "angstrom"} for name in "zyx"]
    image = {"name": "/", "version": "0.4", "axes": axes, "datasets": datasets}
    (folder / ".zgroup").write_text('{"zarr_format": 2}')
    (folder / ".zattrs").write_text(json.dumps({"multiscales": [image]}))


def write_mrc(path: Path) -> None:
    """The same voxels as an MRC file."""
    with mrcfile.new(path) as mrc:
        mrc.set_data(voxels())
        mrc.voxel_size = SPACING


def objects() -> Iterator[tuple[str, bytes]]:
    """The keys and bytes of what is published."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_zarr(folder / ZARR)
        write_mrc(folder / MRC)
        for path in folder.rglob("*"):
            if path.is_file():
                yield path.relative_to(folder).as_posix(), path.read_bytes()


def records(https: str) -> dict[str, list[dict]]:
    """What the portal tells: run TS_100_3 with one tomogram, TS_5_4 with three, TS_6_4 with none.

    https: the address under which the bucket's files are served.
    """
    dataset = {
        "id": 10445,
        "title": "CZII challenge",
        "datasetPublications": "10.0000/example",
        "relatedDatabaseEntries": "EMPIAR-00000",
        "releaseDate": "2024-10-29T00:00:00+00:00",
    }
    authors = [
        {"id": 2, "datasetId": 10445, "name": "B. Second", "authorListOrder": 2},
        {"id": 1, "datasetId": 10445, "name": "A. First", "authorListOrder": 1},
    ]
    runs = [
        {"id": i, "datasetId": 10445, "name": name}
        for i, name in enumerate(("TS_100_3", "TS_5_4", "TS_6_4"), 1)
    ]
    tomograms = [
        tomogram(https, id=100, runId=1),
        tomogram(https, id=201, runId=2),
        tomogram(https, id=202, runId=2, processing="denoised"),
        tomogram(https, id=203, runId=2, voxelSpacing=4.99),
    ]
    return {"Dataset": [dataset], "DatasetAuthor": authors, "Run": runs, "Tomogram": tomograms}


def tomogram(https: str, **fields) -> dict:
    """A tomogram's record; ``fields`` are put over the usual."""
    depth, height, width = SHAPE
    return {
        "sizeX": width,
        "sizeY": height,
        "sizeZ": depth,
        "scale0Dimensions": f"{width},{height},{depth}",
        "scale1Dimensions": f"{width // 2},{height // 2},{depth // 2}",
        "scale2Dimensions": f"{width // 4},{height // 4},{depth // 4}",
        "voxelSpacing": SPACING,
        "processing": "raw",
        "reconstructionMethod": "WBP",
        "s3OmezarrDir": f"s3://{BUCKET}/{ZARR}",
        "httpsOmezarrDir": f"{https}/{ZARR}",
        "s3MrcFile": f"s3://{BUCKET}/{MRC}",
        "httpsMrcFile": f"{https}/{MRC}",
        "fileSizeOmezarr": 3 * 2**20,
        "fileSizeMrc": 4 * depth * height * width + 1024,
        **fields,
    }
