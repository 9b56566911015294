"""Bytes of memory that an access needs: its answer, and what is under way at once.

A chunk that is decoded is there twice, as it was stored and as voxels; so is a shard that is read
whole. Of a shard that is read in part, what was fetched is there, and the chunks in work. As many
are in work as there are requests at once (source: zarr 3.4.2, core/codec_pipeline.py and
codecs/sharding.py; zarr 2.18 decodes one after the other and needs less).
"""

from math import prod

import numpy as np

from tomobench.bench.layout import Layout
from tomobench.desk.advise.evidence.expected import Expectation
from tomobench.desk.advise.plan.question import Question


def reading(done: Expectation, question: Question, density, fetched) -> np.ndarray:
    """Bytes for an access in each layout, (n,). ``density``: stored bytes of a voxel; ``fetched``:
    bytes of all requests."""
    cuts, size = done.cuts, question.itemsize
    at_once = question.storage.concurrency
    twice = size + density
    chunk = np.prod(cuts.chunks, axis=1).astype(float)
    shard = np.prod(cuts.shards, axis=1).astype(float)
    chunks = np.minimum(done.work.chunks, at_once) * chunk * twice
    whole = done.work.objects - done.work.split
    of_whole = np.minimum(whole, at_once) * shard * twice
    of_parts = np.where(done.work.split > 0, fetched + chunks, 0)
    return done.work.asked * size + np.where(cuts.sharded, np.maximum(of_whole, of_parts), chunks)


def writing(layout: Layout, question: Question, density: float) -> float:
    """Bytes that a writer holds for its unit, a chunk or a shard."""
    return prod(layout.shards or layout.chunks) * (question.itemsize + density)
