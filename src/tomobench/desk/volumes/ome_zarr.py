"""Opening Zarr arrays (formats 2 and 3) and OME-Zarr images (0.1 to 0.6), wherever they lie."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import axes, ome_levels, units
from tomobench.desk.volumes.opened import AskedAmiss, Excerpt, Opened
from tomobench.desk.volumes.zarr_arrays import Array
from tomobench.desk.volumes.zarr_stores import Keys, NotZarr, join

_STRAIGHT = ("scale", "translation", "identity")
_NONSENSE = (KeyError, IndexError, TypeError, ValueError, AttributeError)


@dataclasses.dataclass(frozen=True)
class _Level:
    """One resolution of an image: where its array is; its axes as they are stated, and their scales.

    turned: a transformation that leaves no spacing along the axes, by its name.
    """

    path: str
    axes: list[dict]
    scales: np.ndarray | None
    turned: str | None


@dataclasses.dataclass(frozen=True)
class ImageArray:
    """An array of an image (or a lone one): its folder in the store, its metadata's documents, which
    of its axes are z, y and x, their names or None, and Å a voxel (z, y, x) or None."""

    path: str
    array: Array
    documents: dict[str, dict]
    arranged: axes.Arrangement
    names: list[str] | None
    spacing: tuple[float, float, float] | None


@dataclasses.dataclass(frozen=True)
class Described:
    """What metadata alone says. version: of OME-Zarr, "" where none is stated, None of a lone array.
    levels: the arrays, the highest resolution first."""

    version: str | None
    levels: list[ImageArray]
    notes: list[str]


def described(store: Keys, channel: int | None = None) -> Described:
    """The levels of the OME-Zarr image in this store, or its array. No chunk is asked for.

    Raises UserError if it is neither, or no single volume.
    """
    folder, documents = _image_or_array(store, "")
    image = _image(store, folder, documents)
    notes: list[str] = []
    if image is None:
        array = Array(store, folder, documents)
        arranged = axes.of_array(store.name, array.shape, array.names, channel, notes)
        return Described(
            None, [ImageArray(folder, array, documents, arranged, array.names, None)], notes
        )
    levels = []
    for number in range(_count(store, image)):
        chosen = _level(store, image, number)
        path = _inside(store, join(folder, chosen.path.strip("/")))
        own = documents if path == folder else _array_documents(store, path)
        array = Array(store, path, own)
        names = _names(store, chosen, array)
        arranged = axes.arrangement(store.name, array.shape, names, channel)
        spacing = _spacing(store, chosen, arranged, notes if not number else [])
        levels.append(ImageArray(path, array, own, arranged, names, spacing))
    version = str(_ome(store, documents).get("version") or image.get("version") or "")
    return Described(version, levels, notes)


def opened(store: Keys, part: Excerpt) -> Opened:
    """The array in this store, or the chosen resolution of its OME-Zarr image, as a volume.

    Raises UserError if it is neither, or no single volume.
    """
    folder, documents = _image_or_array(store, "")
    image = _image(store, folder, documents)
    if image is None:
        if part.level:
            raise AskedAmiss(f"{store.name}: an array has no resolution levels; leave --level out")
        return _lone_array(store, Array(store, folder, documents), part)
    chosen = _level(store, image, part.level)
    path = _inside(store, join(folder, chosen.path.strip("/")))
    array = Array(store, path, documents if path == folder else _array_documents(store, path))
    names = _names(store, chosen, array)
    arranged = axes.arrangement(store.name, array.shape, names, part.channel)
    notes: list[str] = []
    spacing = _spacing(store, chosen, arranged, notes)
    details = {"dataset": chosen.path, "axes": names}
    return _volume("OME-Zarr", array, arranged, spacing, details, notes)


def _names(store: Keys, level: _Level, array: Array) -> list[str] | None:
    """The names of a level's axes. Raises UserError if none is of z, y or x."""
    names = ome_levels.names_of(level.axes, array.shape)
    if names and not any(map(axes.plain, names)):
        raise UserError(
            f"{store.name}: its axes are named {', '.join(names)}, none of them z, y or x; name its "
            f"array, {array.name}, to take them in this order"
        )
    return names


def _lone_array(store: Keys, array: Array, part: Excerpt) -> Opened:
    notes: list[str] = []
    arranged = axes.of_array(store.name, array.shape, array.names, part.channel, notes)
    return _volume("Zarr", array, arranged, None, {}, notes)


def _volume(kind: str, array: Array, arranged, spacing, details: dict, notes: list[str]) -> Opened:
    return Opened(
        kind,
        arranged.of(array.shape),
        array.dtype,
        spacing,
        details,
        lambda wanted: arranged.arranged(array.read(arranged.stored(wanted))),
        arranged.of(array.unit),
        lambda wanted: notes.extend(array.prepare(arranged.stored(wanted))),
        notes,
    )


def _image_or_array(store: Keys, folder: str) -> tuple[str, dict[str, dict]]:
    """The folder of the image or array, and its documents: of bioformats2raw's root, its image."""
    documents = store.metadata(folder)
    if not documents:
        raise NotZarr(
            f"{store.name}: a folder without Zarr metadata (zarr.json, .zarray or .zgroup), and "
            "without files of volumes"
        )
    if not _is_array(documents) and "bioformats2raw.layout" in _ome(store, documents):
        images = list(_series(store, folder))
        if len(images) != 1:
            raise UserError(
                f"{store.name}: holds {len(images)} images; name one of them: "
                + ", ".join(join(store.name, image) for image in images[:5])
            )
        return images[0], store.metadata(images[0])
    return folder, documents


def _series(store: Keys, folder: str) -> Iterator[str]:
    """The images of a bioformats2raw layout: named in its folder OME, else 0, 1, ..."""
    named = _ome(store, store.metadata(join(folder, "OME"), optional=True)).get("series")
    if isinstance(named, list) and named:
        yield from (_inside(store, join(folder, str(name))) for name in named)
        return
    number = 0
    while store.metadata(image := join(folder, str(number)), optional=True):
        yield image
        number += 1


def _array_documents(store: Keys, path: str) -> dict[str, dict]:
    documents = store.metadata(path)
    if not _is_array(documents):
        raise UserError(f"{store.name}: no readable Zarr array in {path or '.'}")
    return documents


def _is_array(documents: dict[str, dict]) -> bool:
    if "zarr.json" in documents:
        return documents["zarr.json"].get("node_type") == "array"
    return ".zarray" in documents


def _attributes(store: Keys, documents: dict[str, dict]) -> dict:
    if "zarr.json" not in documents:
        return documents.get(".zattrs", {})
    attributes = documents["zarr.json"].get("attributes") or {}
    if not isinstance(attributes, dict):
        raise UserError(f"{store.name}: its attributes are not JSON objects")
    return attributes


def _ome(store: Keys, documents: dict[str, dict]) -> dict:
    """What OME-Zarr says of a folder: among the attributes, or from 0.5 on under "ome"."""
    attributes = _attributes(store, documents)
    ome = attributes.get("ome", attributes)
    if not isinstance(ome, dict):
        raise UserError(f"{store.name}: its attributes are not JSON objects")
    return ome


def _image(store: Keys, folder: str, documents: dict[str, dict]) -> dict | None:
    """The first multiscale image that the metadata names, or None if it is an array alone."""
    ome = _ome(store, documents)
    if images := ome.get("multiscales"):
        if not isinstance(images, list) or not isinstance(images[0], dict):
            raise UserError(f"{store.name}: its OME-Zarr metadata makes no sense ({images!r:.80})")
        return images[0]
    if _is_array(documents):
        return None
    if "plate" in ome or "well" in ome:
        raise UserError(f"{store.name}: a plate of many images; name one, as .../A/1/0 of well A1")
    there = [name for name in store.names(folder) if not name.startswith((".", "zarr.json"))]
    raise UserError(
        f"{store.name}: a Zarr group, no OME-Zarr image; name an array in it "
        f"({', '.join(there[:8]) or 'none is listed'})"
    )


def _inside(store: Keys, path: str) -> str:
    """A folder that metadata names; none may lead outside."""
    found = ome_levels.plain_path(path)
    if found is None:
        raise UserError(f"{store.name}: its metadata names {path!r}, which lies outside of it")
    return found


def _count(store: Keys, image: dict) -> int:
    """How many resolutions an image has, at least one: what there is none of is refused by name."""
    try:
        return max(1, len(image["datasets"]))
    except _NONSENSE as error:
        raise UserError(
            f"{store.name}: its OME-Zarr metadata makes no sense ({_said(error)})"
        ) from error


def _level(store: Keys, image: dict, level: int) -> _Level:
    """The chosen resolution of an image."""
    try:
        count = len(image["datasets"])
        if count and not level < count:
            raise AskedAmiss(
                f"{store.name}: no level {level}; it has 0 (full resolution) to {count - 1}"
            )
        dataset = image["datasets"][level]
        path = str(dataset["path"])
        stated = ome_levels.axes_of(image, dataset)
        transforms = ome_levels.transforms_of(image, dataset)
        scales = _scales(transforms)
        turned = next((t["type"] for t in transforms if t["type"] not in _STRAIGHT), None)
        if not all("name" in axis for axis in stated):
            raise KeyError("name")
        if scales is not None and stated and len(scales) != len(stated):
            raise ValueError(f"a scale of {len(scales)} numbers for {len(stated)} axes")
        return _Level(path, stated, scales, turned)
    except _NONSENSE as error:
        raise UserError(
            f"{store.name}: its OME-Zarr metadata makes no sense ({_said(error)})"
        ) from error


def _said(error: Exception) -> str:
    return f"there is no {error}" if isinstance(error, KeyError) else str(error)


def _scales(transforms: list[dict]) -> np.ndarray | None:
    """The product of all scales, one number an axis; None if there is none."""
    found = [np.array(t["scale"], float) for t in transforms if t["type"] == "scale"]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.prod(np.stack(found), axis=0) if found else None


def _spacing(store: Keys, level: _Level, arranged: axes.Arrangement, notes: list[str]):
    """Å a voxel (z, y, x); None where scale or unit is missing, or, with a line, not known."""
    if level.turned:
        notes.append(
            f"{store.name}: its axes are transformed ({level.turned}), which leaves its voxel spacing "
            "unknown (--voxel-spacing gives it)"
        )
        return None
    if level.scales is None or not level.axes:
        return None
    scales, stated = arranged.of(level.scales), arranged.of(level.axes)
    named = [axis.get("unit") for axis in stated]
    factors = [units.angstroms(unit) for unit in named]
    unknown = [unit for unit, factor in zip(named, factors, strict=True) if unit and not factor]
    if unknown:
        notes.append(
            f"{store.name}: lengths in {unknown[0]!r} are not known; its voxel spacing counts as "
            "unknown (--voxel-spacing gives it)"
        )
    if None in factors:
        return None
    return units.spacing([s * f for s, f in zip(scales, factors, strict=True)])
