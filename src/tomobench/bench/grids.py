"""The grids: which layouts are measured, and for which question. One place for all of them.

A grid answers one question: it varies one or two things and holds the rest at the default
(64³ chunks, no shards, Blosc-zstd, level 5, shuffle). Its parameters do not depend on what is installed, nor on
the volume; a cell that a line can't do, or that makes no sense on the volume, shows as n/a.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

from tomobench.bench import access, kinds
from tomobench.bench.layout import (
    AUTO,
    CODECS,
    SHUFFLE_ZSTD,
    SHUFFLES,
    Codec,
    Label,
    Layout,
    Shape,
    say,
)
from tomobench.bench.objects import grid_shape


@dataclass(frozen=True)
class Grid:
    """A question, and the axes that vary for it.

    ``axes`` maps an axis to its values, by the name asv shows; ``build(shape, *values)`` makes a cell's layout
    for a volume of that shape, or raises NotImplementedError with the reason.
    """

    question: str
    axes: dict[str, Mapping[Any, Any]]
    build: Callable[..., Layout]

    @property
    def names(self) -> list[str]:
        return list(self.axes)

    @property
    def values(self) -> list[list]:
        return [list(values) for values in self.axes.values()]

    def layout(self, shape: Shape, *cell) -> Layout:
        """The layout of a cell, given by the name of a value for each axis, on a volume (z, y, x)."""
        return self.build(shape, *(values[name] for values, name in zip(self.axes.values(), cell)))

    def layouts(self, shape: Shape) -> list[Layout]:
        """The layouts of all cells that there are on such a volume."""
        found = []
        for cell in product(*self.values):
            try:
                found.append(self.layout(shape, *cell))
            except NotImplementedError:
                continue
        return found


def _shapes(shapes: list) -> dict[Label, Shape | None]:
    return {say(shape): shape for shape in shapes}


FORMATS = {2: 2, 3: 3}
#: The seven chunk shapes of the published report: cubes, and slabs for slices.
CHUNKS = _shapes(
    [
        (16, 16, 16),  # 16 KiB: finest access, most objects
        (32, 32, 32),  # 128 KiB
        (64, 64, 64),  # 1 MiB: the report's choice
        (128, 128, 128),  # 8 MiB: fewest objects
        (16, 64, 64),  # thin in z, for XY slices
        (16, 128, 128),  # the same, wider
        (64, 16, 64),  # thin in y, for XZ slices
    ]
)
BY_CHUNK = Grid(
    "by chunk shape",
    {"chunks": CHUNKS, "format": FORMATS},
    lambda shape, chunks, zarr_format: Layout(chunks, zarr_format=zarr_format),
)

#: Voxels of the largest volume on which small chunks are also written one by one.
UNSHARDED = 2**22
#: Shards of the whole volume are rounded up to the chunk.
WHOLE = "whole"


def _whole(shape: Shape, chunks: Shape) -> Shape:
    return tuple(-(-length // chunk) * chunk for length, chunk in zip(shape, chunks))


def _sharded(shape: Shape, chunks: Shape, shards) -> Layout:
    whole = _whole(shape, chunks)
    if shards == WHOLE:
        if whole in SHARDS.values():
            raise NotImplementedError(f"the whole volume is one shard of {say(whole)}")
        return Layout(chunks, whole, zarr_format=3)
    if shards is None and prod(shape) > UNSHARDED:
        raise NotImplementedError("one object a chunk is measured on smaller volumes")
    if shards and all(edge > length for edge, length in zip(shards, whole)):
        raise NotImplementedError(f"a shard of {say(shards)} is larger than the volume")
    return Layout(chunks, shards, zarr_format=3)


SHARDS = {**_shapes([None, (128, 128, 128), (256, 256, 256)]), Label(WHOLE): WHOLE}
#: Small chunks, each in an object of its own or together in shards (Zarr format 3).
BY_SHARD = Grid(
    "by shard shape",
    {"chunks": _shapes([(16, 16, 16), (32, 32, 32), (64, 64, 64)]), "shards": SHARDS},
    _sharded,
)

#: The same, for create_array with data: how it differs from assignment, the small volume and the full tomogram show.
SHARDS_IN_ONE_CALL = replace(BY_SHARD)
#: The same, for the ratio to the floor: what larger volumes add to it is no question of anyone's.
FOR_FLOOR = replace(BY_SHARD)

#: Blosc-zstd's levels, on two chunk shapes, one object a chunk and sharded.
BY_LEVEL = Grid(
    "by level",
    {
        "level": {level: level for level in (1, 3, 5, 7, 9)},
        "chunks": _shapes([(32, 32, 32), (64, 64, 64)]),
        "shards": _shapes([None, (128, 128, 128)]),
    },
    lambda shape, level, chunks, shards: replace(
        _sharded(shape, chunks, shards), codec=Codec(level=level)
    ),
)

#: Every codec; Blosc's with each shuffle of the four bytes of a voxel.
BY_CODEC = Grid(
    "by codec",
    {
        "codec": {
            Label(f"{name} {shuffle}" if shuffled else name): Codec(name, shuffle=shuffle)
            for name, shuffled in CODECS.items()
            for shuffle in (SHUFFLES if shuffled else SHUFFLES[:1])
        },
        "format": FORMATS,
    },
    lambda shape, codec, zarr_format: Layout((64, 64, 64), codec=codec, zarr_format=zarr_format),
)

#: Reads at the release's own concurrency, and with everything one chunk at a time on one thread.
BY_CONCURRENCY = Grid(
    "by concurrency",
    {
        "concurrency": {Label("default"): None, 1: 1},
        "chunks": _shapes([(16, 16, 16), (64, 64, 64)]),
        "format": FORMATS,
    },
    lambda shape, concurrency, chunks, zarr_format: Layout(chunks, zarr_format=zarr_format),
)

#: Writes with write_empty_chunks on, and off: then each chunk is first compared with the fill value.
BY_EMPTY = Grid(
    "by write_empty_chunks",
    {
        "write_empty_chunks": {Label("on"): True, Label("off"): False},
        "chunks": _shapes([(16, 16, 16), (64, 64, 64)]),
        "format": FORMATS,
    },
    lambda shape, empty, chunks, zarr_format: Layout(chunks, zarr_format=zarr_format),
)


def _practice(shape: Shape, layout: Layout) -> Layout:
    """A layout of practice, where it fits. Shards of WHOLE are those of the volume."""
    if layout is AUTO:
        return layout
    if any(edge > length for edge, length in zip(layout.chunks[1:], shape[1:])):
        raise NotImplementedError(f"chunks of {say(layout.chunks)} are larger than the volume")
    if prod(grid_shape(shape, layout.chunks)) == 1:
        raise NotImplementedError(f"the volume is one chunk of {say(layout.chunks)}")
    return replace(layout, shards=_whole(shape, layout.chunks)) if layout.shards else layout


#: Chunks above which what a release chooses by itself is not tried: 3.0 chooses 16,384 for 8 MiB, and writes for half a minute.
SEVERAL = 5000


def quick(shape: Shape, layout: Layout) -> Layout:
    """The layout that a release chose. Raises NotImplementedError where it has too many chunks to be tried."""
    if (chunks := prod(grid_shape(shape, layout.chunks))) > SEVERAL:
        raise NotImplementedError(f"it chooses {chunks} chunks of {say(layout.chunks)}: not tried")
    return layout


_CUBES, _FLAT = (128, 128, 128), (16, 256, 256)
#: Layouts that stores of tomograms have, by whose they are; "in whole": in one shard, as large as the volume.
PRACTICE = Grid(
    "in a layout of practice",
    {
        "layout": {
            Label("128×128×128"): Layout(_CUBES, zarr_format=3),
            Label("128×128×128 in whole"): Layout(_CUBES, _CUBES, zarr_format=3),
            # iohub: chunks of sections, and the shard is the volume
            Label("iohub"): Layout(_FLAT, _FLAT, zarr_format=3),
            # the CryoET Data Portal's OME-Zarr 0.4
            Label("portal"): Layout((256, 256, 256), codec=Codec("blosc-lz4")),
            # copick's 2.0 pre-releases
            Label("copick"): Layout(_CUBES, _CUBES, Codec(SHUFFLE_ZSTD, 3), zarr_format=3),
            # create_array(chunks="auto", shards="auto"), as each release resolves it
            Label("auto"): AUTO,
        }
    },
    _practice,
)


def _plain(shape: Shape, layout: Layout) -> Layout:
    return replace(layout, shards=_whole(shape, layout.chunks)) if layout.shards else layout


_FINE = (32, 32, 32)
#: One object a chunk, in the format that both lines have, and small chunks in one shard: for kinds of selection.
FOR_SELECTIONS = Grid(
    "by kind of selection",
    {
        "layout": {
            Label("64×64×64"): Layout((64, 64, 64)),
            Label("64×64×64 format 3"): Layout((64, 64, 64), zarr_format=3),
            Label("32×32×32 in whole"): Layout(_FINE, _FINE, zarr_format=3),
        }
    },
    _plain,
)
#: The same, for patches and for a chunk written over: on larger volumes too.
FOR_TRAINING = replace(FOR_SELECTIONS, question="for training")


def _fitting(shape: Shape, layout: Layout) -> Layout:
    """A layout, whatever the volume: small ones of the tests too."""
    return layout


def _for_ways(shape: Shape, layout: Layout) -> Layout:
    if layout.shards is None or layout.shards != layout.chunks:
        return layout
    return _practice(shape, layout)


_OF_WAYS: dict[Any, Layout] = {
    Label("64×64×64"): Layout((64, 64, 64)),
    Label("32×32×32 in 64×64×64"): Layout(_FINE, (64, 64, 64), zarr_format=3),
}
#: Ways of writing: one object a chunk, several shards, one shard; and the shards that people write.
FOR_WAYS = Grid(
    "by way of writing",
    {
        "layout": {
            **_OF_WAYS,
            **{name: PRACTICE.axes["layout"][name] for name in map(Label, ("iohub", "copick"))},
        }
    },
    _for_ways,
)

#: Small chunks and large, and small ones in shards: for pipelines, which format 3 alone has.
FOR_PIPELINES = Grid(
    "by codec pipeline",
    {
        "layout": {
            Label("16×16×16"): Layout((16, 16, 16), zarr_format=3),
            Label("64×64×64"): Layout((64, 64, 64), zarr_format=3),
            Label("16×16×16 in 128×128×128"): Layout((16, 16, 16), _CUBES, zarr_format=3),
        }
    },
    _fitting,
)
#: Small chunks and large, in the format that both lines have, and small ones in shards: for stores and for workers.
FOR_STORES = Grid(
    "by store",
    {
        "layout": {
            Label("32×32×32"): Layout(_FINE),
            Label("64×64×64"): Layout((64, 64, 64)),
            Label("32×32×32 in 64×64×64"): Layout(_FINE, (64, 64, 64), zarr_format=3),
        }
    },
    _fitting,
)
FOR_WORKERS = replace(FOR_STORES, question="by workers")
#: The same, for block-wise processing: on the full tomogram too.
FOR_BLOCKS = replace(FOR_STORES, question="by blocks of Dask")

#: 64³ chunks, one object each, in either format.
BY_FORMAT = Grid(
    "by format",
    {"format": FORMATS},
    lambda shape, zarr_format: Layout((64, 64, 64), zarr_format=zarr_format),
)

#: Objects above which one object a chunk is not measured over S3: 4,800 round trips of 50 ms take minutes.
MANY = 1000


def _on_s3(shape: Shape, layout: tuple) -> Layout:
    chunks, shards, zarr_format = layout
    if shards:
        return _sharded(shape, chunks, shards)
    if (objects := prod(grid_shape(shape, chunks))) > MANY:
        raise NotImplementedError(f"{objects} objects over S3 are measured on smaller volumes")
    return Layout(chunks, zarr_format=zarr_format)


def _s3_name(chunks: Shape, shards, zarr_format: int) -> Label:
    if shards:
        return Label(f"{say(chunks)} in {shards if shards == WHOLE else say(shards)}")
    return Label(f"{say(chunks)} format 3" if zarr_format == 3 else say(chunks))


#: Layouts over S3. Without shards in format 2, which both lines have, and one of them in format 3 as well, so that
#: what the format alone changes can be told from what shards do, which are in format 3.
S3_LAYOUTS: dict[str, tuple[Shape, Any, int]] = {
    _s3_name(*layout): layout
    for layout in [
        ((16, 16, 16), None, 2),  # most objects
        ((32, 32, 32), None, 2),
        ((64, 64, 64), None, 2),  # the report's choice
        ((64, 64, 64), None, 3),
        ((128, 128, 128), None, 2),  # fewest objects: the report's choice for the cloud
        ((16, 128, 128), None, 2),  # thin in z, for XY slices
        ((16, 16, 16), (128, 128, 128), 3),  # fine access, few objects
        ((32, 32, 32), (128, 128, 128), 3),
        ((64, 64, 64), (128, 128, 128), 3),
        ((32, 32, 32), WHOLE, 3),  # one object
    ]
}


def s3_layout(name: str, shape: Shape) -> Layout:
    """The layout of that name among S3_LAYOUTS, for a volume (z, y, x), be it measured there or not.

    Raises KeyError where there is none.
    """
    chunks, shards, zarr_format = S3_LAYOUTS[name]
    shards = _whole(shape, chunks) if shards == WHOLE else shards
    return Layout(chunks, shards, zarr_format=zarr_format)


#: Each layout over S3.
ON_S3 = Grid("over S3", {"layout": S3_LAYOUTS}, _on_s3)
#: The same chunks, each in an object of its own and in shards: for questions about the network and the client.
TWO_ON_S3 = Grid(
    "over S3",
    {
        "layout": {
            name: S3_LAYOUTS[name] for name in map(Label, ("32×32×32", "32×32×32 in 128×128×128"))
        }
    },
    _on_s3,
)

#: The layouts of practice over S3.
PRACTICE_ON_S3 = Grid(
    "over S3, in a layout of practice",
    {
        "layout": {
            name: PRACTICE.axes["layout"][name]
            for name in map(Label, ("128×128×128 in whole", "portal", "copick"))
        }
    },
    _practice,
)
#: Few layouts, for each request waits for others: one object a chunk, in both formats, and shards.
SYSTEM_LAYOUTS: dict[str, Layout] = {
    _s3_name(*cut): Layout(*cut[:2], zarr_format=cut[2])
    for cut in [
        *(((32, 32, 32), None, 2), ((32, 32, 32), None, 3), ((32, 32, 32), (128, 128, 128), 3)),
        ((16, 128, 128), None, 2),
    ]
}
#: What an access asks of the system, and how much at once.
OF_SYSTEM = Grid("asked of the system", {"layout": SYSTEM_LAYOUTS}, lambda shape, layout: layout)

#: A small array of our own, cut in each way that zarr stores chunks: what is looked at is right or wrong, whatever the volume.
SMALL_CUTS: dict[str, Layout] = {
    Label(f"{say(kinds.CHUNKS)} format 2"): Layout(kinds.CHUNKS),
    Label(f"{say(kinds.CHUNKS)} format 3"): Layout(kinds.CHUNKS, zarr_format=3),
    Label(f"{say(kinds.CHUNKS)} in {say(kinds.SHARDS)}"): Layout(
        kinds.CHUNKS, kinds.SHARDS, zarr_format=3
    ),
}
ON_SMALL = Grid("on a small array", {"layout": SMALL_CUTS}, lambda shape, layout: layout)

#: The grids that a volume is measured on, where that is not all of them: the larger phantom is there for shards, the
#: full tomogram for how times and counts grow.
ONLY_ON = {
    "phantom-192x320x320": [
        BY_SHARD,
        FOR_TRAINING,
        FOR_WAYS,
        ON_S3,
        TWO_ON_S3,
        PRACTICE,
        PRACTICE_ON_S3,
    ],
    "phantom-184x630x630": [BY_CHUNK, BY_SHARD, SHARDS_IN_ONE_CALL, PRACTICE, FOR_BLOCKS],
}
#: Cells of these that are not measured on such a volume: what they show, smaller ones show for less. There, a write in one call into
#: shards asks for and moves what assignment does. What it loses, ``correctness`` tells.
BUT_FOR = {
    "phantom-192x320x320": [(FOR_WAYS, _OF_WAYS), (BY_SHARD, [access.IN_ONE_CALL])],
}


def wanted(volume_id: str, grid: Grid, cell: tuple = ()) -> bool:
    """Whether a grid is measured on a volume; or a cell of it, given by the name of a value for each axis."""
    if any(grid is one and set(cell) & set(names) for one, names in BUT_FOR.get(volume_id, [])):
        return False
    return any(grid is one for one in ONLY_ON.get(volume_id, [grid]))
