"""The voxels that layouts are tried on: a tomogram, or a part of it that is large enough."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from math import prod
from pathlib import Path

import numpy as np

from tomobench.bench.layout import Shape, say
from tomobench.bench.volume import VolumeError, write_header
from tomobench.bench.volume import load as load_volume
from tomobench.desk.advise.evidence import like
from tomobench.desk.advise.evidence.evidence import described
from tomobench.desk.advise.plan.question import Question
from tomobench.desk.errors import UserError
from tomobench.desk.volumes import catalogue, disk, phantom

Region = tuple[slice, slice, slice]


def part(shape: Shape, itemsize: int, most: int) -> Region:
    """The middle of a volume of ``shape`` (z, y, x): all of it, or ``most`` bytes of it and less.

    The longer of y and x is halved first, so that slices stay as thick as they are; z once both are as short.
    """
    edges = list(shape)
    while prod(edges) * itemsize > most and max(edges) > 1:
        axis = max((1, 2, 0), key=lambda one: edges[one])
        edges[axis] = (edges[axis] + 1) // 2
    starts = [(length - edge) // 2 for length, edge in zip(shape, edges)]
    z, y, x = (slice(start, start + edge) for start, edge in zip(starts, edges))
    return z, y, x


def kept(source: str | None, question: Question, most: int, path: Path) -> tuple[Shape, str]:
    """Write the part of ``source`` (a volume, a file, an address; None: a phantom as the question has it) to ``path``.

    Returns its shape, and what it is in words. Raises UserError.
    """
    with _opened(source, question) as (name, shape, dtype, parts):
        region = part(shape, dtype.itemsize, most)
        z, y, x = (one.stop - one.start for one in region)
        edges = (z, y, x)
        disk.require(prod(edges) * dtype.itemsize, name)
        with path.open("wb") as file, disk.writing(prod(edges) * dtype.itemsize):
            write_header(file, dtype, edges)
            for block in parts(_blocks(region)):
                file.write(np.ascontiguousarray(block, dtype).tobytes())
    all_of_it = edges == tuple(shape)
    return (
        edges,
        f"all of {name}" if all_of_it else f"the middle of {name}, {say(edges)} of {say(shape)}",
    )


def _blocks(region: Region) -> Iterator[Region]:
    """The planes of a region in packs of 16, in order."""
    z, y, x = region
    for start in range(z.start, z.stop, 16):
        yield slice(start, min(start + 16, z.stop)), y, x


@contextmanager
def _opened(source: str | None, question: Question) -> Iterator[tuple]:
    """Name, shape, element type, and what reads regions one by one."""
    source = (
        source or question.volume or phantom.id_of(question.shape, question.kind, question.dtype)
    )
    if described(source):
        volume_id = catalogue.ensure(source).id
        try:
            _, voxels = load_volume(volume_id)
        except VolumeError as error:
            raise UserError(str(error)) from None
        yield volume_id, voxels.shape, voxels.dtype, partial(map, voxels.__getitem__)
        return
    with like.opened(source) as (found, _):
        yield found.source, found.shape, found.dtype, found.parts
