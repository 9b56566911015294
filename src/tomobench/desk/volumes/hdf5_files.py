"""Opening HDF5 files with h5py: EMAN2's, ilastik's, and any with an array of three axes."""

import contextlib
import json
from typing import BinaryIO

import h5py
import numpy as np

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import axes, units
from tomobench.desk.volumes.opened import AskedAmiss, Excerpt, Opened

_SHOWN = 8  # names of data sets in a message
_PIXELS = ("EMAN.apix_z", "EMAN.apix_y", "EMAN.apix_x")  # attributes of EMAN2's image group


def opened(source: str, file: BinaryIO, part: Excerpt) -> Opened:
    """The only array of three axes in an HDF5 file, or ``part.dataset``, as a volume.

    Raises UserError, naming the data sets to choose from.
    """
    file.seek(0)
    with _complaints(source):
        content = h5py.File(file, "r")
        dataset = _chosen(source, content, part.dataset)
        _check_own(source, dataset)
        shape, dtype = tuple(dataset.shape), np.dtype(dataset.dtype)
        names, spacing = _names(dataset), _spacing(dataset)
        chunk = dataset.chunks or (*(1,) * (len(shape) - 1), shape[-1] if shape else 1)
    notes: list[str] = []
    arranged = axes.of_array(source, shape, names, part.channel, notes)

    def read(wanted):
        with _complaints(source):
            return arranged.arranged(dataset[arranged.stored(wanted)])

    unit = arranged.of(chunk)
    details = {"dataset": dataset.name}
    return Opened("HDF5", arranged.of(shape), dtype, spacing, details, read, unit, notes=notes)


def _chosen(source: str, content: h5py.File, name: str | None) -> h5py.Dataset:
    found: list[str] = []

    def visit(path: str, item) -> None:
        if isinstance(item, h5py.Dataset) and len(item.shape or ()) >= 3:
            found.append(path)

    content.visititems(visit)
    listed = ", ".join(found[:_SHOWN]) + (", …" if len(found) > _SHOWN else "")
    if name is not None:
        if name.strip("/") not in found:
            raise AskedAmiss(
                f"{source}: no array {name!r} of three axes; it has {listed or 'none'}"
            )
        return content[name]
    if len(found) != 1:
        if not found:
            raise UserError(f"{source}: 0 arrays of three axes; there is nothing to import")
        choice = f"choose one with --dataset: {listed}"
        raise AskedAmiss(f"{source}: {len(found)} arrays of three axes; {choice}")
    return content[found[0]]


def _check_own(source: str, dataset: h5py.Dataset) -> None:
    """Raise UserError for voxels that lie in other files: HDF5's virtual data sets, and its raw storage outside."""
    others = [one[0] for one in dataset.external or ()]
    if dataset.is_virtual:
        others += [one.file_name for one in dataset.virtual_sources() if one.file_name != "."]
    if others:
        raise UserError(
            f"{source}: the voxels of {dataset.name} lie in other files ({others[0]}); "
            "export them into one"
        )


def _names(dataset: h5py.Dataset) -> list[str] | None:
    """Names of the axes: ilastik's (vigra's ``axistags``), HDF5's own labels, or xarray's; else None."""
    with contextlib.suppress(KeyError, ValueError, TypeError):
        return [str(axis["key"]) for axis in json.loads(dataset.attrs["axistags"])["axes"]]
    if any(labels := [dimension.label for dimension in dataset.dims]):
        return labels
    with contextlib.suppress(KeyError, TypeError):
        return [str(name) for name in dataset.attrs["_ARRAY_DIMENSIONS"]]
    return None


def _spacing(dataset: h5py.Dataset) -> tuple[float, float, float] | None:
    """EMAN2's Å a voxel, or ilastik's and Fiji's ``element_size_um`` (z, y, x)."""
    with contextlib.suppress(KeyError, ValueError, TypeError):
        return units.spacing([dataset.parent.attrs[name] for name in _PIXELS])
    with contextlib.suppress(KeyError, ValueError, TypeError):
        edges = list(dataset.attrs["element_size_um"])
        return units.spacing([units.length(edge, "um") for edge in edges[-3:]])
    return None


@contextlib.contextmanager
def _complaints(source: str):
    """h5py's errors as a line: a damaged file, or a filter that is not there."""
    try:
        yield
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{source}: can't be read as HDF5 ({reason}); export it again") from error
