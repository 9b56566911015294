"""Stores on S3: the checked stores of the disk, uploaded as they are, and checked again through
each client.

A store is uploaded once in a run, straight to the server, object by object and byte by byte as on
disk; then it is read once through the client under test and compared bit for bit. That both are
done is noted with the desk half: the other processes of the run need not do it again.
"""

import contextlib
import secrets
from pathlib import Path

from tomobench.bench.blame import NotMeasured, say
from tomobench.bench.s3 import Client, Place, ServiceClient, file_system
from tomobench.bench.store import ARRAY, Store, compared, whole


def uploaded(service: ServiceClient, store: Store) -> str:
    """The name of the array below the place's prefix, where the store is now."""
    name = f"stores/{'/'.join(store.folder.parts[-3:])}/{ARRAY}"
    if not service.noted(f"{name} is there"):
        _upload(whole(store), service.place(), name)
        service.note(f"{name} is there")
    return name


def checked(adapter, service: ServiceClient, store: Store, client: str) -> str:
    """As :func:`uploaded`, once the client has read all of it right, with no network in between.

    Raises tomobench.bench.store.FailedCheck if it reads other voxels, NotImplementedError if the
    line has no such client.
    """
    name = uploaded(service, store)
    if not service.noted(f"{name} is right to {client}"):
        compared(adapter, Client(adapter, service.place(), client).store(name), store.voxels)
        service.note(f"{name} is right to {client}")
    return name


def require_there(service: ServiceClient, store: Store) -> None:
    """Ask the server itself for the objects of a store, which is uploaded now if it was not before.

    Raises NotMeasured where the server does not answer, or no longer has them.
    """
    name, place = uploaded(service, store), service.place()
    try:
        _require_same(store, place, name)
    except Exception as error:  # noqa: BLE001 - no release has a part in it
        raise NotMeasured(f"the S3 server does not answer as it should: {say(error)}") from None


def new_name() -> str:
    """A name for an array that is written to be thrown away; nothing is there."""
    return f"scratch/{secrets.token_hex(8)}/{ARRAY}"


def remove(place: Place, name: str) -> None:
    """Remove an array that was written under a name of :func:`new_name`, if it was."""
    with contextlib.suppress(FileNotFoundError):
        file_system(place).rm(place.path(name), recursive=True)


def _upload(store: Store, place: Place, name: str) -> None:
    paths = _paths(store, place, name)
    file_system(place).pipe({path: file.read_bytes() for path, file in paths.items()})
    _require_same(store, place, name)


def _require_same(store: Store, place: Place, name: str) -> None:
    """Raise NotMeasured where the objects on the server are not the files of the store, by name and size."""
    found = file_system(place).find(place.path(name), detail=True)
    sizes = {path: file.stat().st_size for path, file in _paths(store, place, name).items()}
    if {path: entry["size"] for path, entry in found.items()} != sizes:
        raise NotMeasured("the objects on the server are not the files that were uploaded")


def _paths(store: Store, place: Place, name: str) -> dict[str, Path]:
    """The files of a store, by the paths of their objects."""
    files = store.files()
    return {place.path(f"{name}/{one.relative_to(store.path).as_posix()}"): one for one in files}
