"""Getting a volume from elsewhere: the CryoET Data Portal, a bucket or a web server."""

import contextlib
import dataclasses
import re
import urllib.parse
from collections.abc import Iterator

import numpy as np

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import importers, portal, recognition, remote
from tomobench.desk.volumes.importers import Found
from tomobench.desk.volumes.mirror import Mirror
from tomobench.desk.volumes.opened import Excerpt, Opened
from tomobench.desk.volumes.portal import Tomo
from tomobench.desk.volumes.transfer import S3Client

_OF_PORTAL = re.compile(r"([0-9]{1,9})(?:/([^/]+))?/?")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wanted(Excerpt):
    """What to fetch; all that a fetch must be told to give the same voxels again.

    source: ``DATASET/RUN`` of the portal, or an address (s3, https). spacing (Å), processing and
    tomogram (the portal's id) choose among several tomograms of a run. credentials: whether
    requests to S3 are signed, as the AWS tools would; requester_pays: and paid for.
    """

    source: str
    spacing: float | None = None
    processing: str | None = None
    tomogram: int | None = None
    credentials: bool = False
    requester_pays: bool = False

    @property
    def access(self) -> S3Client:
        """How S3 is asked."""
        return S3Client(self.credentials or self.requester_pays, self.requester_pays)

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


def is_address(source: str) -> bool:
    """Whether this is an address, and not a path."""
    return "://" in source


def check_address(source: str) -> None:
    """Raise UserError for an address that can't be used."""
    _parsed(source)


def is_remote(source: str) -> bool:
    """Whether this names a tomogram of the portal or an address, and not a local file."""
    return is_address(source) or bool(_OF_PORTAL.fullmatch(source))


def listing(source: str) -> list[Tomo]:
    """The tomograms of ``DATASET`` or ``DATASET/RUN``. Raises UserError."""
    dataset, run = _portal_name(source)
    return portal.tomograms(dataset, run)


@contextlib.contextmanager
def opened(wanted: Wanted) -> Iterator[Fetched]:
    """Yield what can be fetched; its blocks are, when they are read.

    Raises UserError; what was fetched by then is kept for a second try.
    """
    opening = _opened_address if "://" in wanted.source else _opened_tomogram
    with opening(wanted) as fetched:
        yield fetched


@contextlib.contextmanager
def _opened_tomogram(wanted: Wanted) -> Iterator[Fetched]:
    dataset, run = _portal_name(wanted.source)
    if run is None:
        raise UserError(
            f"{wanted.source}: name a run, too, as {wanted.source}/RUN; --list shows what there is"
        )
    tomos = portal.tomograms(dataset, run)
    tomo = portal.choose(tomos, wanted.spacing, wanted.processing, wanted.tomogram)
    said = portal.provenance(tomo)
    if not (tomo.zarr or tomo.mrc):
        raise UserError(f"tomogram {tomo.summary} has no files on the portal; choose another")
    place = remote.Addresses(tomo.zarr or tomo.mrc, wanted.access, is_file=not tomo.zarr)
    with remote.opened(place, wanted) as (mirror, opening):
        described = _as_described(opening, tomo, wanted.level if tomo.zarr else 0)
        title = f"CryoET Data Portal, dataset {tomo.dataset}, run {tomo.run}, tomogram {tomo.id}"
        yield Fetched(
            found=importers.found(mirror.url, described, wanted),
            title=tomo.run,
            kind=tomo.kind,
            source=title,
            provenance={**said, "address": mirror.url},
            mirror=mirror,
        )


def _as_described(opened: Opened, tomo: Tomo, level: int) -> Opened:
    """What was opened, if it is what the portal says it is, with the portal's spacing if need be."""
    shape = dict(enumerate(tomo.shapes or [tomo.shape])).get(level, opened.shape)
    spacing = opened.voxel_spacing or (tomo.spacing * 2**level,) * 3
    # Levels are halved, and an odd edge may be rounded either way.
    if max(abs(np.subtract(opened.shape, shape))) > (level > 0):
        raise UserError(
            f"tomogram {tomo.summary}: the portal says {shape} voxels (z, y, x), its array has "
            f"{opened.shape}; tell the portal, and choose another"
        )
    if level == 0 and not portal.same_spacing(min(spacing), tomo.spacing):
        raise UserError(
            f"tomogram {tomo.summary}: the portal says {tomo.spacing:g} Å, its array "
            f"{min(spacing):g} Å; tell the portal, and choose another"
        )
    return dataclasses.replace(opened, voxel_spacing=spacing)


@contextlib.contextmanager
def _opened_address(wanted: Wanted) -> Iterator[Fetched]:
    parts = _parsed(wanted.source)
    name = parts.path.rstrip("/").rpartition("/")[2]
    plain = parts._replace(query="").geturl()  # a query may be a key to what is not public
    place = remote.Addresses([wanted.source], wanted.access, is_file=recognition.names_a_file(name))
    with remote.opened(place, wanted) as (mirror, opening):
        found = importers.found(plain, opening, wanted)
        yield Fetched(found, name, "unspecified", f"{found.format} at {plain}", {}, mirror)


def _parsed(address: str) -> urllib.parse.SplitResult:
    """The parts of an address. Raises UserError for one that can't be used."""
    try:
        parts = urllib.parse.urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UserError(f"{address}: not an address ({error})") from error
    if parts.scheme not in ("s3", "http", "https"):
        raise UserError(f"{address}: only s3:// and https:// addresses can be fetched")
    if not host:
        raise UserError(f"{address}: names no {'bucket' if parts.scheme == 's3' else 'host'}")
    if parts.fragment or parts.password or (parts.query and parts.scheme == "s3"):
        raise UserError(f"{address}: only plain addresses can be fetched, without # or a password")
    return parts


def _portal_name(source: str) -> tuple[int, str | None]:
    match = _OF_PORTAL.fullmatch(source)
    if not match:
        raise UserError(f"{source!r}: write DATASET or DATASET/RUN, as 10445/TS_100_3")
    return int(match[1]), match[2]
