"""The compression of a tomogram itself: a few dozen of its chunks, coded here with each codec.

Blocks are read at places that are spread evenly over the volume, and pieces of them are coded with
numcodecs, which is what zarr codes with. What a codec makes of a chunk is the same on every machine.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import ceil, prod

import numpy as np

from tomobench.bench.grids import BY_CODEC, BY_LEVEL
from tomobench.bench.layout import CODECS, Codec, Shape
from tomobench.bench.volume import VolumeError
from tomobench.bench.volume import load as load_volume
from tomobench.desk import files
from tomobench.desk.advise.evidence import spread
from tomobench.desk.advise.evidence.stored import DEFAULT, Ratios
from tomobench.desk.errors import UserError
from tomobench.desk.results import answers
from tomobench.desk.volumes import phantom

#: Edge in voxels of the blocks that are read, and how many of them at most.
BLOCK, BLOCKS = 128, 8
#: Bytes that are fetched from elsewhere at most, beyond the first chunk.
FETCHED = 2**27
#: Chunks that the default codec is tried on: its ratio is interpolated between their sizes.
SHAPES: tuple[Shape, ...] = ((16,) * 3, (32,) * 3, (64,) * 3, (16, 128, 128), (128,) * 3)
#: Those that each other codec is tried on.
OTHERS: tuple[Shape, ...] = ((64,) * 3,)
#: Pieces of a shape in a block at most: in the default codec, in another, and from a level on that
#: takes seconds for what the others take a tenth of one.
EACH, EACH_OTHER, EACH_SLOW, SLOW_LEVEL = 4, 2, 1, 7
#: The shape of a phantom that stands in for voxels that there are none of.
STAND_IN = (128, 128, 128)


def codecs() -> list[Codec]:
    """The codecs, levels and shuffles that the suites measure."""
    by_codec = BY_CODEC.axes["codec"].values()
    by_level = (Codec(level=level) for level in BY_LEVEL.axes["level"].values())
    return list(dict.fromkeys([DEFAULT, *by_codec, *by_level]))


class Tomogram:
    """A tomogram whose compression is asked for: shape (z, y, x), element type, kind, ratios."""

    def __init__(self, name: str, shape: Shape, dtype: str, kind: str, blocks: list[np.ndarray]):
        self.shape, self.dtype, self.kind = shape, dtype, kind
        self.ratios = Ratios(name, coded(blocks))


def tomogram(source: str) -> Tomogram:
    """A tomogram by the name of a volume, a file or Zarr folder, or an address. Raises UserError."""
    from tomobench.desk.advise.evidence.evidence import described

    if known := described(source):
        return Tomogram(source, *known, _of_volume(source))
    with opened(source) as (found, kind):
        regions = places(found.shape, found.unit if found.fetched else None, found.dtype.itemsize)
        blocks = list(found.parts(regions))
        for block in blocks:
            if block.dtype.kind == "f":
                np.nan_to_num(block, copy=False)
        return Tomogram(found.source, found.shape, found.dtype.name, kind, blocks)


def of_phantom(dtype: str, kind: str) -> Ratios:
    """The ratios of the small phantom of an element type and kind, made for it where need be."""
    volume_id = phantom.id_of(STAND_IN, kind, dtype)
    found = {
        (Codec(name, level, shuffle), tuple(shape)): ratio
        for name, level, shuffle, shape, ratio in _of_stand_in(dtype, kind, phantom.MODEL)
    }
    return Ratios(volume_id, found)


@answers.kept
def _of_stand_in(dtype: str, kind: str, model: int) -> list[tuple]:
    made = coded([phantom.make(STAND_IN, kind, dtype)])
    return [(c.name, c.level, c.shuffle, shape, ratio) for (c, shape), ratio in made.items()]


def _of_volume(volume_id: str) -> list[np.ndarray]:
    if shape := phantom.shape_of(volume_id):
        try:
            voxels = load_volume(volume_id)[1]
        except VolumeError:
            edges = tuple(min(length, BLOCK) for length in shape)
            return [phantom.make(edges, phantom.kind_of(volume_id), phantom.dtype_of(volume_id))]
    else:
        try:
            voxels = load_volume(volume_id)[1]
        except VolumeError as error:
            raise UserError(str(error)) from None
    return [np.ascontiguousarray(voxels[region]) for region in places(voxels.shape)]


@contextmanager
def opened(source: str) -> Iterator[tuple]:
    """What a file, a folder or an address holds, and its kind."""
    from tomobench.desk.volumes import importers
    from tomobench.desk.volumes.opened import WHOLE

    if files.expanded(source).exists():
        with importers.opened_file(files.expanded(source), WHOLE) as found:
            yield found, "raw"
        return
    from tomobench.desk.volumes import fetching

    if not fetching.is_remote(source):
        raise UserError(
            f"--like {source}: no such volume, file or folder; see tomobench volume list, or give an "
            "address"
        )
    with fetching.opened(fetching.Wanted(source=source)) as fetched:
        kind = fetched.kind if fetched.kind in phantom.KINDS else "raw"
        yield fetched.found, kind


def places(
    shape: Shape, unit: Shape | None = None, itemsize: int = 4
) -> list[tuple[slice, slice, slice]]:
    """The blocks that are read of a volume of ``shape`` (z, y, x), spread evenly, at no constant step.

    ``unit``: of what comes from elsewhere chunk by chunk, its chunks, of which FETCHED bytes are
    wanted at most. Blocks begin where chunks do.
    """
    edges, chunks = [min(BLOCK, length) for length in shape], unit or (1, 1, 1)
    apart = [-(-edge // chunk) * chunk for edge, chunk in zip(edges, chunks)]
    ends = [(n - edge) // chunk * chunk for n, edge, chunk in zip(shape, edges, chunks)]
    most = FETCHED // (prod(apart) * itemsize) if unit else BLOCKS
    grid = tuple(ceil(length / step) for length, step in zip(shape, apart))
    corners = dict.fromkeys(
        tuple(min(at * step, end) for at, step, end in zip(one, apart, ends))
        for one in spread.places(grid, max(1, min(BLOCKS, most)))
    )
    return [
        (slice(z, z + edges[0]), slice(y, y + edges[1]), slice(x, x + edges[2]))
        for z, y, x in corners
    ]


def coded(blocks: list[np.ndarray]) -> dict[tuple[Codec, Shape], float]:
    """Voxel bytes over coded bytes, by codec and chunk shape, of pieces of the blocks."""
    found: dict[tuple[Codec, Shape], float] = {}
    for codec in codecs():
        each = EACH_SLOW if codec.level >= SLOW_LEVEL else EACH_OTHER
        each = EACH if codec == DEFAULT else each
        for shape in SHAPES if codec == DEFAULT else OTHERS:
            clipped = tuple(min(a, b) for a, b in zip(shape, blocks[0].shape))
            if (ratio := _ratio(codec, _pieces(blocks, clipped, each))) is not None:
                found.setdefault((codec, clipped), ratio)
    return found


def _pieces(blocks: Iterable[np.ndarray], shape: Shape, each: int) -> Iterator[np.ndarray]:
    """Pieces of a shape, at most ``each`` of a block, spread evenly: elsewhere in each block."""
    for number, block in enumerate(blocks):
        grid = tuple(max(1, n // edge) for n, edge in zip(block.shape, shape))
        for corner in spread.places(grid, each, number * each):
            piece = tuple(slice(i * edge, (i + 1) * edge) for i, edge in zip(corner, shape))
            yield np.ascontiguousarray(block[piece])


def _ratio(codec: Codec, pieces: Iterable[np.ndarray]) -> float | None:
    made = numcodec(codec)
    whole = stored = 0
    for piece in pieces:
        whole += piece.nbytes
        stored += len(made.encode(piece)) if made else piece.nbytes
    return whole / stored if stored else None


def numcodec(codec: Codec):
    """The codec of numcodecs for ours; None for none."""
    from tomobench.desk.volumes.zarr_codecs import numcodecs

    if codec.name == "none":
        return None
    if not CODECS[codec.name]:
        return {"zstd": numcodecs.Zstd, "gzip": numcodecs.GZip}[codec.name](level=codec.level)
    of = numcodecs.Blosc
    shuffles = {"shuffle": of.SHUFFLE, "bitshuffle": of.BITSHUFFLE, "none": of.NOSHUFFLE}
    cname = codec.name.removeprefix("blosc-")
    return of(cname=cname, clevel=codec.level, shuffle=shuffles[codec.shuffle])
