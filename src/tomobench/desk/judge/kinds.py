"""What kind of number a benchmark gives: how sure one run is of it, and which way is better."""

from enum import StrEnum


class Kind(StrEnum):
    """EXACT numbers repeat from run to run; those of TIMED come from a clock or the system's
    memory."""

    EXACT = "exact"
    TIMED = "timed"


HIGHER_IS_BETTER = frozenset(
    {"voxel bytes / stored bytes", "voxels a chunk", "voxels an object", "requests at once"}
)
"""Units of which more is better. Of every other unit less is better. Chunks that a release chooses by itself have been
too small (512 bytes, up to 3.0), never too large."""

CLOCKED = frozenset({"seconds", "times the floor"})
"""Units that a clock is behind, whatever the type of the benchmark."""

FEW = 4
"""So many calls of the system more or less are no change, whatever the access is about: an interpreter's own, or a
file more that is looked for in an opening."""

PER_OBJECT = frozenset(
    f"system.Layouts.track_{name}"
    for name in ("system_reads", "system_writes", "opens", "listings", "renames", "rounds")
)
"""Benchmarks of which a difference is a change from one for each object on; ``OBJECTS`` says of each cell how many
objects (chunks or shards) that is."""

OBJECTS = "system.Layouts.track_objects"

REPEATABILITY = {
    "track_peak_memory": (0.25, 2**14),
    "track_connections": (0, 10),
    "track_system_bytes_read": (0.01, 4096),
    "track_system_bytes_written": (0.01, 4096),
    "track_process_memory": (0.5, 2**24),
    "track_worker_memory": (0.5, 2**24),
}
"""Counts that are not the same in every run: by how much of their value, and by how many of their
unit, they may differ. Memory: above the most that was seen (docs/suites.md, "How exact is exact"),
and by more than the smallest chunk of the grids (16³ of float32): less is Python's own objects.
Connections: how many are opened depends on how soon the earlier ones are free again; s3fs opens no
more than 10 at once. Bytes of the system: a page of metadata more, of all the files together, is
not what an access moves. All other counts were the same."""


def repeatability(benchmark: str) -> tuple[float, float]:
    """By how much of its value, and by how much, a count may differ without having changed."""
    if benchmark in PER_OBJECT:
        return 0, FEW
    return REPEATABILITY.get(benchmark.rsplit(".", 1)[-1], (0, 0))


def differs(benchmark: str, before: float, after: float) -> bool:
    """Whether a count changed: by more than it may differ. :func:`compare.tolerance` is the same of arrays."""
    share, least = repeatability(benchmark)
    return abs(after - before) > max(share * abs(before), least)


def kind_of(type_: str, unit: str) -> Kind:
    """The kind of a benchmark, from asv's type ('track', 'time', 'timeraw', 'peakmem', 'mem') and
    unit."""
    return Kind.EXACT if type_ == "track" and unit not in CLOCKED else Kind.TIMED


def higher_is_better(unit: str) -> bool:
    """Whether more of this unit is better."""
    return unit in HIGHER_IS_BETTER
