"""Which volumes there are: making, importing, checking and repairing what is in the cache.

The one door for the rest of the desk half. Ids of imports end in eight digits of a digest of type,
shape and voxels, so different data never share an id, and results on both can stand side by side.
"""

import contextlib
import dataclasses
import datetime
import hashlib
import logging
import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import tomobench
from tomobench.bench import cache
from tomobench.bench import volume as volumes
from tomobench.bench.layout import say
from tomobench.bench.volume import DamagedVolume, UnknownVolume, Volume, VolumeError
from tomobench.desk import files, locks
from tomobench.desk.errors import UserError
from tomobench.desk.volumes import disk, phantom, statistics, writing
from tomobench.desk.volumes.opened import WHOLE, Excerpt

if TYPE_CHECKING:
    from tomobench.desk.volumes.fetching import Wanted
    from tomobench.desk.volumes.importers import Found

KINDS = ("raw", "denoised", "labels", "unspecified")
"""What the voxels of a volume can be: see :class:`tomobench.bench.volume.Volume`."""

_log = logging.getLogger(__name__)
_ENDINGS = re.compile(
    r"(\.(mrcs?|map|rec|st|ali|preali|flip|ccp4|npy|tiff?|h5|hdf5?|em|ome|zarr|ozx|zip|gz|bz2))+$",
    re.IGNORECASE,
)
_LONGEST_NAME = 40  # of an import, so that id and digest stay within 60 characters


def ensure(volume_id: str) -> Volume:
    """The volume with this id, its voxels in the cache and verified in full.

    A phantom is made if it is missing; whatever is damaged is made or imported again, with a line
    in the log. Raises UserError if there is no such volume, or if it can't be had again.
    """
    if shape := phantom.shape_of(volume_id):
        return _ensure_phantom(volume_id, shape)
    return _ensure_import(volume_id)


def add_file(
    path: str | os.PathLike,
    name: str | None = None,
    kind: str = "unspecified",
    part: Excerpt = WHOLE,
) -> Volume:
    """Import a file or Zarr folder into the cache; nothing is kept if the same voxels are there.

    name: for people, and the start of the id; the file's own by default. Raises UserError.
    """
    from tomobench.desk.volumes import importers  # with a library for each format: asv does without

    path = files.expanded(path).absolute()
    request = {"path": str(path), **dataclasses.asdict(part)}
    said = f", region {part.region}" if part.region else ""
    with importers.opened_file(path, part) as found:
        source = f"{found.format} file {path.name}{said}"
        provenance = {"import": request, "file": found.details}
        return _keep(found, name or _stem(path.name), kind, source, provenance)


def fetch(wanted: "Wanted", name: str | None = None, kind: str | None = None) -> Volume:
    """Fetch a volume from the CryoET Data Portal or an address, once: then it is in the cache.

    name, kind: the source's own by default. A second process waits for one that fetches the same source, after a
    line. Raises UserError; a second try goes on from there.
    """
    if present := _fetched_before(wanted, name, kind):
        return present
    with _alone(wanted.source, "another fetch of the same source"):  # it may bring it meanwhile
        return _fetched_before(wanted, name, kind) or _fetched(wanted, name, kind)


def _fetched(wanted: "Wanted", name: str | None, kind: str | None) -> Volume:
    from tomobench.desk.volumes import fetching  # half a second of libraries, for this alone

    level = f", level {wanted.level}" if wanted.level else ""
    region = f", region {wanted.region}" if wanted.region else ""
    request = dataclasses.asdict(wanted)
    with fetching.opened(wanted) as fetched:
        publisher = fetched.provenance
        provenance = {"fetch": request, "publisher": publisher, "file": fetched.found.details}
        kept = _keep(
            fetched.found,
            name or _stem(fetched.title),
            kind or fetched.kind,
            f"{fetched.source}{level}{region}",
            provenance,
        )
        fetched.mirror.discard()
    return kept


def remove(volume_id: str) -> None:
    """Remove a volume from the cache, damaged or not. Raises UserError if there is none."""
    try:
        folder = volumes.folder(volume_id)
    except VolumeError as error:
        raise UserError(str(error)) from error
    if not folder.is_dir():
        raise UserError(f"no volume {volume_id!r} in {folder.parent}: see `tomobench volume list`")
    with disk.writing(None):
        cache.discard(folder)


def listing() -> list[tuple[str, Volume | None]]:
    """(id, volume) for all in the cache, by id; None for one whose description can't be read."""
    return [(volume_id, _description_of(volume_id)) for volume_id in volumes.known()]


def _alone(what: str, holder: str) -> contextlib.AbstractContextManager[None]:
    """Within the block no other process brings the same: locks.held, of a source or the id of a volume."""
    digest = hashlib.sha256(what.encode()).hexdigest()[:16]
    return locks.held(cache.root() / "fetching" / f"{digest}.lock", holder)


def _ensure_phantom(volume_id: str, shape: tuple[int, ...]) -> Volume:
    try:
        volume = volumes.describe(volume_id)
        volumes.verify(volume)
        if volume.shape == shape and volume.provenance.get("model") == phantom.MODEL:
            return volume
        _log.warning("volume %s is of another phantom model; made anew", volume_id)
    except UnknownVolume:
        pass
    except DamagedVolume as error:
        _log.warning("%s; made anew", error)
    return _make_phantom(volume_id, shape)


def _make_phantom(volume_id: str, shape: tuple[int, ...]) -> Volume:
    kind = phantom.kind_of(volume_id)
    try:
        voxels = phantom.make(shape, kind, phantom.dtype_of(volume_id))
    except MemoryError as error:
        raise UserError(
            f"{volume_id} does not fit in this machine's memory; ask for a smaller one"
        ) from error
    volume = Volume(
        id=volume_id,
        name=f"{kind} phantom of {say(shape)} voxels",
        kind=kind,
        source=f"phantom, model {phantom.MODEL}, {kind}",
        shape=shape,
        dtype=voxels.dtype.name,
        voxel_spacing=(phantom.SPACING,) * 3,
        sha256=volumes.checksum(voxels),
        provenance={"model": phantom.MODEL},
        **_made_now(),
    )
    with disk.writing(voxels.nbytes):
        volumes.save(volume, voxels)
    return volume


def _ensure_import(volume_id: str) -> Volume:
    try:
        volume = volumes.describe(volume_id)
    except VolumeError as error:
        raise UserError(
            f"{error}; import its file (again): `tomobench volume import FILE`"
        ) from error
    try:
        volumes.verify(volume)
    except DamagedVolume as error:
        with _alone(volume_id, f"another import of {volume_id}"):
            volume = _intact(volume) or _import_again(volume, error)
    for doubt in statistics.doubts(volume):
        _log.warning("%s", doubt)
    return volume


def _import_again(volume: Volume, damage: DamagedVolume) -> Volume:
    try:
        with (
            _read_again(volume) as (source, command, found),
            writing.written(found) as (path, sha256),
        ):
            if (found.dtype.name, found.shape, sha256) != _identity(volume):
                raise UserError(
                    f"{source} has changed since it was imported; import it anew: "
                    f"`tomobench volume {command} {source}`"
                )
            with disk.writing(volume.nbytes):
                volumes.adopt(volume, path)
    except (KeyError, TypeError, UserError) as error:
        raise UserError(f"{damage}, and can't be imported again: {error}") from error
    _log.warning("%s; imported again from %s", damage, source)
    return volume


@contextlib.contextmanager
def _read_again(volume: Volume) -> Iterator[tuple[str, str, "Found"]]:
    """Where a volume is from, the command that brings it in, and what is there now."""
    if request := volume.provenance.get("fetch"):
        from tomobench.desk.volumes import fetching  # as above

        with fetching.opened(fetching.Wanted(**_request(request))) as fetched:
            yield request["source"], "fetch", fetched.found
        fetched.mirror.discard()
        return
    from tomobench.desk.volumes import importers  # as above

    request = _request(volume.provenance.get("import", {}))
    path = Path(request.pop("path"))
    with importers.opened_file(path, Excerpt(**request)) as found:
        yield str(path), "import", found


def _request(fields: dict) -> dict:
    """What an import was asked for, as JSON brings it back."""
    spacing = fields.get("voxel_spacing")
    return {**fields, "voxel_spacing": tuple(spacing) if spacing else None}


def _fetched_before(wanted: "Wanted", name: str | None, kind: str | None) -> Volume | None:
    """A cached, intact volume that came of the same request, by this version or an older one."""
    for _, volume in listing():
        if volume is None or name not in (None, volume.name) or kind not in (None, volume.kind):
            continue
        request = volume.provenance.get("fetch")
        with contextlib.suppress(TypeError):  # a request of another version
            if request and type(wanted)(**_request(request)) == wanted and _intact(volume):
                return volume
    return None


def _keep(found: "Found", title: str, kind: str, source: str, provenance: dict) -> Volume:
    """Write what was found into the cache; of a volume that is there, at most the description is
    renewed.
    """
    with writing.written(found) as (path, sha256):
        volume = Volume(
            id=_id(title, _digest(found.dtype.name, found.shape, sha256)),
            name=title,
            kind=kind,
            source=source,
            shape=found.shape,
            dtype=found.dtype.name,
            voxel_spacing=found.voxel_spacing,
            sha256=sha256,
            provenance=provenance,
            **_made_now(),
        )
        kept = _kept(volume, path)
    for note in found.notes:
        _log.warning("%s", note)
    return kept


def _kept(volume: Volume, path: Path) -> Volume:
    present = _intact(volume)
    if present is None:
        with disk.writing(volume.nbytes):
            volumes.adopt(volume, path)
        return volume
    renewed = dataclasses.replace(volume, made_at=present.made_at, made_with=present.made_with)
    if renewed != present:
        with disk.writing(volume.nbytes):
            volumes.save_description(renewed)
    return renewed


def _intact(volume: Volume) -> Volume | None:
    """The cached volume of the same id and voxels, if its own are what they were."""
    try:
        present = volumes.describe(volume.id)
        volumes.verify(present)
    except VolumeError:
        return None
    return present if _identity(present) == _identity(volume) else None


def _description_of(volume_id: str) -> Volume | None:
    try:
        return volumes.describe(volume_id)
    except VolumeError:
        return None


def _identity(volume: Volume) -> tuple[str, tuple[int, ...], str]:
    return volume.dtype, volume.shape, volume.sha256


def _digest(dtype: str, shape: tuple[int, ...], sha256: str) -> str:
    """Eight digits for an id. Type and shape count, too: equal bytes can be different volumes."""
    edges = "x".join(map(str, shape))
    return hashlib.sha256(f"{dtype} {edges} {sha256}".encode()).hexdigest()[:8]


def _id(title: str, digest: str) -> str:
    """An import's id. A file called phantom may have a digest of digits alone: that would be a phantom's id."""
    name = _sanitised(title)
    return f"{name}-{digest}" if not phantom.is_id(f"{name}-{digest}") else f"{name}-file-{digest}"


def _stem(name: str) -> str:
    """A file's name without the endings that say what kind of file it is."""
    return _ENDINGS.sub("", name)


def _sanitised(name: str) -> str:
    allowed = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:_LONGEST_NAME]
    return allowed or "volume"


def _made_now() -> dict[str, str]:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    python = platform.python_version()
    software = f"tomobench {tomobench.__version__}, NumPy {np.__version__}, Python {python}"
    return {"made_at": now, "made_with": software}
