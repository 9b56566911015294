"""Files packed with gzip or bzip2, unpacked into a nameless file of the cache's disk."""

import bz2
import contextlib
import gzip
import tempfile
import zlib
from typing import BinaryIO

from tomobench.bench import cache
from tomobench.desk.errors import UserError
from tomobench.desk.volumes import disk, mrc_files

_OPENERS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open}
_PIECE = 1 << 22  # bytes unpacked at a time
_DAMAGED = (OSError, EOFError, ValueError, zlib.error)


def is_packed(head: bytes) -> bool:
    """Whether a file that begins so is packed."""
    return _opener(head) is not None


def head(file: BinaryIO, most: int) -> bytes:
    """At most so many bytes that a packed file begins with, unpacked; none where it can't be."""
    try:
        with _content(file) as content:
            return content.read(most)
    except _DAMAGED:
        return b""


@contextlib.contextmanager
def unpacked(source: str, file: BinaryIO):
    """Yield the file's content as a file of its own, which is gone afterwards. Raises UserError.

    The room it takes is asked for before a byte is written, where an MRC header tells the size.
    """
    with _content(file) as content, _nameless() as plain:
        piece = _piece(source, content)
        if mrc_files.is_mrc(piece):
            disk.require(2 * mrc_files.bytes_expected(piece), source)  # and its voxels
        while piece:
            with disk.writing(None):
                plain.write(piece)
                plain.flush()
            piece = _piece(source, content)
        yield plain


def _nameless() -> BinaryIO:
    with disk.writing(None):
        folder = cache.root() / "downloads"
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder)


def _piece(source: str, content) -> bytes:
    try:
        return content.read(_PIECE)
    except _DAMAGED as error:
        raise UserError(
            f"{source}: packed, and can't be unpacked whole ({error}); copy it again"
        ) from error


def _content(file: BinaryIO):
    file.seek(0)
    opener = _opener(file.read(16))
    file.seek(0)
    return opener(file)


def _opener(head: bytes):
    return next((opener for magic, opener in _OPENERS.items() if head.startswith(magic)), None)
