"""Opening volumes that are published elsewhere: Zarr and OME-Zarr folders, and single files.

Of a Zarr array the metadata is fetched at once, chunks when a region is read, and those alone. Of a
sharded array whole shards are fetched. A single file (MRC, .npy) is fetched whole.
"""

import contextlib
import dataclasses
from pathlib import Path

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import importers, ome_zarr
from tomobench.desk.volumes.mirror import Mirror
from tomobench.desk.volumes.opened import Opened, Region

_OF_GROUP = ("zarr.json", ".zgroup", ".zattrs", ".zarray")
_OF_ARRAY = ("zarr.json", ".zarray")


@contextlib.contextmanager
def opened_zarr(mirror: Mirror, level: int):
    """Yield the array of the Zarr folder that ``mirror`` copies; reading fetches what it needs.

    A chunk that does not exist holds the array's fill value (Zarr's specification, v2 and v3).
    Raises UserError.
    """
    with _named_as_published(mirror):
        mirror.renew(".", _OF_GROUP)
        array = ome_zarr.array_folder(mirror.folder, level)
        if array != ".":
            mirror.renew(array, _OF_ARRAY)
        with ome_zarr.opened(mirror.folder, level) as opened:
            yield dataclasses.replace(opened, read=lambda wanted: _read(mirror, opened, wanted))


@contextlib.contextmanager
def opened_file(mirror: Mirror, name: str, level: int):
    """Yield the file ``name`` of the folder that ``mirror`` copies. Raises UserError."""
    if level:  # said before the file is fetched
        raise UserError(f"{name}: only an OME-Zarr has resolution levels; leave --level out")
    with _named_as_published(mirror):
        mirror.fetch([name])
        path = mirror.folder / name
        if not path.exists():
            raise UserError(f"{path}: no such file; check the address")
        with contextlib.ExitStack() as stack:
            try:
                opened = stack.enter_context(importers.opener(path)(path, 0))
            except UserError:
                # A second try must fetch a damaged file again.
                mirror.drop(name)
                raise
            yield opened


def _read(mirror: Mirror, opened: Opened, wanted: Region):
    assert opened.files is not None  # a folder of chunks
    files = opened.files(wanted)
    mirror.fetch(list(files))
    try:
        return opened.read(wanted)
    except UserError:
        for name, held in files.items():
            _check(mirror, opened, name, held)
        raise


def _check(mirror: Mirror, opened: Opened, name: str, held: Region) -> None:
    """Raise UserError if this chunk can't be decoded; it is dropped, to be fetched again."""
    try:
        opened.read(held)
    except UserError as error:
        mirror.drop(name)
        raise UserError(
            f"{mirror.url}/{name}: a damaged chunk, it can't be decoded; try again, and if it is "
            "still damaged, tell its publisher or leave it out with --region"
        ) from error


@contextlib.contextmanager
def _named_as_published(mirror: Mirror):
    """Complaints about the local copy name the address that the user gave."""
    try:
        yield
    except UserError as error:
        here = str(Path(mirror.folder))
        raise UserError(str(error).replace(here, mirror.url)) from error
