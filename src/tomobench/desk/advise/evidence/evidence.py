"""What the suites found, by volume, release, layout and access: what advice is computed from."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from tomobench.bench import volume
from tomobench.bench.grids import BY_CHUNK, BY_SHARD, Grid
from tomobench.bench.layout import Layout, Shape
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.releases.history import History
from tomobench.desk.results import choosing
from tomobench.desk.results import reading as results
from tomobench.desk.volumes import phantom

WRITE = "write whole"
#: The access (of access.READS, or WRITE) behind each timed benchmark.
TIMED = {
    "read.time_whole": "whole",
    "read.time_one_chunk": "one chunk",
    "read.time_slice_xy": "XY slice",
    "read.time_slice_xz": "XZ slice",
    "read.time_slice_yz": "YZ slice",
    "read.time_region_aligned": "64³ aligned",
    "read.time_region_unaligned": "64³ unaligned",
    "read.time_boxes": "8 boxes of 96³",
    "read.time_one_voxel": "one voxel",
    "read.time_planes": "4 XY planes",
    "write.time_whole": WRITE,
}
#: The access (of access.READS_ON_S3, or WRITE) behind each benchmark of the remote suite.
TIMED_ON_S3 = {
    "Reads.time_whole": "whole",
    "Reads.time_slice_xy": "XY slice",
    "Reads.time_slice_xz": "XZ slice",
    "Reads.time_slice_yz": "YZ slice",
    "Reads.time_region_unaligned": "64³ unaligned",
    "Reads.time_boxes": "2 boxes of 96³",
    "Writes.time_whole": WRITE,
}
_SUITES = {"Chunks": BY_CHUNK, "Shards": BY_SHARD}


@dataclass(frozen=True)
class Measured:
    """A median, and the 99 % interval of it that asv gives (None where it gives none). Of a time over
    S3, with its few samples, the quartiles: the interval would go below zero."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass
class Measurements:
    """Of one volume and release. ``times`` by (access, layout) in seconds; ``stored`` and ``files``
    by layout; ``counts`` by (metric, access, layout), as ``requests`` of ``XY slice``. ``raw``: a
    reconstruction as it left the software, neither denoised nor labels."""

    shape: Shape
    dtype: str
    raw: bool = True
    times: dict[tuple[str, Layout], Measured] = field(default_factory=dict)
    stored: dict[Layout, float] = field(default_factory=dict)
    files: dict[Layout, float] = field(default_factory=dict)
    counts: dict[tuple[str, str, Layout], float] = field(default_factory=dict)
    #: Over S3, by access, the remote suite's name of the layout, and seconds of a round trip.
    remote: dict[tuple[str, str, float], Measured] = field(default_factory=dict)

    @property
    def itemsize(self) -> int:
        """Bytes of a voxel."""
        return np.dtype(self.dtype).itemsize


@dataclass(frozen=True, eq=False)
class Evidence:
    """``found`` by (volume's id, release's hash), of one machine. Equal to itself alone, so that what
    is worked out from it can be kept for the next question."""

    machine: str
    history: History
    found: dict[tuple[str, str], Measurements]
    rows: list[results.Row] = field(default_factory=list, repr=False)
    #: Volumes whose shape is not known here, so that nothing can be said from them.
    unknown: tuple[str, ...] = ()

    @cached_property
    def releases(self) -> list[str]:
        """Hashes of the releases that were measured, oldest first."""
        measured = {release for _, release in self.found}
        return [one.hash for one in self.history.releases if one.hash in measured]

    def of(self, release: str) -> dict[str, Measurements]:
        """Findings of a release, by volume."""
        return {volume: one for (volume, hash_), one in self.found.items() if hash_ == release}

    def tips(self) -> dict[str, str]:
        """The newest release with times of each line, as {"2.18": hash, "3": hash}."""
        timed = [hash_ for hash_ in self.releases if any(f.times for f in self.of(hash_).values())]
        return {self.history.find(hash_).line: hash_ for hash_ in timed}

    def release(self, name: str | None) -> str:
        """The hash of a release by its name, else of the newest that was timed. Raises UserError."""
        if name:
            return self.history.find(name).hash
        if not (tips := self.tips()):
            raise UserError(f"no release was timed on {self.machine}: asv run")
        return list(tips.values())[-1]


def load(root: Path, machine: str | None = None) -> Evidence:
    """The evidence in a repository, of the machine that is meant (see choosing.machine).

    Raises UserError when there is none.
    """
    return gather(choosing.of_machine(results.read(root), machine), lock.load(root))


def gather(rows: Iterable[results.Row], history: History) -> Evidence:
    """Sort rows of one machine. A yanked release is no evidence: nobody is to write with it."""
    rows = list(rows)
    known = {one.hash for one in history.releases if one.yanked is None}
    shapes = {name: described(name) for name in {row.volume for row in rows}}
    found: dict[tuple[str, str], Measurements] = {}
    for row in rows:
        if row.measured and row.release in known and (shape := shapes[row.volume]):
            key = row.volume, row.release
            if key not in found:
                found[key] = Measurements(*shape)
            _add(found[key], row)
    unknown = sorted(name for name, shape in shapes.items() if shape is None)
    return Evidence(rows[0].machine, history, found, rows, tuple(unknown))


def described(volume_id: str) -> tuple[Shape, str, bool] | None:
    """Shape (z, y, x), element type, and whether it is raw, of a phantom or a volume in this
    machine's cache; None of another."""
    if shape := phantom.shape_of(volume_id):
        kind = phantom.kind_of(volume_id)
        return shape, phantom.KINDS[kind], kind == "raw"
    try:
        found = volume.describe(volume_id)
    except volume.VolumeError:
        return None
    return found.shape, found.dtype, found.kind not in ("denoised", "labels")


def _add(findings: Measurements, row: results.Row) -> None:
    if row.value is None:
        return
    place = _place(row.benchmark, findings.shape, row.cell)
    if place is None:
        return
    kind, key = place
    if kind == "times":
        findings.times[key] = _measured(row)
    elif kind == "remote":
        findings.remote[key] = _measured(row, "q_25", "q_75")
    else:
        getattr(findings, kind)[key] = row.value


@cache
def _place(benchmark: str, shape: Shape, cell: tuple[tuple[str, str], ...]) -> tuple | None:
    """The field of Measurements that a number goes to, and its key there; None of what has none.

    Kept, because the same few cells come in every release.
    """
    module, suite, method = benchmark.split(".")
    named = dict(cell)
    if module == "remote":
        access = TIMED_ON_S3.get(f"{suite}.{method}")
        if access is None:
            return None
        return "remote", (access, named["layout"], float(named["round_trip_ms"]) / 1000)
    grid = _SUITES.get(suite)
    layout = grid and layout_of(grid, shape, named)
    if layout is None:
        return None
    if access := TIMED.get(f"{module}.{method}"):
        return "times", (access, layout)
    if module == "counts":
        return "counts", (
            method.removeprefix("track_"),
            named["access"].removeprefix("read "),
            layout,
        )
    kind = {"track_stored_bytes": "stored", "track_files": "files"}.get(method)
    return (kind, layout) if kind else None


def layout_of(grid: Grid, shape: Shape, cell: dict[str, str]) -> Layout | None:
    """The layout of a cell, whose values are as asv writes them; None if the grid has no such cell,
    as where it was changed since."""
    try:
        named = [{str(v): v for v in axis}[str(cell[name])] for name, axis in grid.axes.items()]
    except KeyError:
        return None
    return grid.layout(shape, *named)


def _measured(row: results.Row, low: str = "ci_99_a", high: str = "ci_99_b") -> Measured:
    assert row.value is not None  # it was measured
    stats = row.stats or {}
    return Measured(row.value, stats.get(low), stats.get(high))
