"""Stores written by tensorstore, in our layouts: by a writer that shares no code with zarr."""

from pathlib import Path

import numpy as np

from tomobench.bench.layout import Layout

#: What numcodecs and the two formats call our shuffles.
SHUFFLES = {"none": 0, "shuffle": 1, "bitshuffle": 2}


def write(path: Path, voxels: np.ndarray, layout: Layout, separator: str | None = None) -> None:
    """Write voxels (z, y, x) into the folder ``path``. ``separator``: as in the adapters' ``create``."""
    import tensorstore

    spec = {"kvstore": {"driver": "file", "path": str(path)}, "create": True}
    described = _format_2 if layout.zarr_format == 2 else _format_3
    spec |= described(voxels, layout, separator)
    tensorstore.open(spec).result().write(voxels).result()


def _format_2(voxels: np.ndarray, layout: Layout, separator: str | None) -> dict:
    codec = layout.codec
    compressor: dict | None = {"id": codec.name, "level": codec.level}
    if codec.name == "none":
        compressor = None
    elif codec.name.startswith("blosc"):
        said = {"cname": codec.name[6:], "clevel": codec.level, "shuffle": SHUFFLES[codec.shuffle]}
        compressor = {"id": "blosc", **said}
    metadata = {
        "shape": voxels.shape,
        "chunks": layout.chunks,
        "dtype": voxels.dtype.str,
        "compressor": compressor,
        **({"dimension_separator": separator} if separator else {}),
    }
    return {"driver": "zarr", "metadata": metadata}


def _format_3(voxels: np.ndarray, layout: Layout, separator: str | None) -> dict:
    codec, codecs = layout.codec, []
    endian = "big" if voxels.dtype.byteorder == ">" else "little"
    codecs.append({"name": "bytes", "configuration": {"endian": endian}})
    if codec.name.startswith("blosc"):
        said = {"cname": codec.name[6:], "clevel": codec.level, "typesize": voxels.dtype.itemsize}
        said["shuffle"] = {"none": "noshuffle"}.get(codec.shuffle, codec.shuffle)
        codecs.append({"name": "blosc", "configuration": said})
    elif codec.name != "none":
        codecs.append({"name": codec.name, "configuration": {"level": codec.level}})
    if layout.shards:
        inner = {"chunk_shape": layout.chunks, "codecs": codecs}
        codecs = [{"name": "sharding_indexed", "configuration": inner}]
    edges = list(layout.shards or layout.chunks)
    metadata = {
        "shape": voxels.shape,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": edges}},
        "data_type": voxels.dtype.newbyteorder("=").name,
        "codecs": codecs,
        **_keys(separator),
    }
    return {"driver": "zarr3", "metadata": metadata}


def _keys(separator: str | None) -> dict:
    if separator is None:
        return {}
    said = {"name": "default", "configuration": {"separator": separator}}
    return {"chunk_key_encoding": said}
