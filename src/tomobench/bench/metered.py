"""A file system that counts what is asked of it: the requests an object store would have had to answer.

It sits where nothing goes past it: below zarr 2.18's FSStore and zarr 3's FsspecStore alike, at the level of
single requests, so a call for several ranges at once counts each of them. It works on a local folder, so the
counts are of zarr's own doing; what s3fs adds of its own (HEAD, LIST) is not in them.
"""

import asyncio
import os
import threading
import uuid
from collections import Counter
from pathlib import Path

from fsspec.asyn import AsyncFileSystem

#: The kinds of request, as S3 would name them.
GET, RANGE, HEAD, LIST, PUT, DELETE = "get", "range get", "head", "list", "put", "delete"
#: What a file system raises where there is no such object. All else it raises is its own trouble, not an answer.
ABSENT = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


class Meter:
    """Requests by kind, and bytes fetched and written. Safe to count into from several threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Start again from nothing."""
        with self._lock:
            self.requests: Counter[str] = Counter()
            self.fetched = 0
            self.written = 0

    def count(
        self, kind: str, key: str, fetched: int = 0, written: int = 0, absent: bool = False
    ) -> None:
        """Count one request and the bytes of its answer's body (``fetched``) or of its own (``written``).

        ``key``: the object's; ``absent``: there is none.
        """
        with self._lock:
            self.requests[kind] += 1
            self.fetched += fetched
            self.written += written


class MeteredFileSystem(AsyncFileSystem):
    """The files below the folder ``root``; each request is counted in ``meter``.

    A request that finds nothing counts too: a server answers it, and bills it. ``pause``: seconds between what a GET has
    found and its answer. An object that is written is there whole or not at all, as on S3.
    """

    protocol = "metered"
    cachable = False
    root_marker = ""

    def __init__(self, root: Path, meter: Meter, pause: float = 0, **options):
        super().__init__(**options)
        self._root, self._meter, self._pause = str(root), meter, pause

    def _local(self, path: str) -> str:
        return os.path.join(self._root, self._strip_protocol(path).strip("/"))

    async def _cat_file(self, path, start=None, end=None, **kwargs):
        kind = GET if start is None and end is None else RANGE
        try:
            with open(self._local(path), "rb") as file:
                data = _cut(file, start, end)
        except ABSENT as error:
            self._meter.count(kind, path, absent=True)
            await self._wait()
            raise FileNotFoundError(path) from error
        self._meter.count(kind, path, fetched=len(data))
        await self._wait()
        return data

    async def _wait(self) -> None:
        if self._pause:
            await asyncio.sleep(self._pause)

    async def _pipe_file(self, path, value, mode="overwrite", **kwargs):
        self._meter.count(PUT, path, written=len(value))
        os.makedirs(os.path.dirname(self._local(path)), exist_ok=True)
        # As on an object store: a reader meanwhile gets the old object, or the new one.
        unfinished = os.path.join(self._root, f".{uuid.uuid4().hex}")
        with open(unfinished, "wb") as file:
            file.write(value)
        os.replace(unfinished, self._local(path))

    async def _info(self, path, **kwargs):
        local = self._local(path)
        self._meter.count(HEAD, path, absent=not os.path.exists(local))
        return _describe(path, local)

    async def _ls(self, path, detail=True, **kwargs):
        self._meter.count(LIST, path)
        folder, inside = self._local(path), self._strip_protocol(path).strip("/")
        if not os.path.isdir(folder):
            raise FileNotFoundError(path)
        names = [f"{inside}/{name}".lstrip("/") for name in sorted(os.listdir(folder))]
        return [_describe(name, self._local(name)) for name in names] if detail else names

    async def _rm_file(self, path, **kwargs):
        self._meter.count(DELETE, path)
        try:
            os.unlink(self._local(path))
        except ABSENT as error:
            raise FileNotFoundError(path) from error

    async def _mkdir(self, path, create_parents=True, **kwargs):
        """Nothing: an object store has no folders."""

    async def _makedirs(self, path, exist_ok=False):
        """Nothing, as above."""


def _cut(file, start: int | None, end: int | None) -> bytes:
    """The bytes from ``start`` to before ``end``; both may count from the end, as in fsspec."""
    size = os.fstat(file.fileno()).st_size
    start = 0 if start is None else max(0, start + size) if start < 0 else start
    end = size if end is None else end + size if end < 0 else end
    file.seek(start)
    return file.read(max(0, min(end, size) - start))


def _describe(path: str, local: str) -> dict:
    if os.path.isdir(local):
        return {"name": path, "size": 0, "type": "directory"}
    if not os.path.isfile(local):
        raise FileNotFoundError(path)
    return {"name": path, "size": os.path.getsize(local), "type": "file"}
