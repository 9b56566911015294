"""Telling what a file or folder is by its content, and opening it as what it is."""

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.volumes import em_files, mrc_files, npy_files, ome_zarr, packed, zarr_stores
from tomobench.desk.volumes.contiguous import size_of
from tomobench.desk.volumes.opened import AskedAmiss, Excerpt, Opened

_ASIDE = ("~", ".part", ".partial", ".crdownload", ".download")
_HEAD = 4096  # bytes of a file that are looked at to tell what it is
_MRC_SUFFIXES = (".mrc", ".mrcs", ".map", ".rec", ".st", ".ali", ".preali", ".flip", ".ccp4")
_ARCHIVES = (".ozx", ".zip")
_OTHERS = (".npy", ".tif", ".tiff", ".h5", ".hdf", ".hdf5", ".em", ".gz", ".bz2")
_NOT_READ = {
    b"\xfd7zXZ": "an xz archive: unpack it first",
    b"\x28\xb5\x2f\xfd": "packed with zstd: unpack it first",
    b"7z\xbc\xaf": "a 7-zip archive: unpack it first",
    b"version https://git-lfs": "a git-LFS pointer, not the file itself: run `git lfs pull`",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"%PDF": "a PDF document",
    b"\0\0\0\3": "a DigitalMicrograph file: export it as MRC",
    b"\0\0\0\4": "a DigitalMicrograph file: export it as MRC",
}


def opened(path: Path, part: Excerpt, stack: contextlib.ExitStack, source: str) -> Opened:
    """What a file or Zarr folder is, open as long as ``stack`` is. Raises UserError.

    source: what messages call it; its path, or the address that it was fetched from.
    """
    with complaints(source):
        return _opened(path, part, stack, source)


def names_a_file(name: str) -> bool:
    """Whether an address that ends so is that of one file, and not of a Zarr's folder."""
    return name.lower().endswith((*_MRC_SUFFIXES, *_OTHERS)) or names_an_archive(name)


def names_an_archive(name: str) -> bool:
    """Whether a file of this name may have a Zarr in it."""
    return name.lower().endswith(_ARCHIVES)


def files_in(folder: Path) -> list[Path]:
    """The files to import of a folder that is no Zarr itself, and the Zarr folders in it.

    Empty if it is one, or if nothing in it can be told to be a volume by its name or its content.
    Hidden files are left out: macOS puts one beside each file on a foreign disk, of the same ending. So are the names that
    programs give to what they set aside, or have not finished.
    Raises UserError for a folder that may not be listed.
    """
    with complaints(str(folder)):
        if _is_zarr(folder) or (folder / "attributes.json").exists():
            return []
        seen = (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))
        return [
            path for path in seen if (_is_zarr(path) if path.is_dir() else _is_taken(folder, path))
        ]


def _is_taken(folder: Path, path: Path) -> bool:
    """Whether a file of a folder is to be imported with it: by its ending, or else by its content.

    What can't be read is taken, so that a line says so. What lies elsewhere is not looked at.
    """
    if not path.is_file():
        return False
    if names_a_file(path.name):
        return True
    if path.name.lower().endswith(_ASIDE):
        return False
    try:
        with files.inside(folder, path).open("rb") as file:
            head, size = file.read(_HEAD), size_of(file)
            if packed.is_packed(head):
                head = packed.head(file, _HEAD)
    except UserError:
        return False
    except OSError:
        return True
    return _format(head, size) is not None


def _is_zarr(folder: Path) -> bool:
    return any((folder / name).exists() for name in zarr_stores.METADATA)


def _opened(path: Path, part: Excerpt, stack: contextlib.ExitStack, source: str) -> Opened:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError(f"{source}: no such file") from error
    if stat.S_ISDIR(mode):
        if (path / "attributes.json").exists() and not (path / "zarr.json").exists():
            raise UserError(f"{source}: an N5 container; convert it to Zarr first")
        _only_for_hdf5(source, part)
        return ome_zarr.opened(zarr_stores.Folder(path), part)
    if not stat.S_ISREG(mode):
        raise UserError(f"{source}: neither a file nor a folder, but a pipe, socket or device")
    file = stack.enter_context(path.open("rb"))
    head = file.read(_HEAD)
    if packed.is_packed(head):
        file = stack.enter_context(packed.unpacked(source, file))
        head = os.pread(file.fileno(), _HEAD, 0)
    return _by_content(source, file, head, part)


def _by_content(source: str, file: BinaryIO, head: bytes, part: Excerpt) -> Opened:
    kind = _format(head, size_of(file))
    if kind != "HDF5":
        _only_for_hdf5(source, part)
    if head.startswith(b"PK"):
        return _opened_zip(source, file, part)
    if part.level:
        raise AskedAmiss(f"{source}: only an OME-Zarr has resolution levels; leave --level out")
    if part.unsigned is not None and not (kind == "MRC" or _is_named_mrc(source)):
        raise AskedAmiss(f"{source}: --signed and --unsigned are for MRC files; leave it out")
    if kind is None:
        raise _refusal(source, head)
    return _reader(kind)(source, file, part)


def _format(head: bytes, size: int) -> str | None:
    """The format of a plain file that begins so and has this size; None for what is none that is read."""
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "HDF5"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if head.startswith(b"\x93NUMPY"):
        return "NumPy"
    if mrc_files.is_mrc(head):
        return "MRC"
    return "EM" if em_files.is_em(head, size) else None


def _reader(kind: str) -> Callable[[str, BinaryIO, Excerpt], Opened]:
    """What opens files of a format."""
    if kind == "HDF5":
        from tomobench.desk.volumes import hdf5_files  # a tenth of a second, for this alone

        return hdf5_files.opened
    if kind == "TIFF":
        from tomobench.desk.volumes import tiff_files  # as above

        return tiff_files.opened
    return {"NumPy": npy_files, "MRC": mrc_files, "EM": em_files}[kind].opened


def _only_for_hdf5(source: str, part: Excerpt) -> None:
    if part.dataset is not None:
        raise AskedAmiss(f"{source}: --dataset is for HDF5 files; leave it out")


def _is_named_mrc(name: str) -> bool:
    return name.lower().endswith(_MRC_SUFFIXES)


def _opened_zip(source: str, file: BinaryIO, part: Excerpt) -> Opened:
    store = zarr_stores.Zip(source, file)
    if not store.is_zarr:
        raise UserError(
            f"{source}: a zip archive without a Zarr in it ({', '.join(store.content)}); unpack it"
        )
    return ome_zarr.opened(store, part)


def _refusal(source: str, head: bytes) -> UserError:
    """Why a file of no known format is not read: what it is, if that can be told."""
    for magic, what in _NOT_READ.items():
        if head.startswith(magic):
            return UserError(f"{source}: {what}")
    text = head.lstrip()[:512].lower()
    if text.startswith((b"<!doctype html", b"<html")) or b"<html" in text:
        return UserError(f"{source}: a web page, not the file itself; download it again")
    if text.startswith(b"<?xml"):
        return UserError(
            f"{source}: an XML document (perhaps a server's error message), not a volume"
        )
    name = source.lower()
    if name.endswith(".npy"):
        return UserError(f"{source}: not a readable .npy file; export it again")
    if name.removesuffix(".gz").removesuffix(".bz2").endswith(_MRC_SUFFIXES):
        return mrc_files.complaint(source, head)
    if not head:
        return UserError(f"{source}: an empty file; copy or export it again")
    return UserError(
        f"{source}: not a kind of file that can be imported; these can: MRC, .npy, TIFF, HDF5, EM "
        "(MRC also packed as .gz), Zarr and OME-Zarr as a folder or .ozx"
    )


@contextlib.contextmanager
def complaints(source: str):
    """The system's errors as a line."""
    try:
        yield
    except PermissionError as error:
        raise UserError(f"{source}: not allowed to read it; check its permissions") from error
    except MemoryError as error:
        raise AskedAmiss(
            f"{source}: too large for this machine's memory; give a --region"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:200]
        raise UserError(f"{source}: can't be read ({reason})") from error
