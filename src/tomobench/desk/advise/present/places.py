"""Where Zarrs lie: one at a path or an address, or many in a folder or below a prefix."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import fetching, recognition
from tomobench.desk.volumes.recognition import complaints
from tomobench.desk.volumes.remote import PublishedKeys
from tomobench.desk.volumes.transfer import S3Client
from tomobench.desk.volumes.zarr_stores import METADATA, Folder, Keys, Zip, join

#: Folders that are looked through for Zarrs, one in another: the CryoET Data Portal has six
#: (DATASET/RUN/Reconstructions/VoxelSpacing10.012/Tomograms/100/RUN.zarr).
DEEPEST = 7
#: Who asks without credentials.
ANYONE = S3Client()


@contextlib.contextmanager
def opened(where: str, access: S3Client = ANYONE) -> Iterator[list[Keys]]:
    """Yield the stores at a path or an address, open as long as the block is: one, or those below it.

    Raises UserError where there is none, and for an address that can't be used or does not answer.
    """
    with contextlib.ExitStack() as stack:
        if fetching.is_address(where):
            fetching.check_address(where)
            yield _published(where, access)
        else:
            with complaints(where):
                found = _here(Path(where), stack)
            yield found


def _published(where: str, access: S3Client) -> list[Keys]:
    store = PublishedKeys(where, access)
    below = _images(store) if store.metadata("") else list(_below(store, ""))
    if not below:
        listed = (
            "" if where.startswith("s3:") else "; a web server lists no folders, so name a Zarr"
        )
        raise UserError(f"{where}: no Zarr is there (no zarr.json, .zarray or .zgroup){listed}")
    return [
        store if not folder else PublishedKeys(join(store.name, folder), access) for folder in below
    ]


def _here(path: Path, stack: contextlib.ExitStack) -> list[Keys]:
    if not path.exists():
        raise UserError(f"{path}: no such file or folder")
    if path.is_file():
        return [_archive(path, stack)]
    if not path.is_dir():
        raise UserError(f"{path}: neither a file nor a folder, but a pipe, socket or device")
    store = Folder(path)
    if store.metadata(""):
        return [Folder(path / folder) if folder else store for folder in _images(store)]
    found: list[Keys] = []
    for folder in _below(store, ""):
        inside = path / folder
        found.append(_archive(inside, stack) if inside.is_file() else Folder(inside))
    if not found:
        raise UserError(
            f"{path}: no Zarr is there (no zarr.json, .zarray or .zgroup), nor in its folders"
        )
    return found


def _archive(path: Path, stack: contextlib.ExitStack) -> Keys:
    if not recognition.names_an_archive(path.name):
        raise UserError(f"{path}: a file, and no Zarr: name the Zarr's folder, or a .zip or .ozx")
    store = Zip(str(path), stack.enter_context(path.open("rb")))
    if not store.is_zarr:
        raise UserError(f"{path}: a zip archive without a Zarr in it")
    return store


def _images(store: Keys) -> list[str]:
    """The root itself, or the arrays and images in it where it is a group and no more."""
    documents = store.metadata("")
    if not _is_bare_group(documents):
        return [""]
    found = list(_below(store, ""))
    return found or [""]


def _is_bare_group(documents: dict[str, dict]) -> bool:
    """Whether a folder is a group without an image's metadata."""
    if ".zarray" in documents or documents.get("zarr.json", {}).get("node_type") == "array":
        return False
    attributes = documents.get(".zattrs", documents.get("zarr.json", {}).get("attributes") or {})
    if not isinstance(attributes, dict):
        return False
    ome = attributes.get("ome", attributes)
    known = {"multiscales", "bioformats2raw.layout", "plate", "well"}
    return not (isinstance(ome, dict) and known & ome.keys())


def _below(store: Keys, folder: str, depth: int = 0) -> Iterator[str]:
    """The Zarrs in a folder that is none, or a bare group, and the archives in it."""
    for name in store.names(folder):
        inside = join(folder, name)
        if name.startswith(".") or name in METADATA:
            continue
        if recognition.names_a_file(name):
            # An archive elsewhere would have to be fetched whole.
            if isinstance(store, Folder) and recognition.names_an_archive(name):
                yield inside
        elif _is_zarr(store, inside):
            yield inside
        elif depth < DEEPEST:
            yield from _below(store, inside, depth + 1)


def _is_zarr(store: Keys, folder: str) -> bool:
    """Whether there is an array or an image in a folder; a group that holds some is none itself."""
    try:
        if not set(METADATA) & set(store.names(folder)):
            return False
        return not _is_bare_group(store.metadata(folder, optional=True))
    except UserError:  # told when it is opened, of one among many
        return True
