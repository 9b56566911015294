"""A volume's source, open but not read, and what of it is wanted."""

import dataclasses
from collections.abc import Callable

import numpy as np

from tomobench.desk.errors import UserError

Region = tuple[slice, ...]
"""Slices along z, y and x, with start and stop."""


class AskedAmiss(UserError):
    """What was asked of a source is not in it, or is several things: with other options it can be read."""


class NoChunks(AskedAmiss):
    """Not one chunk of a region exists, though others may."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Excerpt:
    """What of a source is wanted, and what overrules its metadata.

    region: ``z0:z1,y0:y1,x0:x1`` in voxels of the level, or None for all. level: 0 is the highest
    resolution. channel: where there are several. dataset: the path of an array in an HDF5 file.
    voxel_spacing: Å (z, y, x). unsigned: whether bytes of an MRC file are; None: the header says.
    nan_to: what NaN and infinite voxels become; None: they are refused.
    """

    region: str | None = None
    level: int = 0
    channel: int | None = None
    dataset: str | None = None
    voxel_spacing: tuple[float, float, float] | None = None
    unsigned: bool | None = None
    nan_to: float | None = None


WHOLE = Excerpt()
"""All of a source, by its own metadata."""


def require_no_channel(source: str, channel: int | None) -> None:
    """Raise AskedAmiss where a channel is asked of what has none."""
    if channel is not None:
        raise AskedAmiss(f"{source}: has no channels; leave --channel out")


@dataclasses.dataclass(frozen=True)
class Opened:
    """What can be known before the voxels are read.

    shape: (z, y, x). voxel_spacing: (z, y, x) in Å, or None. read: takes three slices and gives
    that region. unit: voxels (z, y, x) that are read or decoded at once, from the origin on.
    prepare: takes the wanted region before it is read, and may raise UserError. notes: lines for
    people on what was decided; prepare may add some. fetched: whether preparing brings chunks to
    the cache's disk.
    """

    format: str
    shape: tuple[int, ...]
    dtype: np.dtype
    voxel_spacing: tuple[float, float, float] | None
    details: dict
    read: Callable[[Region], np.ndarray]
    unit: tuple[int, int, int]
    prepare: Callable[[Region], None] = lambda wanted: None
    notes: list[str] = dataclasses.field(default_factory=list)
    fetched: bool = False
