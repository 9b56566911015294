"""Whether the files below a folder are still what they were: names, sizes, checksums.

Times of change say nothing over the days, for files are written over themselves to settle the page cache. They
do say, within a run, that nobody has touched a file since.
"""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

#: For each file its size in bytes and its CRC-32 (zlib's: a disk's and a killed process's damage, not a forger's).
Contents = dict[str, list[int]]
#: For each file its size in bytes and its time of change in ns.
Stats = dict[str, list[int]]


def contents(folder: Path) -> Contents:
    """Read every file below a folder, by its name in it."""
    return {name: content_of(Path(entry.path).read_bytes()) for name, entry in entries(folder)}


def content_of(content: bytes) -> list[int]:
    """What :data:`Contents` has of a file's bytes."""
    return [len(content), zlib.crc32(content)]


def stats(folder: Path) -> Stats:
    """Look at every file below a folder without reading it."""
    found = {}
    for name, entry in entries(folder):
        status = entry.stat()
        found[name] = [status.st_size, status.st_mtime_ns]
    return found


def entries(folder: Path | str, above: str = "") -> Iterator[tuple[str, os.DirEntry]]:
    """Every file below a folder, with its name in it; nothing if there is no such folder."""
    try:
        listing = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in listing:
        if entry.is_dir():
            yield from entries(entry.path, f"{above}{entry.name}/")
        else:
            yield f"{above}{entry.name}", entry


def difference(found: Contents, expected: Contents) -> str | None:
    """What differs, in words; None if nothing does."""
    said = []
    if missing := len(expected.keys() - found.keys()):
        said.append(f"{missing} missing")
    if added := len(found.keys() - expected.keys()):
        said.append(f"{added} too many")
    if changed := sum(found[name] != expected[name] for name in found.keys() & expected.keys()):
        said.append(f"{changed} changed")
    return f"of {len(expected)} files {', '.join(said)}" if said else None
