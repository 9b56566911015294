"""Bytes of memory that an access needs: its answer, and what is under way at once.

A chunk that is decoded is there twice, as it was stored and as voxels. Of a shard there is what was
fetched of it, its part of the answer, which is put together by itself, and a chunk that is decoded.
As many chunks or shards are under way as there are requests at once (source: zarr 3.4.2,
core/codec_pipeline.py and codecs/sharding.py). zarr 2.18 fetches all that an access wants before it
decodes one chunk after the other (core.py, _chunk_getitems).

What is counted one chunk at a time (traced memory, the suite counts) is predicted to a few per cent:
:func:`errors`, docs/advice.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from tomobench.bench import access
from tomobench.bench.layout import Layout, Shape
from tomobench.desk.advise.evidence import fetches, work
from tomobench.desk.advise.evidence.evidence import WRITE, Measurements
from tomobench.desk.advise.evidence.expected import Cuts
from tomobench.desk.advise.evidence.fetches import Fetcher
from tomobench.desk.advise.evidence.work import Work
from tomobench.desk.advise.plan.model import Errors, errors_of_pairs

#: Peaks below this are mostly objects of Python, which are not counted here.
LEAST = 2**20


@dataclass(frozen=True)
class HeldVoxels:
    """Layouts of a volume of ``shape`` (z, y, x), and bytes of its voxels."""

    cuts: Cuts
    shape: Shape
    itemsize: int


def reading(
    done: Work, asked: Sequence[int], held: HeldVoxels, density: Any, fetched: Any, reader: Fetcher
) -> np.ndarray:
    """Bytes for an access in each layout, (n,).

    ``asked``: voxels along z, y and x. ``density``: stored bytes of a voxel; ``fetched``: bytes of all
    requests. Where an access meets several shards, the largest part that can lie in one is taken.
    """
    cuts, itemsize = held.cuts, held.itemsize
    answer = done.asked * itemsize
    chunk = np.prod(cuts.chunks, axis=1) * float(itemsize)
    if reader.at_once_whole:
        return answer + fetched + chunk
    at_once = reader.concurrency
    stored = np.prod(np.minimum(cuts.chunks, held.shape), axis=1) * density
    of_chunks = np.minimum(done.chunks, at_once) * (stored + chunk)
    units = np.minimum(done.objects, at_once)
    largest = np.prod(np.minimum(cuts.shards, asked), axis=1) / done.asked
    of_shards = np.minimum(1, units * largest) * (fetched + answer) + units * chunk
    return answer + np.where(cuts.sharded, of_shards, of_chunks)


def writing(held: HeldVoxels, density: Any, reader: Fetcher) -> np.ndarray:
    """Bytes that a writer holds for its unit, in each layout, (n,).

    Of a chunk: its voxels, and as many bytes to encode them into, from which zarr 2.18 copies what was
    stored. Of a shard: its voxels, and its chunks as they are stored, once each and once put together.
    """
    itemsize = held.itemsize
    copied = density if reader.at_once_whole else 0
    beside = np.where(held.cuts.sharded, 2 * density, itemsize + copied)
    return np.prod(held.cuts.shards, axis=1) * (itemsize + beside)


def errors(found: dict[str, Measurements], version: str) -> Errors | None:
    """How far off :func:`reading` and :func:`writing` are from the peaks of traced memory that the
    suites counted of a release, one chunk at a time; None without any."""
    return errors_of_pairs(list(pairs(found, version)))


def pairs(found: dict[str, Measurements], version: str) -> Iterator[tuple[float, float]]:
    """Each peak of a single selection, or of a whole write, that is above LEAST; and what it is
    modelled as."""
    for one in found.values():
        for (what, name, layout), peak in one.counts.items():
            if what == "peak_memory" and peak >= LEAST and (kept := one.stored.get(layout)):
                said = _said(name, one, layout, kept / prod(one.shape), version)
                if said is not None:
                    yield peak, said


def _said(
    name: str, one: Measurements, layout: Layout, density: float, version: str
) -> float | None:
    reader, held = Fetcher(version, 1), HeldVoxels(Cuts.of([layout]), one.shape, one.itemsize)
    if name == WRITE:
        found = float(writing(held, density, reader)[0])
        # The suite's voxels are there before, and copied where they do not lie unbroken in a chunk.
        unbroken = layout.shards or layout.chunks[1:] == one.shape[1:]
        return found - (prod(layout.shards or layout.chunks) * one.itemsize if unbroken else 0)
    parts = access.READS[name](one.shape, layout) if name in access.READS else []
    if len(parts) != 1:
        return None
    fetched = fetches.of(parts, one.shape, layout, density, reader).bytes
    asked = [len(access.indices(selected)) for selected in parts[0].selection]
    return float(reading(work.of(parts, layout), asked, held, density, fetched, reader)[0])
