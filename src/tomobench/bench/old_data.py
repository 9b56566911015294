"""Old data: does a release read what others wrote, bit for bit, or does it raise, or give other voxels?

``old/`` has an archive for each writer: the last patch of each minor release of zarr, each yanked release, and
tensorstore. Each holds small arrays in every kind of store (:mod:`tomobench.bench.kinds`) and every element type, as that
writer writes them. They are committed, for a release can't be asked to write in another's environment.
tomobench.drivers.old_data makes them.
"""

import tarfile
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tomobench.bench import adapters, blame, entries, tensorstore_writing, tried
from tomobench.bench.child import in_a_child
from tomobench.bench.element_types import TYPES, different, read
from tomobench.bench.kinds import SEPARATORS, kinds
from tomobench.bench.layout import Label, Layout
from tomobench.bench.store import ARRAY, Store, scratch

#: Counted up when what is read changes: what was found under another number is not used.
VERSION = 2
#: Seconds in which a release reads a writer's arrays.
DEADLINE = 120
FOLDER = Path(__file__).with_name("old")
SUFFIX = ".tar.gz"
TENSORSTORE = "tensorstore"
#: Voxels (z, y, x), chunks and shards: neither divides the volume. Small, for every array of every writer is committed.
SHAPE, CHUNKS, SHARDS = (12, 12, 10), (8, 8, 8), (16, 8, 8)
CODECS_GROUP, TYPES_GROUP = "codecs", "types"


@dataclass(frozen=True)
class OldArray:
    """An array that writers leave behind: its ``group`` is what is told of together."""

    group: str
    name: str
    layout: Layout
    dtype: str
    separator: str | None

    @property
    def place(self) -> str:
        """Its folder in an archive."""
        return f"{self.group}/{self.name}".replace(", ", "-").replace(" ", "-").replace("|", "")


def arrays() -> Iterator[OldArray]:
    """Every array that a writer may leave behind."""
    for number, kind in enumerate(kinds()):
        layout = replace(kind.layout, chunks=CHUNKS, shards=SHARDS if kind.sharded else None)
        separator = None if kind.separator == SEPARATORS[kind.zarr_format] else kind.separator
        cut = _cut(layout)
        yield OldArray(f"{cut}, {CODECS_GROUP}", f"{number}", layout, "<f4", separator)
    for layout in (
        Layout(CHUNKS),
        Layout(CHUNKS, zarr_format=3),
        Layout(CHUNKS, SHARDS, zarr_format=3),
    ):
        for dtype in TYPES:
            name = dtype.replace("<", "little-").replace(">", "big-")
            yield OldArray(f"{_cut(layout)}, {TYPES_GROUP}", name, layout, dtype, None)


def _cut(layout: Layout) -> str:
    return "sharded" if layout.shards else f"format {layout.zarr_format}"


#: What is told of together, and the writers, by the names that asv shows.
GROUPS = [Label(group) for group in dict.fromkeys(one.group for one in arrays())]
WRITERS = [
    Label(path.name.removesuffix(SUFFIX))
    for path in sorted(FOLDER.glob(f"*{SUFFIX}"), key=lambda path: (len(path.name), path.name))
]


def sample(dtype: str) -> np.ndarray:
    """Voxels (z, y, x) of a type that compress well: bit patterns that climb, with a chunk of zeros."""
    kind = np.dtype(dtype)
    bits = np.arange(int(np.prod(SHAPE)), dtype=np.uint32) * np.uint32(2**13 + 1)
    voxels = bits.astype(f"u{kind.itemsize}").view(kind.newbyteorder("=")).astype(kind)
    voxels = voxels.reshape(SHAPE)
    voxels[: CHUNKS[0], : CHUNKS[1], : CHUNKS[2]] = 0
    return voxels


def write(writer: str, folder: Path) -> dict[str, str]:
    """Write every array that a writer can into a folder; of the others, by place, why it can't.

    ``writer``: TENSORSTORE, or anything else for the zarr release under test.
    """
    left_out = {}
    for one in arrays():
        path = folder / one.place / ARRAY
        path.parent.mkdir(parents=True)
        find = _by_tensorstore if writer == TENSORSTORE else _by_zarr
        found = blame.look(find, path, one)
        if reason := blame.reason(found):
            left_out[one.place] = reason
    return left_out


def _by_tensorstore(path: Path, one: OldArray) -> dict:
    tensorstore_writing.write(path, sample(one.dtype), one.layout, one.separator)
    return {}


def _by_zarr(path: Path, one: OldArray) -> dict:
    adapter, voxels = adapters.load(), sample(one.dtype)
    if reason := adapter.unsupported(one.layout):
        raise NotImplementedError(reason)
    array = adapter.create(
        adapter.disk(path), SHAPE, voxels.dtype, one.layout, False, one.separator
    )
    array[...] = voxels
    if wrong := different(np.asarray(array[...]), voxels):
        raise RuntimeError(f"{wrong} voxels are wrong where it was written")
    return {}


def wrong(writer: str, group: str) -> int:
    """How many voxels of a writer's arrays of a group the release under test reads wrong.

    Raises NotImplementedError where the writer has none of them, or the line reads none; RuntimeError with the reasons where
    the release raised.
    """
    path = tried.kept(f"old-{writer}", VERSION)
    found = blame.require(entries.found_once(path, group, lambda kept: _all(writer, kept)))
    if found["raised"]:
        several = "; ".join(found["raised"])
        raise RuntimeError(f"{len(found['raised'])} of {found['arrays']} raise: {several}")
    return found["wrong"]


def _all(writer: str, kept: Container[str]) -> dict[str, dict]:
    groups = [group for group in GROUPS if group not in kept]
    found = blame.require(in_a_child(_each, DEADLINE, writer, groups))
    return entries.each_confirmed(found, _failures, _each, writer, groups)


def _failures(found: dict[str, dict]) -> set[str]:
    return {group for group, one in found.items() if one.get("raised")}


def _each(writer: str, groups: list[str]) -> dict[str, dict]:
    with scratch() as folder:
        with tarfile.open(FOLDER / f"{writer}{SUFFIX}") as archive:
            archive.extractall(folder, filter="data")
        return {group: entries.or_unsettled(of_group, folder, group) for group in groups}


def of_group(folder: Path, group: str) -> dict:
    """Of a group of arrays below a folder: how many there are, how many voxels are read wrong, and what was raised.

    The one key ``impossible``, with the reason, where there are none, or the line reads none.
    """
    there = [one for one in arrays() if one.group == group and (folder / one.place).exists()]
    if not there:
        return {"impossible": "the writer has none of these"}
    if reason := adapters.load().unsupported(there[0].layout):
        return {"impossible": reason}
    found = {one.place: blame.look(_read, folder, one) for one in there}
    # The line can read such arrays: a release that says of one that it is not implemented does not read it.
    raised = [f"{place}: {why}" for place, one in found.items() if (why := blame.reason(one))]
    wrong = sum(one.get("wrong", 0) for one in found.values())
    return {"arrays": len(there), "raised": raised, "wrong": wrong}


def _read(folder: Path, one: OldArray) -> dict[str, int]:
    voxels = sample(one.dtype)
    return {"wrong": different(read(Store(folder / one.place, one.layout, voxels), "zarr"), voxels)}
