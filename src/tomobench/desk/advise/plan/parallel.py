"""What a plan says of workers and of the codec pipeline, where the suites have results of the release: a line each."""

from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING

from tomobench.desk.advise.evidence.evidence import Evidence

if TYPE_CHECKING:
    from tomobench.desk.advise.plan.estimate import Estimate

DEFAULT = "default"
PIPELINES = (DEFAULT, "fused", "zarrs")
"""What zarr 3 may be told to code chunks with: its own choice, its second one (from 3.3), the package zarrs."""

_STARTS = "pipelines.Counts.track_function_starts"
_WHOLE = "read whole"
_LOST, _MOVED = "blocks.Counts.track_voxels_lost", "blocks.Counts.track_amplification"
_UNLOCKED, _READ, _ACROSS = "store without lock", "read", "across"
_SAID = {"chunks": "of chunks in shards", "shards": "of shards", _ACROSS: "across chunks"}


def notes(desk: "Estimate") -> Iterator[str]:
    """A line on the codec pipeline that was asked for, and one on Dask's blocks, for a use with several workers."""
    asked = desk.question
    if asked.codec_pipeline != DEFAULT:
        yield _of_pipeline(desk.evidence, asked.release, asked.codec_pipeline)
    if asked.use.workers > 1:
        yield from _of_blocks(desk.evidence, asked.release)


def _of_pipeline(known: Evidence, release: str, name: str) -> str:
    """How many fewer Python functions start: what a pipeline saves is Python's part of reading a chunk."""
    times = "times are those of zarr's own pipeline"
    found = cells(known, release, _STARTS)
    pairs = [
        value / found[access, DEFAULT, layout]
        for (access, pipeline, layout), value in found.items()
        if access == _WHOLE and pipeline.split()[0] == name and found.get((access, DEFAULT, layout))
    ]
    if not pairs:
        version = known.history.name_of(release)
        return f"codec pipeline {name}: not counted with zarr {version}; {times}"
    return (
        f"codec pipeline {name}: a whole read starts {1 - max(pairs):.0%} to {1 - min(pairs):.0%} fewer "
        f"Python functions, in {len(pairs)} layouts that were counted; {times}"
    )


def _of_blocks(known: Evidence, release: str) -> Iterator[str]:
    """Which blocks lost voxels, and what those cost that match no chunks; nothing where none were counted."""
    lost = cells(known, release, _LOST)
    tried = {cell: value for cell, value in lost.items() if cell[0] == _UNLOCKED}
    blocks = list(dict.fromkeys(cell[1] for cell, value in tried.items() if value))
    moved = [
        value
        for (way, kind, *_), value in cells(known, release, _MOVED).items()
        if (way, kind) == (_READ, _ACROSS)
    ]
    if tried and moved:
        yield (
            f"Dask, counted: without its lock, store lost voxels with blocks {' and '.join(_SAID[one] for one in blocks)}; "
            f"blocks {_SAID[_ACROSS]} read {min(moved):.1f} to {max(moved):.1f} bytes for each of voxels"
        )


def cells(known: Evidence, release: str, benchmark: str) -> dict[tuple[str, ...], float]:
    """The numbers of a benchmark of a release, by the cell's values, whatever the volume."""
    asked = (one for one in known.sheets if (one.benchmark, one.release) == (benchmark, release))
    return {
        tuple(value.strip("'") for _, value in row.cell): row.value
        for sheet in asked
        for row in sheet.rows()
        if row.value is not None and isfinite(row.value)
    }
