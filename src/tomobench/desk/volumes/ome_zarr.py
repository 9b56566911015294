"""Opening Zarr arrays (formats 2 and 3) and OME-Zarr images (0.1 to 0.5) in a local folder.

The metadata is read here, the voxels by tensorstore: an implementation of its own, so that what is
measured (zarr) has no part in preparing what it is measured on.
"""

import contextlib
import dataclasses
import functools
import itertools
import json
import math
import posixpath
from pathlib import Path

import numpy as np
import tensorstore

from tomobench.desk.errors import UserError
from tomobench.desk.volumes.opened import Opened, Region, rounded

_ANGSTROM = {"angstrom": 1.0, "nanometer": 10.0, "micrometer": 1e4, "millimeter": 1e7}
_OLD_AXES = ("t", "c", "z", "y", "x")  # OME-Zarr 0.1 and 0.2 had these five, unnamed
# What tensorstore raises, depending on what is wrong with the metadata or the chunks.
_FAULTS = (ValueError, TypeError, KeyError, IndexError, RuntimeError, NotImplementedError)


@dataclasses.dataclass(frozen=True)
class _Level:
    """One resolution of an OME-Zarr image: where its array is, what its axes are and measure."""

    path: str
    axes: list[str]
    spacing: tuple[float, ...] | None


@contextlib.contextmanager
def opened(path: Path, level: int):
    """Yield the array in this folder, or the chosen resolution of its OME-Zarr image, axes z, y, x.

    Axes of length 1 (time, channel) are dropped from an image. Raises UserError if it is neither.
    """
    image = _multiscales(path)
    if image is None:
        if level:
            raise UserError(f"{path}: a single array has no resolution levels; leave --level out")
        array = _array(path, path)
        files = functools.partial(_files, array, ".", ["z", "y", "x"])
        yield _opened("Zarr", path, array, None, {}, files)
    else:
        chosen = _level(path, image, level)
        stored = _array(path, path / chosen.path)
        array = _in_order(path, stored, chosen.axes)
        details = {"dataset": chosen.path, "axes": chosen.axes}
        files = functools.partial(_files, stored, chosen.path, chosen.axes)
        yield _opened("OME-Zarr", path, array, chosen.spacing, details, files)


def array_folder(path: Path, level: int) -> str:
    """Where the array of this resolution lies in the folder, by its metadata; "." for a lone array.

    Raises UserError if there is neither an array nor an image.
    """
    image = _multiscales(path)
    return "." if image is None else _level(path, image, level).path


def _files(array, folder: str, axes: list[str], wanted: Region) -> dict[str, Region]:
    """The chunk files (shards, where there are any) of a region, and the voxels each one holds."""
    parts = dict(zip("zyx", wanted, strict=True))
    whole = [parts.get(axis, slice(0, 1)) for axis in axes]
    edges = array.chunk_layout.write_chunk.shape
    counts = [
        range(part.start // edge, -(-part.stop // edge))
        for part, edge in zip(whole, edges, strict=True)
    ]
    named = {}
    for index in itertools.product(*counts):
        held = {
            axis: slice(max(part.start, i * edge), min(part.stop, (i + 1) * edge))
            for axis, part, i, edge in zip(axes, whole, index, edges, strict=True)
        }
        name = posixpath.normpath(f"{folder}/{_key(array, index)}")
        named[name] = tuple(held[axis] for axis in "zyx")
    return named


def _key(array, index: tuple[int, ...]) -> str:
    """A chunk's name, by the array's own metadata (Zarr v2: dimension_separator; v3: encoding)."""
    metadata = array.spec().to_json()["metadata"]
    if "chunks" in metadata:
        return metadata["dimension_separator"].join(map(str, index))
    encoding = metadata["chunk_key_encoding"]
    first, usual = (["c"], "/") if encoding["name"] == "default" else ([], ".")
    separator = encoding.get("configuration", {}).get("separator", usual)
    return separator.join([*first, *map(str, index)])


def _opened(kind: str, path: Path, array, spacing, details: dict, files) -> Opened:
    def read(wanted):
        try:
            return array[wanted].read().result()
        except _FAULTS as error:
            raise UserError(f"{path}: a chunk can't be read ({_brief(error)})") from error

    dtype = np.dtype(array.dtype.numpy_dtype)
    return Opened(kind, tuple(array.shape), dtype, spacing, details, read, files)


def _array(path: Path, folder: Path):
    driver = "zarr3" if (folder / "zarr.json").exists() else "zarr"
    store = {"driver": "file", "path": str(folder.absolute()) + "/"}
    try:
        return tensorstore.open({"driver": driver, "kvstore": store}, open=True, read=True).result()
    except _FAULTS as error:
        raise UserError(f"{path}: no readable Zarr array in {folder} ({_brief(error)})") from error


def _brief(error: Exception) -> str:
    """tensorstore's reason in a line, without its list of places in its own source."""
    return " ".join(str(error).split(" [source locations=")[0].split())


def _multiscales(path: Path) -> list | None:
    """The multiscale images that the folder's metadata names, or None if it is an array itself."""
    if (path / "zarr.json").exists():
        document = _json(path / "zarr.json")
        if document.get("node_type") == "array":
            return None
        images = _ome_attributes(path, document).get("multiscales")
    elif (path / ".zarray").exists():
        return None
    elif (path / ".zgroup").exists():
        has_attributes = (path / ".zattrs").exists()
        images = _json(path / ".zattrs").get("multiscales") if has_attributes else None
    else:
        raise UserError(f"{path}: a folder without Zarr metadata (zarr.json, .zarray or .zgroup)")
    if not images:
        arrays = ", ".join(sorted(child.name for child in path.iterdir() if child.is_dir()))
        raise UserError(f"{path}: a Zarr group, no OME-Zarr image; name an array in it ({arrays})")
    return images


def _json(path: Path) -> dict:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: not valid JSON ({error})") from error
    if not isinstance(document, dict):
        raise UserError(f"{path}: not a JSON object")
    return document


def _ome_attributes(path: Path, document: dict) -> dict:
    ome = document.get("attributes", {})
    ome = ome.get("ome", {}) if isinstance(ome, dict) else None
    if not isinstance(ome, dict):
        raise UserError(f"{path}: its attributes are not JSON objects")
    return ome


def _level(path: Path, images: list, level: int) -> _Level:
    """The chosen resolution of the first image."""
    try:
        image = images[0]
        count = len(image["datasets"])
        if count and not level < count:
            raise UserError(f"{path}: no level {level}; it has 0 (full resolution) to {count - 1}")
        dataset = image["datasets"][level]
        axes = [_axis(axis) for axis in image.get("axes", _OLD_AXES)]
        names = [name for name, _ in axes]
        if len(set(names)) < len(names):
            raise ValueError(f"axes {names}")
        return _Level(str(dataset["path"]), names, _spacing(image, dataset, axes))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{path}: its OME-Zarr metadata makes no sense ({error!r})") from error


def _axis(axis) -> tuple[str, str | None]:
    """Name and unit; OME-Zarr 0.3 had the name alone."""
    return (axis, None) if isinstance(axis, str) else (str(axis["name"]), axis.get("unit"))


def _in_order(path: Path, array, names: list[str]):
    """The array with its axes z, y, x, others dropped if they have length 1."""
    if len(names) != len(array.shape):
        raise UserError(f"{path}: metadata names axes {names}, the array has shape {array.shape}")
    surplus = [name for name in names if name not in ("z", "y", "x")]
    for name in surplus:
        if array.shape[names.index(name)] != 1:
            raise UserError(
                f"{path}: {array.shape[names.index(name)]} steps along {name!r}; "
                "only a single volume can be imported, so extract one first"
            )
    for name in surplus:
        array = array[(slice(None),) * names.index(name) + (0,)]
        names = [other for other in names if other != name]
    return array.transpose([names.index(name) for name in "zyx" if name in names])


def _spacing(image: dict, dataset: dict, axes) -> tuple[float, ...] | None:
    """Å a voxel (z, y, x): dataset's scale times image's; None where scale or unit is missing."""
    holders = (dataset, image)
    transforms = [t for holder in holders for t in holder.get("coordinateTransformations", ())]
    scales = [np.array(t["scale"], float) for t in transforms if t["type"] == "scale"]
    factors = {name: _ANGSTROM.get(unit) for name, unit in axes}
    units = [factors.get(name) for name in "zyx"]
    known = [unit for unit in units if unit]
    if not scales or len(known) < 3:
        return None
    total = dict(zip(factors, math.prod(scales, start=np.ones(len(axes))), strict=True))
    return rounded(tuple(float(total[name]) * unit for name, unit in zip("zyx", known)))
