"""What the cache holds, found by walking it: nothing else keeps an account.

The places are those of :mod:`tomobench.bench.cache`, ``store`` and ``volume``, and of the desk's mirrors:

    volumes/<id>/                             a volume
    stores/<wheel>/<volume>-<digest>/<layout> a store, with what was found out about it beside it; <wheel>-<digest> in
                                              a configuration of zarr that is not its own
    upstream/<sha>/                           a commit's wheel (desk/releases/commits.py), a third of a MiB
    tried/<wheel>/                            what a release was found to do with small arrays: a few KB, no entry
    scratch/…  damaged/…  downloads/…         being written, set aside, being fetched
    fetching/<digest>.lock                    who fetches, imports again or has a mirror: no entry
    ….<random>                                under a temporary name, anywhere: being made
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tomobench.bench import store, volume, whole
from tomobench.bench.cache import root

QUIET = 3600
"""Seconds after which what nobody has touched is a leftover: a benchmark ends within 20 minutes."""

FLEETING = {
    "scratch": "a scratch folder",
    "downloads": "an unfinished fetch",
    store.DAMAGED: "a damaged store",
}
"""Folders of which nothing is there to stay, and what is in them."""


@dataclass(frozen=True)
class CacheEntry:
    """Something in the cache. ``kind``: "volume", "store" or what a leftover is; ``volume``: an id, empty where it
    is of none; ``wheel``: the first digits of the sha256 of a store's release, else empty."""

    path: Path
    kind: str
    volume: str = ""
    wheel: str = ""

    @property
    def nbytes(self) -> int:
        """Bytes of its files."""
        return sum(size for size, _ in self._stats().values())

    @property
    def touched(self) -> float:
        """When it or a file in it was changed last: seconds since 1970."""
        times = [changed / 1e9 for _, changed in self._stats().values()]
        return max([self.path.stat().st_mtime, *times])

    def damage(self) -> str | None:
        """What is wrong with a volume or a store, all of it read; None if nothing is."""
        if self.kind == "volume":
            try:
                volume.verify(volume.describe(self.volume))
            except volume.VolumeError as error:
                return str(error)
            return None
        try:
            check = store.check_of(self.path)
        except OSError:
            check = None
        if check is None:
            return store.UNKNOWN
        return whole.difference(whole.contents(self.path / store.ARRAY), check["files"])

    def _stats(self) -> whole.Stats:
        if self.path.is_dir():
            return whole.stats(self.path)
        status = self.path.stat()
        return {self.path.name: [status.st_size, status.st_mtime_ns]}


def volumes() -> Iterator[CacheEntry]:
    """The volumes, damaged ones too."""
    for name in volume.known():
        yield CacheEntry(root() / "volumes" / name, "volume", name)


def stores() -> Iterator[CacheEntry]:
    """The stores, of whatever release."""
    for path in _settled("stores/*/*/*"):
        key, described, _ = path.parts[-3:]
        wheel = key.partition("-")[0]
        yield CacheEntry(path, "store", described.rpartition("-")[0], wheel)


def leftovers(quiet: float = QUIET) -> Iterator[CacheEntry]:
    """What nobody has touched for ``quiet`` seconds of all that is not there to stay."""
    found = [
        CacheEntry(path, kind)
        for place, kind in FLEETING.items()
        for path in (root() / place).glob("*")
    ]
    for pattern in ("volumes", "volumes/*", "stores/*/*", "stores/*/*/*"):
        found += [
            CacheEntry(path, "a part of what was being made")
            for folder in root().glob(pattern)
            if folder.is_dir() and not folder.name.startswith(".")
            for path in folder.glob(".*")
        ]
    now = time.time()
    for one in found:
        try:
            if now - one.touched > quiet:
                yield one
        except FileNotFoundError:
            continue  # its owner has just removed it


def _settled(pattern: str) -> list[Path]:
    """The folders that are under a name of their own, none above being temporary."""
    return sorted(
        path
        for path in root().glob(pattern)
        if path.is_dir()
        and not any(part.startswith(".") for part in path.relative_to(root()).parts)
    )
