"""What a line of a series is about: which access, to which layouts, and which metric of it.

Suites name the same access in their own ways: ``counts`` by a parameter (read XY slice), ``read`` by a
method (time_slice_xy), ``correctness`` by a way of writing. Here each has one name, that of ``counts``.
"""

import re
from dataclasses import dataclass
from functools import cache

from tomobench.bench.access import IN_ONE_CALL
from tomobench.desk.judge.series import Line

METHODS = {
    "whole": "whole",
    "slice_xy": "XY slice",
    "slice_xz": "XZ slice",
    "slice_yz": "YZ slice",
    "region_aligned": "64³ aligned",
    "region_unaligned": "64³ unaligned",
    "aligned": "64³ aligned",
    "unaligned": "64³ unaligned",
    "one_chunk": "one chunk",
    "one_voxel": "one voxel",
    "boxes": "boxes of 96³",
    "planes": "4 XY planes",
    "patches": "random patches",
    "first": "first voxel of a process",
}
"""The access of a method of ``read``, ``write`` or ``remote`` (time_slice_xy), without read or write."""


WAYS = {
    "by assignment": "write whole",
    "by create_array with data": IN_ONE_CALL,
    "without empty chunks": "write whole, without empty chunks",
    "erased": "write whole, over another",
    "over a region, aligned": "write 64³ aligned",
    "over a region, unaligned": "write 64³ unaligned",
    "written": "write whole",
    "read": "read whole",
    "to_zarr": "write by Dask's to_zarr",
    "store": "write by Dask's store",
    "store without lock": "write by Dask's store without its lock",
}
"""The access of a way of writing of ``correctness``; another way is its own access."""

BY_NAME = {
    "open": "open array",
    "open_multiscale": "open multiscale",
    "import": "import zarr",
    "modules": "import zarr",
    "changed_files": "write 64³ aligned",
}
"""The access of a method that is none of METHODS, whatever its suite."""

CHUNK_BY_CHUNK = "read all chunks, one a call"
"""What ``workers`` does."""

STORED = "stored"
"""What ``footprint`` measures: no access, the store as it lies there."""

VERBS = ("read ", "write ", "open ")
"""With one of these begins an access."""

CALL = "call "
"""Begins the access of a call of the suite ``calls``."""

USUAL = {"pipeline": "default", "kept_in": "local"}
"""What the suites have that do not vary it: a cell of a suite that does is theirs too."""

_NAMES = ("access", "way", "selection", "opening", "reader", "writer", "aligned")
_PLACES = {"remote": "over S3", "billed": "over S3", "faults": "over S3 with faults"}


@dataclass(frozen=True, order=True)
class Subject:
    """``access``: as ``counts`` names it; ``place``: over S3, cold, or empty; ``sharded``: in shards."""

    access: str
    place: str
    sharded: bool


@dataclass(frozen=True)
class CellPlace:
    """Where a line belongs. ``layout``: chunks, shards, format and what else varies, as a text."""

    subject: Subject
    layout: str


def written_by(writer: str, aligned: str) -> str:
    """The access of a way of writing by several: ``2 threads``, aligned to ``shards``, ``chunks`` or ``nothing``."""
    return f"write by {writer}, aligned to {aligned}"


@cache
def place_of(line: Line) -> CellPlace:
    """The subject and layout of a line. Lines of two suites that measure the same have the same."""
    cell = {name: value.strip("'") for name, value in line.cell}
    access = _access(line.benchmark, cell)
    suite, owner, _ = (*line.benchmark.split("."), "", "")[:3]
    place = _PLACES.get(suite, "cold" if owner.startswith("Cold") else "")
    chunks, shards = cell.pop("chunks", ""), cell.pop("shards", "none")
    format_ = cell.pop("format", "3" if "Shards" in owner else "")
    layout = chunks or cell.pop("layout", "")
    if shards != "none":
        layout = f"{layout} in {'one shard' if shards == 'whole' else shards}"
    rest = [
        f"{_said(name)} {value}"
        for name, value in cell.items()
        if name not in _NAMES and USUAL.get(name) != value
    ]
    parts = [layout, *rest, f"format {format_}" if format_ == "2" else ""]
    return CellPlace(Subject(access, place, " in " in layout), ", ".join(filter(None, parts)))


def _said(name: str) -> str:
    return name.replace("round_trip_ms", "round trip in ms").replace("_", " ")


def _access(benchmark: str, cell: dict[str, str]) -> str:
    suite, owner, method = (*benchmark.split("."), "", "")[:3]
    if suite == "calls":
        return f"{CALL}{cell['way']}"
    if "aligned" in cell:
        return written_by(cell["writer"], cell["aligned"])
    if suite == "ways":
        return f"write {cell['way'].replace(', ', ' by ')}"
    if "way" in cell:
        return WAYS.get(cell["way"], cell["way"])
    for name in ("access", "selection", "opening"):
        if name in cell:
            verb = "" if cell[name].startswith(VERBS) else "read "
            return re.sub(r"^read [0-9] boxes", "read boxes", f"{verb}{cell[name]}")
    what = method.partition("_")[2]
    if suite == "footprint":
        return STORED
    if suite == "workers":
        return CHUNK_BY_CHUNK
    if (suite, owner) == ("stores", "Checked"):
        return STORED if what == "files" else "write whole"
    if what in BY_NAME:
        return BY_NAME[what]
    if owner.startswith("OneCall"):
        return IN_ONE_CALL
    verb = "write" if suite == "write" or "Write" in owner else "read"
    return f"{verb} {METHODS.get(what, what.replace('_', ' '))}"
