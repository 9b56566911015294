"""Writing a volume's voxels into the cache block by block, in the order in which they come."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tomobench.bench import cache
from tomobench.bench import volume as volumes
from tomobench.desk.volumes import disk
from tomobench.desk.volumes.opened import Region

if TYPE_CHECKING:
    from tomobench.desk.volumes.importers import Found

_PIECE = 1 << 22  # bytes hashed at a time


@contextlib.contextmanager
def written(found: "Found") -> Iterator[tuple[Path, str]]:
    """Yield a voxel file with all that was found, and the sha256 of its voxels.

    It lies beside the volumes, and is gone afterwards unless it was renamed. Room on the disk is
    asked for before a byte is read. Raises UserError.
    """
    disk.require(found.room, found.source)
    parent = cache.root() / "volumes"
    with disk.writing(found.nbytes):
        parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".import.", dir=parent)
    path = Path(name)
    try:
        with os.fdopen(handle, "r+b") as file:
            sha256 = _write(file, found)
            yield path, sha256
    finally:
        path.unlink(missing_ok=True)


def _write(file, found: "Found") -> str:
    with disk.writing(found.nbytes):
        os.fchmod(file.fileno(), 0o644)
        volumes.write_header(file, found.dtype, found.shape)
        start = file.tell()
    for region, voxels in found.blocks():
        with disk.writing(found.nbytes):
            for offset, run in _runs(found, region, voxels):
                file.seek(start + offset)
                file.write(run)
    with disk.writing(found.nbytes):
        file.flush()
        os.fsync(file.fileno())
        file.seek(start)
        return _sha256(file)


def _runs(found: "Found", region: Region, voxels: np.ndarray) -> Iterator[tuple[int, memoryview]]:
    """The longest pieces of a block that lie together in the file, and where each begins."""
    whole = [part.stop - part.start == edge for part, edge in zip(region, found.shape, strict=True)]
    _, height, width = found.shape
    first = [part.start for part in region]
    axes_apart = 0 if whole[1] and whole[2] else 1 if whole[2] else 2
    for index in np.ndindex(voxels.shape[:axes_apart]):
        z, y, x = (a + b for a, b in zip(first, (*index, 0, 0, 0), strict=False))
        voxel = (z * height + y) * width + x
        run = np.ascontiguousarray(voxels[index]).reshape(-1).view(np.uint8)
        yield voxel * found.dtype.itemsize, run.data


def _sha256(file) -> str:
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()
