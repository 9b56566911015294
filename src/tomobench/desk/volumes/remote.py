"""Opening volumes that are published elsewhere: Zarr and OME-Zarr folders, and single files.

Of a Zarr array the metadata is fetched at once, chunks when a region is read, and those alone. Of a
sharded array whole shards are fetched. A single file (MRC, TIFF, ...) is fetched whole.
"""

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import ome_zarr, recognition
from tomobench.desk.volumes.disk import DiskRefuses
from tomobench.desk.volumes.mirror import Mirror
from tomobench.desk.volumes.opened import AskedAmiss, Excerpt, Opened
from tomobench.desk.volumes.transfer import Places, Refused, S3Client
from tomobench.desk.volumes.zarr_stores import METADATA, Folder, Keys, NotZarr, join


@dataclasses.dataclass(frozen=True)
class Addresses:
    """The addresses of one volume, equal in content. is_file: of a file, not of a Zarr's folder."""

    urls: list[str]
    access: S3Client
    is_file: bool


@contextlib.contextmanager
def opened(place: Addresses, part: Excerpt) -> Iterator[tuple[Mirror, Opened]]:
    """Yield the local copy of what is published, and the volume in it. No other command changes that copy meanwhile.

    An address that does not say what it is may be either: a Zarr, or else a file. Raises UserError.
    """
    with contextlib.ExitStack() as stack:
        found = None if place.is_file else _opened_zarr(place, part, stack)
        yield found or _opened_file(place, part, stack)


def _opened_zarr(
    place: Addresses, part: Excerpt, stack: contextlib.ExitStack
) -> tuple[Mirror, Opened] | None:
    """The Zarr at an address; None if there is none, and its name promises none."""
    mirror = Mirror(Places(place.urls, place.access))
    stack.enter_context(mirror.alone())
    try:
        found = ome_zarr.opened(_Published(mirror), part)
    except NotZarr:
        mirror.discard()
        if place.urls[0].rstrip("/").endswith(".zarr"):
            raise
        return None
    return mirror, dataclasses.replace(found, fetched=True)


def _opened_file(
    place: Addresses, part: Excerpt, stack: contextlib.ExitStack
) -> tuple[Mirror, Opened]:
    folders, names = zip(*(_split(url) for url in place.urls), strict=True)
    if part.level and place.is_file and not recognition.names_an_archive(names[0]):
        raise UserError(  # before the file is fetched
            f"{place.urls[0]}: only an OME-Zarr has resolution levels; leave --level out"
        )
    mirror = Mirror(Places(list(folders), place.access), names[0])
    stack.enter_context(mirror.alone())
    mirror.fetch([names[0]])
    path = mirror.folder / names[0]
    address = join(folders[0], names[0])
    if not path.exists():
        raise UserError(f"{address}: no such file; check the address")
    with _dropped_if_damaged(mirror, names[0]):
        found = recognition.opened(path, part, stack, address)
    # Some damage shows only where voxels are read.
    guarded = _dropped_if_damaged(mirror, names[0])
    return mirror, dataclasses.replace(
        found, read=guarded(found.read), prepare=guarded(found.prepare)
    )


@contextlib.contextmanager
def _dropped_if_damaged(mirror: Mirror, name: str) -> Iterator[None]:
    """Within the block, or a function that it decorates: a file that is damaged leaves the copy, so that a second try
    fetches it again."""
    try:
        yield
    except (AskedAmiss, DiskRefuses, MemoryError):
        raise  # the file is whole: it need not be fetched again
    except Exception:  # each format has errors of its own
        mirror.drop(name)
        raise


def _split(url: str) -> tuple[str, str]:
    """The address of a file's folder, a query after it, and the file's name."""
    plain, mark, query = url.partition("?")
    folder, _, name = plain.rpartition("/")
    return f"{folder}{mark}{query}", name


class _Published(Keys):
    """The keys of a published folder, as far as they have been fetched."""

    def __init__(self, mirror: Mirror):
        self.name = mirror.url
        self._mirror, self._local = mirror, Folder(mirror.folder)

    def metadata(self, folder: str, optional: bool = False) -> dict[str, dict]:
        """As :meth:`Store.metadata`; always fetched anew."""
        try:
            found = self._mirror.renew(folder, METADATA)
        except Refused:
            if optional:
                return {}
            raise
        return {name: self._parsed(join(folder, name), content) for name, content in found.items()}

    def bring(self, keys: Iterable[str]) -> None:
        """As :meth:`Store.bring`."""
        self._mirror.fetch(list(keys))

    def has(self, key: str) -> bool:
        """As :meth:`Store.has`."""
        return self._local.has(key)

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        """As :meth:`Store.read`."""
        return self._local.read(key, start, length)

    def size(self, key: str) -> int | None:
        """As :meth:`Store.size`."""
        return self._local.size(key)

    def names(self, folder: str) -> list[str]:
        """Nothing: web servers list no folders."""
        return []

    def damaged(self, key: str, reason: str) -> UserError:
        """As :meth:`Store.damaged`; a second try must fetch the chunk again."""
        self._mirror.drop(key)
        return UserError(
            f"{self.name}/{key}: a damaged chunk, it can't be decoded ({reason}); try again, and "
            "if it is still damaged, tell its publisher or leave it out with --region"
        )


class PublishedKeys(Keys):
    """The keys of a published folder, each asked for when it is wanted; nothing is kept here."""

    def __init__(self, url: str, access: S3Client):
        self._places = Places([url], access)
        self.name = self._places.urls[0]

    def metadata(self, folder: str, optional: bool = False) -> dict[str, dict]:
        """As :meth:`Store.metadata`. A server may refuse in place of saying that there is none."""
        found, refusals = {}, []
        for name in METADATA:
            try:
                if (content := self.read(join(folder, name))) is not None:
                    found[name] = self._parsed(join(folder, name), content)
            except Refused as error:
                refusals.append(error)
        if refusals and not found and not optional:
            raise refusals[0]
        return found

    def has(self, key: str) -> bool:
        """As :meth:`Store.has`."""
        return self.size(key) is not None

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        """As :meth:`Store.read`."""
        try:
            return self._places.piece(key, start, length)
        except FileNotFoundError:
            return None

    def size(self, key: str) -> int | None:
        """As :meth:`Store.size`."""
        try:
            return self._places.size(key)
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> list[str]:
        """As :meth:`Store.names`; nothing of a web server."""
        return self._places.names(folder)
