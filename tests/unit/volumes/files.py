"""Files as others write them, and what is read of one."""

import contextlib
import dataclasses
import json
from pathlib import Path

import mrcfile
import numpy as np
import tensorstore

from tests.made.on_disk import on_disk
from tomobench.desk.volumes import importers
from tomobench.desk.volumes.opened import Excerpt


@dataclasses.dataclass(frozen=True)
class Read:
    """What was read: the voxels of all blocks, put together, and what was found with them."""

    voxels: np.ndarray
    voxel_spacing: tuple[float, float, float] | None
    format: str
    details: dict
    notes: list[str]
    blocks: int


def read(path, region: str | None = None, **part) -> Read:
    """All blocks of a source, which must cover the volume once."""
    with importers.opened_file(Path(path), Excerpt(region=region, **part)) as found:
        voxels = np.zeros(found.shape, found.dtype)
        covered = np.zeros(found.shape, "u1")
        blocks = 0
        for place, block in found.blocks():
            voxels[place] = block
            covered[place] += 1
            blocks += 1
        assert (covered == 1).all()
        spacing = found.voxel_spacing
        return Read(voxels, spacing, found.format, found.details, found.notes, blocks)


def same_voxels(found: Read, expected: np.ndarray) -> bool:
    """Equal bit for bit, and of the same type, but little-endian."""
    little = expected.astype(expected.dtype.newbyteorder("<"))
    return (
        found.voxels.dtype == little.dtype
        and found.voxels.shape == expected.shape
        and found.voxels.tobytes() == little.tobytes()
    )


def ramp(*shape: int, dtype="f4") -> np.ndarray:
    """A volume in which every voxel differs."""
    return np.arange(np.prod(shape)).astype(dtype).reshape(shape)


def write_mrc(path: Path, voxels: np.ndarray, spacing=10.012, **header) -> Path:
    """An MRC file by mrcfile; header: fields that are put over mrcfile's."""
    with mrcfile.new(path, overwrite=True) as mrc:
        mrc.set_data(voxels)
        mrc.voxel_size = spacing
        for field, value in header.items():
            mrc.header[field] = value
    return path


def patch(path: Path, **words: bytes) -> Path:
    """Put bytes over a file's: ``at212=b"..."`` from byte 212 on."""
    data = bytearray(path.read_bytes())
    for place, word in words.items():
        at = int(place.removeprefix("at"))
        data[at : at + len(word)] = word
    path.write_bytes(data)
    return path


def write_npy(path: Path, voxels: np.ndarray) -> Path:
    """A .npy file."""
    np.save(path, voxels)
    return path


def write_zarr(
    path: Path, voxels: np.ndarray, format_: int = 2, chunk: int | tuple[int, ...] = 3, **metadata
) -> Path:
    """A Zarr array by tensorstore; chunk: one edge for all axes, or one each; metadata: what its driver takes, put over
    the usual."""
    chunks = [chunk] * voxels.ndim if isinstance(chunk, int) else list(chunk)
    if format_ == 2:
        metadata = {
            "chunks": chunks,
            "compressor": {"id": "blosc", "cname": "lz4"},
            **metadata,
        }
    else:
        grid = {"name": "regular", "configuration": {"chunk_shape": chunks}}
        metadata = {"chunk_grid": grid, **metadata}
    spec = {
        "driver": {2: "zarr", 3: "zarr3"}[format_],
        "kvstore": on_disk(path),
        "metadata": metadata,
    }
    array = tensorstore.open(
        spec, create=True, dtype=voxels.dtype.newbyteorder("="), shape=voxels.shape
    ).result()
    array.write(voxels).result()
    return path


def edit_json(path: Path, **fields) -> None:
    """Put fields over those of a JSON document; None takes one away."""
    document = json.loads(path.read_text()) if path.exists() else {}
    document |= fields
    path.write_text(json.dumps({k: v for k, v in document.items() if v is not None}))


def write_ome(
    path: Path,
    levels: list[np.ndarray],
    version: str = "0.4",
    axes=None,
    scales=None,
    whole=None,
    chunk: int | tuple[int, ...] = 3,
) -> Path:
    """An OME-Zarr image, 0.4 or 0.5, its levels in folders 0, 1, ..."""
    if axes is None:
        axes = [{"name": name, "type": "space", "unit": "angstrom"} for name in "zyx"]
    scales = scales or [[10.012 * 2**i] * 3 for i in range(len(levels))]
    image = {"axes": axes, "datasets": []}
    for index, (voxels, scale) in enumerate(zip(levels, scales, strict=True)):
        write_zarr(path / str(index), voxels, 2 if version == "0.4" else 3, chunk)
        transforms = [
            {"type": "scale", "scale": scale},
            {"type": "translation", "translation": scale},
        ]
        image["datasets"].append({"path": str(index), "coordinateTransformations": transforms})
    if whole:
        image["coordinateTransformations"] = [{"type": "scale", "scale": whole}]
    write_images(path, [image], version)
    return path


def write_images(path: Path, images: list, version: str = "0.4") -> None:
    """The group metadata of an OME-Zarr."""
    with contextlib.suppress(KeyError, TypeError):
        images = [{**image, "version": version} for image in images]
    if version == "0.4":
        (path / ".zgroup").write_text('{"zarr_format": 2}')
        (path / ".zattrs").write_text(json.dumps({"multiscales": images}))
    else:
        ome = {"ome": {"version": version, "multiscales": images}}
        group = {"zarr_format": 3, "node_type": "group", "attributes": ome}
        (path / "zarr.json").write_text(json.dumps(group))
