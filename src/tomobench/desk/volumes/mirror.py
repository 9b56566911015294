"""A remote folder, as far as it has been fetched: what an interrupted fetch goes on from.

It lies in the cache under ``downloads`` until its voxels have become a volume. Each file takes its
name when it is whole, so what has a name need not be fetched again.
"""

import concurrent.futures
import contextlib
import hashlib
import os
import posixpath
import threading
from collections.abc import Callable
from pathlib import Path

from fsspec.callbacks import Callback
from tqdm import tqdm

from tomobench.bench import cache
from tomobench.desk import locks
from tomobench.desk.errors import UserError
from tomobench.desk.volumes import disk
from tomobench.desk.volumes.transfer import Places, Refused

WORKERS = 8
"""Files fetched at a time; a portal's chunk is 64 MiB, so more would hardly be faster."""


class Mirror:
    """The local copy of the folder published at ``places``, or of the one file ``only`` in it.

    url: the first address. folder: where it lies here.
    """

    def __init__(self, places: Places, only: str = ""):
        self._places = places
        self._copies = 2 if only else 1  # on the disk: a whole file's voxels are as large again
        self.url = places.urls[0]
        digest = hashlib.sha256(f"{self.url}/{only}".encode()).hexdigest()[:16]
        self.folder = cache.root() / "downloads" / digest

    def renew(self, below: str, names: tuple[str, ...]) -> dict[str, bytes]:
        """Fetch small files of the folder ``below`` anew; those that don't exist are left out.

        If one is not what it was, all of ``below`` is discarded: its chunks may be others, too.
        Raises UserError if the place is out of reach, or refuses them all.
        """
        below = posixpath.normpath(below)
        paths = {name: posixpath.normpath(f"{below}/{name}") for name in names}
        fresh = self._fresh(list(paths.values()))
        if any(self._changed(name, content) for name, content in fresh.items()):
            cache.discard(self._local(below))
        for name, content in fresh.items():
            with disk.writing(len(content)), cache.whole_file(self._local(name)) as file:
                file.write(content)
        return {name: fresh[path] for name, path in paths.items() if path in fresh}

    def fetch(self, names: list[str]) -> None:
        """Fetch files that are not here yet, in parallel; those that don't exist are left out.

        Raises UserError. What has been fetched by then stays, also after Ctrl-C.
        """
        wanted = [name for name in names if not self._local(name).exists()]
        stop = threading.Event()
        with _Bar(len(wanted)) as bar, concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            jobs = [pool.submit(self._fetch_one, name, bar, stop) for name in wanted]
            try:
                for job in concurrent.futures.as_completed(jobs):
                    job.result()
            except KeyboardInterrupt:
                stop.set()
                raise
            finally:
                # After a fault, what is under way may end: it need not be fetched again.
                pool.shutdown(wait=True, cancel_futures=True)

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Within the block no other command changes the copy."""
        # Not beside it: of what lies there, nothing is to stay.
        lock = cache.root() / "fetching" / f"{self.folder.name}.lock"
        return locks.held(lock, "another fetch of the same source")

    def drop(self, name: str) -> None:
        """Remove a file that turned out to be damaged."""
        self._local(name).unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove all that was fetched."""
        if self.folder.exists():
            cache.discard(self.folder)

    def _fetch_one(self, name: str, bar: "_Bar", stop: threading.Event) -> None:
        path = self._local(name)
        part = path.with_name(f".{path.name}.part")
        with disk.writing(None):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._places.get(name, part, _Progress(bar, stop, self._require_room), stop)
            except FileNotFoundError:
                part.unlink(missing_ok=True)
                return
            part.replace(path)

    def _require_room(self, size: int) -> None:
        disk.require(size * self._copies, self.url)

    def _fresh(self, names: list[str]) -> dict[str, bytes]:
        """What each of these files holds; a server may refuse in place of saying that none is."""
        found, refusals = {}, []
        for name in names:
            part = self._local(name).with_name(".metadata.part")
            with disk.writing(None):
                part.parent.mkdir(parents=True, exist_ok=True)
                try:
                    self._places.get(name, part, Callback(), threading.Event())
                    found[name] = part.read_bytes()
                except FileNotFoundError:
                    pass
                except Refused as error:
                    refusals.append(error)
                finally:
                    part.unlink(missing_ok=True)
        if refusals and not found:
            raise refusals[0]
        return found

    def _changed(self, name: str, content: bytes) -> bool:
        path = self._local(name)
        return path.exists() and path.read_bytes() != content

    def _local(self, name: str) -> Path:
        """Where a file lies here. Names come from others' metadata: none may lead outside."""
        path = Path(os.path.normpath(self.folder / name))
        if not path.is_relative_to(self.folder):
            raise UserError(f"{self.url}: its metadata names {name!r}, which lies outside of it")
        return path


class _Bar:
    """The bar for all files of a fetch: bytes, rate, time left.

    How large a file is is known when its answer begins; the others are taken to be of mean size.
    """

    def __init__(self, files: int):
        self._files = files
        self._sizes: dict[int, int] = {}
        self._lock = threading.Lock()
        # disable=None: a bar for a terminal alone.
        self._bar = tqdm(total=0, unit="B", unit_scale=True, unit_divisor=1024, disable=None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._bar.close()

    def expect(self, progress: "_Progress", size: int) -> None:
        """Say how large a file is."""
        with self._lock:
            self._sizes[id(progress)] = size
            mean = sum(self._sizes.values()) / len(self._sizes)
            self._bar.total = round(mean * self._files)

    def advance(self, count: int) -> None:
        """Count bytes; a negative number takes back those of an attempt that failed."""
        with self._lock:
            self._bar.update(count)


class _Stopped(Exception):
    """Ctrl-C, on its way out of a transfer."""


class _Progress(Callback):
    """Of one file, as fsspec reports it; after ``stop`` it ends the transfer.

    require: takes the file's bytes before the first is written, and may raise UserError.
    """

    value: int  # as fsspec counts it

    def __init__(self, bar: _Bar, stop: threading.Event, require: Callable[[int], None]):
        super().__init__()
        self._bar, self._stop, self._require = bar, stop, require

    def set_size(self, size: int | None) -> None:
        """A transfer begins, or begins again."""
        self._bar.advance(-self.value)
        self.value = 0
        if size is not None:
            self._require(size)
            self.size = size
            self._bar.expect(self, size)

    def relative_update(self, inc: int = 1) -> None:
        """So many bytes more."""
        if self._stop.is_set():
            raise _Stopped
        self.value += inc
        self._bar.advance(inc)
