"""What the suites found, by volume, release, layout and access: what advice is computed from."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from tomobench.bench import volume
from tomobench.bench.grids import BY_CHUNK, BY_CODEC, BY_LEVEL, BY_SHARD, Grid
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
#: The grid of each suite that says how times depend on how a volume is cut, and how on the codec.
_SUITES = {"Chunks": BY_CHUNK, "Shards": BY_SHARD}
_CODING = {"Codecs": BY_CODEC, "Levels": BY_LEVEL}
#: Counts that advice and the report are made of; there are as many others, which are left alone.
COUNTED = {"track_requests", "track_bytes_fetched", "track_amplification", "track_peak_memory"}
_SAID = {"track_stored_bytes": "stored", "track_files": "files"}


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
    by layout; ``counts`` by (metric, access, layout), as ``requests`` of ``XY slice``. ``kind``:
    raw (a reconstruction as it left the software), denoised or labels."""

    shape: Shape
    dtype: str
    kind: str = "raw"
    times: dict[tuple[str, Layout], Measured] = field(default_factory=dict)
    stored: dict[Layout, float] = field(default_factory=dict)
    files: dict[Layout, float] = field(default_factory=dict)
    counts: dict[tuple[str, str, Layout], float] = field(default_factory=dict)
    #: Over S3, by access, the remote suite's name of the layout, and seconds of a round trip.
    remote: dict[tuple[str, str, float], Measured] = field(default_factory=dict)
    #: Of the suites by codec and level, by suite, access and layout. Each suite times the default
    #: codec too, and is compared with that.
    coded: dict[tuple[str, str, Layout], Measured] = field(default_factory=dict)

    @property
    def itemsize(self) -> int:
        """Bytes of a voxel."""
        return np.dtype(self.dtype).itemsize

    @property
    def raw(self) -> bool:
        """Neither denoised nor labels."""
        return self.kind == "raw"


@dataclass(frozen=True, eq=False)
class Evidence:
    """``found`` by (volume's id, release's hash), of one machine. Equal to itself alone, so that what
    is worked out from it can be kept for the next question."""

    machine: str
    history: History
    found: dict[tuple[str, str], Measurements]
    sheets: list[results.Sheet] = field(default_factory=list, repr=False)
    #: Volumes whose shape is not known here, so that nothing can be said from them.
    unknown: tuple[str, ...] = ()
    #: The repository that they are in, for the tables beside them.
    root: Path | None = None

    @cached_property
    def rows(self) -> list[results.Row]:
        """Every number of the machine."""
        return [row for sheet in self.sheets for row in sheet.rows()]

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


def load(
    root: Path, machine: str | None = None, tell: choosing.Tell = choosing.on_stderr
) -> Evidence:
    """The evidence in a repository, of the machine that is meant (see choosing.machine, also for ``tell``).

    What holds on any machine (objects, bytes, requests) is taken from the others too, where this one
    has none. Raises UserError when there is none.
    """
    every = list(results.sheets(root))
    own = choosing.of_machine(every, machine, tell)
    others = [one for one in every if one.machine != own[0].machine]
    return gather(own, lock.load(root), root, others)


def gather(
    sheets: Iterable[results.Sheet],
    history: History,
    root: Path | None = None,
    others: Iterable[results.Sheet] = (),
) -> Evidence:
    """Sort the sheets of one machine, and what holds on any of ``others``.

    A yanked release is no evidence: nobody is to write with it.
    """
    sheets = list(sheets)
    known = {one.hash for one in history.releases if one.yanked is None}
    counted = [one for one in others if _exact(one.benchmark)]
    shapes = {name: described(name) for name in {one.volume for one in [*sheets, *counted]}}
    placed: dict[tuple, tuple | None] = {}
    found: dict[tuple[str, str], Measurements] = {}
    for sheets_of, fill in ((sheets, False), (counted, True)):
        for sheet in sheets_of:
            if not (_says(sheet.benchmark) and any(sheet.measured())):
                continue
            if sheet.release in known and (shape := shapes[sheet.volume]):
                key = sheet.volume, sheet.release
                _add(found.setdefault(key, Measurements(*shape)), sheet, placed, fill)
    unknown = sorted(name for name, shape in shapes.items() if shape is None)
    return Evidence(sheets[0].machine, history, found, sheets, tuple(unknown), root)


def _exact(benchmark: str) -> bool:
    """Whether it counts what is the same on every machine."""
    return _says(benchmark) and benchmark.split(".")[0] in ("counts", "footprint")


def _says(benchmark: str) -> bool:
    """Whether anything is taken from a benchmark."""
    module, suite, method = benchmark.split(".")
    if module == "counts":
        return method in COUNTED
    timed = f"{module}.{method}" in TIMED or f"{suite}.{method}" in TIMED_ON_S3
    return timed or method in _SAID


def described(volume_id: str) -> tuple[Shape, str, str] | None:
    """Shape (z, y, x), element type and kind, of a phantom or a volume in this machine's cache;
    None of another. What says nothing of its kind is taken as raw."""
    if shape := phantom.shape_of(volume_id):
        return shape, phantom.dtype_of(volume_id), phantom.kind_of(volume_id)
    try:
        found = volume.describe(volume_id)
    except volume.VolumeError:
        return None
    return found.shape, found.dtype, found.kind if found.kind in phantom.KINDS else "raw"


def _add(
    findings: Measurements,
    sheet: results.Sheet,
    placed: dict[tuple, tuple | None],
    fill: bool,
) -> None:
    """Put a sheet's numbers where they belong; with ``fill`` only where there is none.

    ``placed`` keeps the places of cells (see :func:`_place`), as the same few come in every release.
    """
    for cell, value, stats in zip(sheet.places, sheet.values, sheet.stats):
        if value is None or math.isnan(value):
            continue
        key = sheet.benchmark, findings.shape, cell
        if key not in placed:
            placed[key] = _place(sheet.benchmark, findings.shape, sheet.cells[cell])
        if (place := placed[key]) is None:
            continue
        kind, where = place
        numbers = getattr(findings, kind)
        if fill and where in numbers:
            continue
        if kind in ("times", "coded"):
            numbers[where] = _measured(value, stats, "ci_99_a", "ci_99_b")
        elif kind == "remote":
            numbers[where] = _measured(value, stats, "q_25", "q_75")
        else:
            numbers[where] = value


def _place(benchmark: str, shape: Shape, cell: tuple[tuple[str, str], ...]) -> tuple | None:
    """The field of Measurements that a number goes to, and its key there; None of what has none."""
    module, suite, method = benchmark.split(".")
    named = dict(cell)
    if module == "remote":
        access = TIMED_ON_S3.get(f"{suite}.{method}")
        if access is None:
            return None
        return "remote", (access, named["layout"], float(named["round_trip_ms"]) / 1000)
    grid = _SUITES.get(suite) or _CODING.get(suite)
    layout = grid and layout_of(grid, shape, named)
    if layout is None:
        return None
    if access := TIMED.get(f"{module}.{method}"):
        return (
            ("coded", (suite, access, layout)) if suite in _CODING else ("times", (access, layout))
        )
    if module == "counts":
        return "counts", (
            method.removeprefix("track_"),
            named["access"].removeprefix("read "),
            layout,
        )
    kind = _SAID.get(method)
    return (kind, layout) if kind else None


def layout_of(grid: Grid, shape: Shape, cell: dict[str, str]) -> Layout | None:
    """The layout of a cell, whose values are as asv writes them; None if the grid has no such cell,
    as where it was changed since."""
    try:
        named = [{str(v): v for v in axis}[str(cell[name])] for name, axis in grid.axes.items()]
    except KeyError:
        return None
    return grid.layout(shape, *named)


def _measured(value: float, stats: dict | None, low: str, high: str) -> Measured:
    ends = stats or {}
    return Measured(value, ends.get(low), ends.get(high))
