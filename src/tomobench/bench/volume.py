"""A volume: the voxels that every benchmark works on, and where they came from.

On disk a volume is a folder ``volumes/<id>`` in the cache (:func:`tomobench.bench.cache.root`) with
two files: ``voxels.npy``, a (z, y, x) array in C order and little-endian, and ``volume.json``, its
description. This is the half that runs inside a release's environment: the standard library and
NumPy, nothing else. Which volumes there can be, and how they are made again, is the
business of the desk half.
"""

import dataclasses
import hashlib
import json
import os
import re
from pathlib import Path

import numpy as np

from tomobench.bench import cache
from tomobench.bench.blame import NotMeasured

VOXELS = "voxels.npy"
DESCRIPTION = "volume.json"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_PIECE = 1 << 24  # bytes written or hashed at a time, so that memory does not grow with the volume


class VolumeError(NotMeasured):
    """A volume that can't be used; the message is one line."""


class UnknownVolume(VolumeError):
    """No volume of that id is in the cache."""


class DamagedVolume(VolumeError):
    """The cached files are not what their description says."""


@dataclasses.dataclass(frozen=True)
class Volume:
    """What is known of a volume.

    id: names the folder and the choice on the dashboard; ``[A-Za-z0-9._-]``, at most 60 characters.
    name: for people. kind: ``raw`` (a reconstruction as it left the software), ``denoised``,
    ``labels`` or ``unspecified``. source: one line on where the voxels came from. shape: (z, y, x).
    dtype: NumPy's name of the element type, e.g. ``float32``. voxel_spacing: edge lengths (z, y, x)
    in Å, or None where the source has none. sha256: of the voxels' bytes, C order, little-endian,
    without any header. provenance: all that is needed to make or import the volume again. made_at:
    UTC, ISO 8601. made_with: the software that wrote the folder.
    """

    id: str
    name: str
    kind: str
    source: str
    shape: tuple[int, ...]
    dtype: str
    voxel_spacing: tuple[float, ...] | None
    sha256: str
    provenance: dict
    made_at: str
    made_with: str

    @property
    def nbytes(self) -> int:
        """Bytes of the voxels, without any header."""
        depth, height, width = self.shape
        return depth * height * width * np.dtype(self.dtype).itemsize


def folder(volume_id: str) -> Path:
    """The folder of a volume, existing or not. Raises UnknownVolume for an impossible id."""
    if not _ID.fullmatch(volume_id):
        raise UnknownVolume(
            f"{volume_id!r} can't be a volume's id: at most 60 of A-Z a-z 0-9 . _ - are allowed"
        )
    return cache.root() / "volumes" / volume_id


def known() -> list[str]:
    """The ids in the cache, sorted; a damaged volume is listed too."""
    parent = cache.root() / "volumes"
    if not parent.is_dir():
        return []
    return sorted(entry.name for entry in parent.iterdir() if _ID.fullmatch(entry.name))


def describe(volume_id: str) -> Volume:
    """Read the description alone. Raises UnknownVolume or DamagedVolume."""
    path = folder(volume_id)
    if not path.is_dir():
        raise UnknownVolume(
            f"no volume {volume_id!r} in {path.parent}: see `tomobench volume list`"
        )
    try:
        fields = json.loads((path / DESCRIPTION).read_text(encoding="utf-8"))
        return _from_fields(volume_id, fields)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DamagedVolume(
            f"the description of volume {volume_id!r} is damaged: {error}"
        ) from error


def load(volume_id: str) -> tuple[Volume, np.ndarray]:
    """A volume and its voxels, (z, y, x), memory-mapped and read-only.

    Shape, element type and file size are checked, the checksum is not: that is :func:`verify`.
    Raises UnknownVolume or DamagedVolume.
    """
    volume = describe(volume_id)
    path = folder(volume_id) / VOXELS
    try:
        voxels = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DamagedVolume(f"the voxels of volume {volume_id!r} are damaged: {error}") from error
    found = (voxels.shape, voxels.dtype, voxels.flags.c_contiguous)
    if found != (volume.shape, _little(volume.dtype), True):
        raise DamagedVolume(
            f"the voxels of volume {volume_id!r} are {voxels.dtype} {voxels.shape}, "
            f"the description says {volume.dtype} {volume.shape}"
        )
    surplus = path.stat().st_size - voxels.offset - volume.nbytes
    if surplus:
        raise DamagedVolume(f"the voxel file of volume {volume_id!r} has {surplus} bytes too many")
    return volume, voxels.view(np.ndarray)


def verify(volume: Volume) -> None:
    """Read all voxels and compare their checksum. Raises UnknownVolume or DamagedVolume."""
    _, voxels = load(volume.id)
    if checksum(voxels) != volume.sha256:
        raise DamagedVolume(f"the voxels of volume {volume.id!r} do not have the checksum they had")


def checksum(voxels: np.ndarray) -> str:
    """The sha256, in hexadecimal, of the voxels' bytes in C order and little-endian."""
    digest = hashlib.sha256()
    for piece in _pieces(voxels):
        digest.update(piece)
    return digest.hexdigest()


def save(volume: Volume, voxels: np.ndarray) -> None:
    """Put a volume into the cache, replacing one of that id; whole, or not at all.

    Raises OSError when the disk is full or the cache can't be written.
    """
    with cache.whole_folder(folder(volume.id)) as scratch:
        _write_voxels(scratch / VOXELS, voxels)
        with cache.whole_file(scratch / DESCRIPTION) as file:
            file.write(_as_json(volume))


def adopt(volume: Volume, written: Path) -> None:
    """Put a volume into the cache whose voxel file is written already, beside it; as :func:`save`.

    written: a file that begins with :func:`write_header`; it is renamed. Raises OSError.
    """
    with cache.whole_folder(folder(volume.id)) as scratch:
        os.replace(written, scratch / VOXELS)
        with cache.whole_file(scratch / DESCRIPTION) as file:
            file.write(_as_json(volume))


def save_description(volume: Volume) -> None:
    """Replace the description of a cached volume; the voxels stay. Raises OSError."""
    with cache.whole_file(folder(volume.id) / DESCRIPTION) as file:
        file.write(_as_json(volume))


def write_header(file, dtype, shape: tuple[int, int, int]) -> None:
    """Begin a voxel file; the voxels follow, in C order and little-endian."""
    header = {
        "descr": np.lib.format.dtype_to_descr(_little(dtype)),
        "fortran_order": False,
        "shape": shape,
    }
    np.lib.format.write_array_header_1_0(file, header)


def _write_voxels(path: Path, voxels: np.ndarray) -> None:
    # np.save would do, but reports a full disk without its errno.
    with open(path, "wb") as file:
        write_header(file, voxels.dtype, voxels.shape)
        file.writelines(_pieces(voxels))
        file.flush()
        os.fsync(file.fileno())


def _pieces(voxels: np.ndarray):
    """The bytes of the voxels, C order and little-endian, as a few z sections at a time."""
    sections = max(1, _PIECE * len(voxels) // max(1, voxels.nbytes))
    for start in range(0, len(voxels), sections):
        piece = voxels[start : start + sections]
        yield np.ascontiguousarray(piece, dtype=_little(voxels.dtype)).view(np.uint8).data


def _little(dtype) -> np.dtype:
    return np.dtype(dtype).newbyteorder("<")


def _as_json(volume: Volume) -> bytes:
    return (json.dumps(dataclasses.asdict(volume), indent=1, allow_nan=False) + "\n").encode()


def _from_fields(volume_id: str, fields: dict) -> Volume:
    spacing = fields["voxel_spacing"]
    fields["shape"] = tuple(int(edge) for edge in fields["shape"])
    fields["voxel_spacing"] = None if spacing is None else tuple(float(edge) for edge in spacing)
    volume = Volume(**fields)
    np.dtype(volume.dtype)
    if volume.id != volume_id or len(volume.shape) != 3:
        raise ValueError(f"it describes {volume.id!r}, shape {volume.shape}")
    return volume
