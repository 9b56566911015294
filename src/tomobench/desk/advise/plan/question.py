"""What is asked of a plan, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import inf
from typing import Any

import numpy as np

from tomobench.bench.layout import Layout, Shape
from tomobench.desk.advise.evidence.figure import Figure
from tomobench.desk.advise.evidence.use import Use
from tomobench.desk.advise.plan.network import Storage

DISK_STORAGE = Storage()
#: Voxels beyond which no tomogram is: a typing error.
MOST_VOXELS = 2**40


@dataclass(frozen=True)
class LayoutLimits:
    """The most that a layout may take: objects of a tomogram; bytes that a reader's memory holds in
    an access, or a writer's for its unit; bytes of a chunk, decoded."""

    objects: float = inf
    memory: float = inf
    chunk: float = inf


@dataclass(frozen=True)
class Question:
    """What is asked. ``shape`` is (z, y, x) in voxels; ``release`` a release's hash; ``formats``
    the Zarr formats allowed; ``readers`` who must be able to open the store (readers.READERS).
    ``volume``: the id whose own results are used, where there are some. ``kind`` of voxels: raw,
    denoised or labels. ``limits``: what a layout may take. ``codec_pipeline``: of parallel.PIPELINES."""

    shape: Shape
    use: Use
    release: str
    storage: Storage = DISK_STORAGE
    dtype: str = "float32"
    tomograms: int = 1
    formats: tuple[int, ...] = (2, 3)
    readers: tuple[str, ...] = ()
    volume: str | None = None
    kind: str = "raw"
    limits: LayoutLimits = LayoutLimits()
    codec_pipeline: str = "default"

    @property
    def itemsize(self) -> int:
        """Bytes of a voxel."""
        return np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Access:
    """One access of a layout: requests to the store, bytes fetched (or written), seconds, the
    bytes of the chunks that are decoded (or encoded) for each byte asked for, how often the next
    requests wait for the answers to those before, bytes of memory that it needs, and how many of the
    requests are HEADs, for an object's size. Means over all positions, where there are several."""

    requests: Figure
    bytes: Figure
    seconds: Figure
    decoded: float
    rounds: float
    memory: float = 0.0
    heads: float = 0.0


@dataclass(frozen=True)
class Candidate:
    """A layout and what it takes.

    ``objects`` and ``stored`` (bytes) are of one tomogram, ``memory`` (bytes) of its greediest access. ``accesses`` by the use's names, and
    ``write``: a whole tomogram. ``seconds`` is of the mean access of the use, by its weights; NaN
    for an archive. On S3, in the currency of the prices: a million such accesses cost ``requests``
    and ``transfer``, keeping all tomograms for a month ``month``; None on a disk. ``front``: no
    other is better in one of the things that count and as good in the others.
    """

    layout: Layout
    objects: Figure
    stored: Figure
    accesses: Mapping[str, Access]
    write: Access
    seconds: Figure
    memory: float = 0.0
    requests: Decimal | None = None
    transfer: Decimal | None = None
    month: Decimal | None = None
    front: bool = False


@dataclass(frozen=True)
class Ranking:
    """Candidates, the best first; ``left_out``: why layouts (one, or a kind of them) are not among them; ``reason``: why the
    first is first, in a sentence; ``notes``: what figures rest on, and the errors of the model, a
    line each. ``source``: the volume whose times and counts were used as they are, or None."""

    question: Question
    candidates: list[Candidate]
    left_out: Mapping[Any, str]
    reason: str
    notes: list[str] = field(default_factory=list)
    source: str | None = None
