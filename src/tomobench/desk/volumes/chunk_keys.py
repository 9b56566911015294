"""How the keys of a Zarr array's chunks (of its shards, where it has some) are written, and which of them are missing.

The program of ``plan --script`` has these functions too: see :mod:`tomobench.desk.advise.script.shared`.
"""

import math


def grid_of(document) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shape of an array, and of what has a key of its own, by its .zarray or zarr.json. Raises ValueError."""
    if document["zarr_format"] == 2:
        chunk = document["chunks"]
    else:
        grid = document["chunk_grid"]
        if grid["name"] != "regular":
            raise ValueError(f"grid {grid['name']!r} of chunks")
        chunk = grid["configuration"]["chunk_shape"]
    shape, chunk = tuple(map(int, document["shape"])), tuple(map(int, chunk))
    if len(shape) != len(chunk) or min(shape, default=0) < 0 or min(chunk, default=1) < 1:
        raise ValueError(f"chunks of {chunk} in a shape of {shape}")
    return shape, chunk


def naming_of(document) -> tuple[str, str]:
    """What comes before the numbers in a chunk's key, and what stands between them. Raises ValueError."""
    if document["zarr_format"] == 2:
        prefix, separator = "", document.get("dimension_separator") or "."
    else:
        encoding = document["chunk_key_encoding"]
        if encoding["name"] not in ("default", "v2"):
            raise ValueError(f"chunks named {encoding['name']!r}")
        prefix, usual = ("c", "/") if encoding["name"] == "default" else ("", ".")
        separator = (encoding.get("configuration") or {}).get("separator") or usual
    if separator not in (".", "/"):
        raise ValueError(f"separator {separator!r}")
    return prefix, separator


def namings(stated) -> list[tuple[str, str]]:
    """How keys may be written: as the metadata says, then with the other separator, which old writers had."""
    prefix, separator = stated
    return [stated, (prefix, "/" if separator == "." else ".")]


def chunk_key(naming, index) -> str:
    """The key of a chunk, below the array's folder."""
    prefix, separator = naming
    return separator.join([*filter(None, [prefix]), *map(str, index)])


def odd_of_chunks(naming, stated, counts, found: int, fill) -> list[str]:
    """Lines on chunks that are named otherwise than the metadata says, or do not exist.

    counts: of chunks along each axis. found: how many chunks exist.
    """
    lines, every = [], math.prod(counts)
    if naming != stated:
        named, said = (chunk_key(one, [0] * len(counts)) for one in (naming, stated))
        lines.append(
            f"its chunks are named like {named}, not {said} as its metadata says; read all the same"
        )
    if found < every:
        lines.append(
            f"{every - found} of {every} chunks do not exist; they hold the fill value {fill}, by Zarr's specification"
        )
    return lines
