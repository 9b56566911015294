"""What the Advice page compares of two releases: times as far as both have them, opening, memory, and what to avoid."""

from collections import Counter
from collections.abc import Iterable, Iterator
from statistics import median

import numpy as np

from tomobench.bench.grids import BY_CHUNK, BY_SHARD
from tomobench.bench.layout import Layout
from tomobench.desk.advise.evidence import common
from tomobench.desk.advise.evidence.evidence import Evidence, layout_of
from tomobench.desk.advise.plan import left_out, reasons
from tomobench.desk.advise.plan.fitted import fitted
from tomobench.desk.errors import UserError
from tomobench.desk.judge.series import Series
from tomobench.desk.publish.site import release_pages, shared
from tomobench.desk.publish.site.advice_costs import costs
from tomobench.desk.publish.site.known import Words
from tomobench.desk.releases.history import History
from tomobench.desk.results.calibration import ASSUMED

OPENING = "read.Chunks.time_open"
#: The memory of a read of the whole volume, by the grid of its layouts.
MEMORY = {"counts.Chunks.track_peak_memory": BY_CHUNK, "counts.Shards.track_peak_memory": BY_SHARD}
WHOLE = "read whole"


def beside(known: Evidence, release: str, others: Iterable[str]) -> dict:
    """What a release's times are fitted to beside another: the cells in which both were timed.

    ``against``: by the other's name (see shared.names), the place among ``fits``; none where nothing can be fitted to them.
    """
    names = shared.names(known.history)
    lots = {names[other]: common.cells(known, release, other) for other in others}
    fits: list[dict] = []
    places: dict[common.Cells, int] = {}
    for cells in dict.fromkeys(lots.values()):
        try:
            fits.append(costs(fitted(common.limited(known, release, cells), release)))
        except UserError:
            continue
        places[cells] = len(fits) - 1
    against = {name: places[cells] for name, cells in lots.items() if cells in places}
    return {"against": against, "fits": fits}


def noise(judged: shared.Judged | None) -> float:
    """The change, as a share, that half of the cells of a single run would have shown for sure."""
    seen = judged.answer.seen["one run"] if judged else []
    return float(np.nanmedian(seen)) if np.isfinite(seen).any() else ASSUMED


def opened_in_a_race(races: Iterable[Series], history: History) -> dict[str, float]:
    """Seconds to open an array by release's name, of the race that has most releases: it shows which change is the machine's."""
    found, names = [], shared.names(history)
    for race in races:
        rows = [line.benchmark == OPENING for line in race.lines]
        opened = zip(race.releases, race.values[rows].T)
        timed = {names[one]: values[np.isfinite(values)] for one, values in opened}
        found.append({name: float(median(one)) for name, one in timed.items() if len(one)})
    return max(found, key=len, default={})


def opening(known: Evidence, release: str) -> dict[int, float]:
    """Seconds to open an array, by Zarr format: the middle one over chunk shapes."""
    found: dict[int, list[float]] = {}
    for layout, _, value in _cells(known, release, OPENING, BY_CHUNK):
        found.setdefault(layout.zarr_format, []).append(value)
    return {zarr_format: median(values) for zarr_format, values in found.items()}


def memory(known: Evidence, release: str) -> list[dict]:
    """Bytes of memory that reading a whole volume takes, in each layout that was counted."""
    return [
        {
            "layout": reasons.named(layout),
            "chunks": layout.chunks,
            "kind": left_out.KINDS.index((layout.zarr_format, bool(layout.shards))),
            "bytes": value,
        }
        for benchmark, grid in MEMORY.items()
        for layout, cell, value in _cells(known, release, benchmark, grid)
        if cell.get("access", "").strip("'") == WHOLE
    ]


def _cells(
    known: Evidence, release: str, benchmark: str, grid
) -> Iterator[tuple[Layout, dict, float]]:
    """The numbers of a benchmark, on the volume that most releases were measured on."""
    sheets = [
        one
        for one in known.sheets
        if one.benchmark == benchmark and (one.volume, one.release) in known.found
    ]
    often = Counter(one.volume for one in sheets).most_common(1)
    for sheet in sheets:
        if sheet.release != release or sheet.volume != often[0][0]:
            continue
        shape = known.found[sheet.volume, release].shape
        for row in sheet.rows():
            # A cell without a number may be one that the volume has no layout for.
            if row.value is None or not row.measured:
                continue
            if layout := layout_of(grid, shape, dict(row.cell)):
                yield layout, dict(row.cell), row.value


def avoided(judged: shared.Judged | None, history: History) -> dict[str, dict]:
    """By name, in the order of releases, what one has that is wrong, and what it made worse, against the one before."""
    found: dict[str, dict] = {}
    names = shared.names(history)
    if judged is None:
        return found
    for release in history.branch("main"):
        if release.hash not in judged.measured:
            continue
        if told := release_pages.said(release.hash, judged, history, Words([], [])):
            found[names[release.hash]] = {
                "page": f"{release_pages.FOLDER}/{release.hash}/",
                "own": release.own,
                "wrong": [one["said"] for one in told["facts"] if one["way"] == "wrong"],
                "worse": [one["said"] for one in told["facts"] if one["way"] == "worse"],
            }
    return found
