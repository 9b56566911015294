"""Where the keys of a Zarr hierarchy lie: a folder or a zip archive here (see remote for others)."""

import json
import lzma
import threading
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from tomobench.desk import files
from tomobench.desk.errors import UserError

METADATA = ("zarr.json", ".zarray", ".zattrs", ".zgroup")
"""The files that say what a folder is, in formats 3 and 2."""

_UNPACKING = (
    zipfile.BadZipFile,
    RuntimeError,
    NotImplementedError,
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
)
"""What a member of an archive raises that is damaged, or packed in a way that Python does not know."""


class NotZarr(UserError):
    """A folder without Zarr's metadata."""


class Keys:
    """Keys and their bytes. name: for messages, the folder's path or address."""

    name: str

    def metadata(self, folder: str, optional: bool = False) -> dict[str, dict]:
        """The JSON documents in a folder, by file name; those that are absent are left out.

        optional: whether a folder that may not be read counts as absent.
        """
        found = {name: self.read(join(folder, name)) for name in METADATA}
        return {
            name: self._parsed(join(folder, name), content)
            for name, content in found.items()
            if content is not None
        }

    def bring(self, keys: Iterable[str]) -> None:
        """Make keys that are published elsewhere ready to be read."""

    def has(self, key: str) -> bool:
        """Whether there is such a key."""
        raise NotImplementedError

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        """The bytes of a key from ``start`` (below 0: from the end), or None if it is absent."""
        raise NotImplementedError

    def size(self, key: str) -> int | None:
        """How many bytes a key has, or None if it is absent. They are not read."""
        raise NotImplementedError

    def names(self, folder: str) -> list[str]:
        """What lies in a folder, as far as it can be listed."""
        raise NotImplementedError

    def damaged(self, key: str, reason: str) -> UserError:
        """The complaint about a chunk that can't be decoded."""
        return UserError(f"{self.name}/{key}: a damaged chunk, it can't be decoded ({reason})")

    def _parsed(self, key: str, content: bytes) -> dict:
        try:
            document = json.loads(content.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise UserError(f"{self.name}/{key}: not valid JSON ({error})") from error
        if not isinstance(document, dict):
            raise UserError(f"{self.name}/{key}: not a JSON object")
        return document


class Folder(Keys):
    """A folder of files. None is read that a link puts there from elsewhere: UserError."""

    def __init__(self, path: Path):
        self.name = str(path)
        self._path = path

    def has(self, key: str) -> bool:
        """As :meth:`Store.has`."""
        return self._at(key).is_file()

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        """As :meth:`Store.read`."""
        try:
            with open(self._at(key), "rb") as file:
                return _piece(file, start, length)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def size(self, key: str) -> int | None:
        """As :meth:`Store.size`."""
        path = self._path / key
        return path.stat().st_size if path.is_file() else None

    def names(self, folder: str) -> list[str]:
        """As :meth:`Store.names`."""
        path = self._at(folder)
        return sorted(child.name for child in path.iterdir()) if path.is_dir() else []

    def _at(self, key: str) -> Path:
        return files.inside(self._path, self._path / key)


class Zip(Keys):
    """A zip archive: RFC-9's .ozx, or a zipped folder, which may be the archive's only one."""

    def __init__(self, source: str, file: BinaryIO):
        self.name = source
        self._lock = threading.Lock()
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise UserError(f"{source}: a damaged zip archive ({error}); copy it again") from error
        self._keys = {info.filename for info in self._zip.infolist() if not info.is_dir()}
        self._root = self._found_root()

    @property
    def is_zarr(self) -> bool:
        """Whether there is Zarr metadata where it is looked for."""
        return any(self.has(name) for name in METADATA)

    @property
    def content(self) -> list[str]:
        """The first few names in the archive."""
        return sorted(self._keys)[:3]

    def has(self, key: str) -> bool:
        """As :meth:`Store.has`."""
        return self._root + key in self._keys

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        """As :meth:`Store.read`."""
        if not self.has(key):
            return None
        try:
            with self._zip.open(self._root + key) as file:
                return _piece(file, start, length)
        except _UNPACKING as error:
            raise UserError(f"{self.name}: {key} can't be unpacked ({error})") from error

    def size(self, key: str) -> int | None:
        """As :meth:`Store.size`; unpacked."""
        return self._zip.getinfo(self._root + key).file_size if self.has(key) else None

    def names(self, folder: str) -> list[str]:
        """As :meth:`Store.names`."""
        start = self._root + (f"{folder}/" if folder else "")
        below = (key.removeprefix(start) for key in self._keys if key.startswith(start))
        return sorted({key.partition("/")[0] for key in below})

    def _found_root(self) -> str:
        tops = {key.partition("/")[0] for key in self._keys} - {"__MACOSX"}
        return f"{tops.pop()}/" if len(tops) == 1 and not tops & set(METADATA) else ""


def join(*parts: str) -> str:
    """A key from its parts, of which some may be empty."""
    return "/".join(part for part in parts if part)


def _piece(file, start: int, length: int | None) -> bytes:
    if start < 0:
        size = file.seek(0, 2)
        file.seek(max(0, size + start))
    else:
        file.seek(start)
    return file.read(-1 if length is None else length)
