"""Getting a volume from elsewhere: the CryoET Data Portal, a bucket or a web server."""

import contextlib
import dataclasses
import re
import urllib.parse

import numpy as np

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import importers, portal, remote
from tomobench.desk.volumes.importers import Found
from tomobench.desk.volumes.mirror import Mirror
from tomobench.desk.volumes.portal import Tomo
from tomobench.desk.volumes.transfer import Places

_OF_PORTAL = re.compile(r"(\d{1,9})(?:/([^/]+))?/?")


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What to fetch; all that a fetch must be told to give the same voxels again.

    source: ``DATASET/RUN`` of the portal, or an address (s3, https). region: ``z0:z1,y0:y1,x0:x1``
    in voxels of the level; level: 0 is the highest resolution. spacing (Å), processing and tomogram
    (the portal's id) choose among several tomograms of a run.
    """

    source: str
    region: str | None = None
    level: int = 0
    spacing: float | None = None
    processing: str | None = None
    tomogram: int | None = None

    def check(self) -> None:
        """Raise UserError if there are choices among tomograms, and no run to choose from."""
        choices = (self.spacing, self.processing, self.tomogram)
        if choices != (None, None, None) and not _OF_PORTAL.fullmatch(self.source):
            raise UserError(
                "--spacing, --processing and --tomogram are for the portal: leave them out"
            )


@dataclasses.dataclass(frozen=True)
class Fetched:
    """What came. title, kind, source: as a volume's description has them, the source without the
    region. provenance: what the publisher says. mirror: to be discarded when the voxels are kept.
    """

    found: Found
    title: str
    kind: str
    source: str
    provenance: dict
    mirror: Mirror


def is_remote(source: str) -> bool:
    """Whether this names a tomogram of the portal or an address, and not a local file."""
    return "://" in source or bool(_OF_PORTAL.fullmatch(source))


def listing(source: str) -> list[Tomo]:
    """The tomograms of ``DATASET`` or ``DATASET/RUN``. Raises UserError."""
    dataset, run = _portal_name(source)
    return portal.tomograms(dataset, run)


def fetch(wanted: Wanted) -> Fetched:
    """Fetch the voxels. Raises UserError; what was fetched by then is kept for a second try."""
    if "://" in wanted.source:
        return _fetch_address(wanted)
    return _fetch_tomogram(wanted)


def _fetch_tomogram(wanted: Wanted) -> Fetched:
    dataset, run = _portal_name(wanted.source)
    if run is None:
        raise UserError(
            f"{wanted.source}: name a run, too, as {wanted.source}/RUN; --list shows what there is"
        )
    tomos = portal.tomograms(dataset, run)
    tomo = portal.choose(tomos, wanted.spacing, wanted.processing, wanted.tomogram)
    said = portal.provenance(tomo)
    if tomo.zarr:
        mirror = Mirror(Places(tomo.zarr))
        opening = _as_described(remote.opened_zarr(mirror, wanted.level), tomo, wanted.level)
    elif tomo.mrc:
        mirror, name = _mirror_of_file(tomo.mrc)
        opening = _as_described(remote.opened_file(mirror, name, wanted.level), tomo, 0)
    else:
        raise UserError(f"tomogram {tomo.summary} has no files on the portal; choose another")
    return Fetched(
        found=importers.read(mirror.url, opening, wanted.region),
        title=tomo.run,
        kind=tomo.kind,
        source=f"CryoET Data Portal, dataset {tomo.dataset}, run {tomo.run}, tomogram {tomo.id}",
        provenance={**said, "address": mirror.url},
        mirror=mirror,
    )


@contextlib.contextmanager
def _as_described(opening, tomo: Tomo, level: int):
    """Yield what ``opening`` does, if it is what the portal says it is."""
    with opening as opened:
        shape = dict(enumerate(tomo.shapes or [tomo.shape])).get(level, opened.shape)
        spacing = opened.voxel_spacing or (tomo.spacing * 2**level,) * 3
        # Levels are halved, and an odd edge may be rounded either way.
        if len(opened.shape) != 3 or max(abs(np.subtract(opened.shape, shape))) > (level > 0):
            raise UserError(
                f"tomogram {tomo.summary}: the portal says {shape} voxels (z, y, x), its array has "
                f"{opened.shape}; tell the portal, and choose another"
            )
        if level == 0 and not portal.same_spacing(min(spacing), tomo.spacing):
            raise UserError(
                f"tomogram {tomo.summary}: the portal says {tomo.spacing:g} Å, its array "
                f"{min(spacing):g} Å; tell the portal, and choose another"
            )
        yield dataclasses.replace(opened, voxel_spacing=spacing)


def _fetch_address(wanted: Wanted) -> Fetched:
    parts = urllib.parse.urlsplit(wanted.source)
    if parts.query or parts.fragment or parts.password:
        raise UserError(f"{wanted.source}: only plain addresses can be fetched, without ? # or @")
    name = parts.path.rstrip("/").rpartition("/")[2]
    if importers.is_mrc(name) or name.lower().endswith(".npy"):
        mirror, name = _mirror_of_file([wanted.source])
        opening = remote.opened_file(mirror, name, wanted.level)
    else:
        mirror = Mirror(Places([wanted.source]))
        opening = remote.opened_zarr(mirror, wanted.level)
    found = importers.read(wanted.source, opening, wanted.region)
    return Fetched(found, name, "unspecified", f"{found.format} at {wanted.source}", {}, mirror)


def _portal_name(source: str) -> tuple[int, str | None]:
    match = _OF_PORTAL.fullmatch(source)
    if not match:
        raise UserError(f"{source!r}: write DATASET or DATASET/RUN, as 10445/TS_100_3")
    return int(match[1]), match[2]


def _mirror_of_file(urls: list[str]) -> tuple[Mirror, str]:
    """A mirror of the file's folder (one for each file of it), and the file's name."""
    folders = [url.rpartition("/")[0] for url in urls]
    name = urls[0].rpartition("/")[2]
    return Mirror(Places(folders), name), name
