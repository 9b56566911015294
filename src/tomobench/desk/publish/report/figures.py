"""The report's figures. Each is drawn from a table of the report, and shows nothing else."""

from collections.abc import Callable
from math import prod
from pathlib import Path

import numpy as np

from tomobench.desk.advise.evidence.evidence import WRITE
from tomobench.desk.advise.evidence.figure import MEASURED
from tomobench.desk.publish.report.figure_tables import KEY_ACCESSES
from tomobench.desk.publish.report.style import COLUMN, MARKERS, PAGE, PALETTE, drawn, logarithmic
from tomobench.desk.results.table import Table

#: The panels of the comparison: heading, column, logarithmic.
_PANELS = [
    ("a  Files", "files", True),
    ("b  Write, ms", "write whole ms", True),
    ("c  Read whole, ms", "whole ms", True),
    ("d  Read XY slice, ms", "XY slice ms", True),
    ("e  Stored, MiB", "stored MiB", False),
    ("f  Compression ratio", "ratio", False),
]


def _by(records: list[dict], *keys: str) -> list[tuple]:
    """Records in groups, in order of first appearance."""
    order = list(dict.fromkeys(tuple(r[k] for k in keys) for r in records))
    return [
        (o if len(o) > 1 else o[0], [r for r in records if tuple(r[k] for k in keys) == o])
        for o in order
    ]


def _span(records: list[dict], column: str) -> np.ndarray | None:
    """Lengths of the error bars below and above, None for a column without an interval."""
    low, high = (
        column.replace(" ms", f" {end} ms") if column != "ms" else f"{end} ms"
        for end in ("low", "high")
    )
    if low == column or low not in records[0]:
        return None
    middle = _numbers(records, column)
    ends = [_numbers(records, name) for name in (low, high)]
    return np.maximum(0, [middle - ends[0], ends[1] - middle])


def _numbers(records: list[dict], column: str) -> np.ndarray:
    """A column; NaN, which is not drawn, where there is no number."""
    return np.array([r[column] for r in records], dtype=float)


def comparison(table: Table, path: Path) -> None:
    """Six panels: files, write, whole read, slice, stored bytes, ratio by chunk shape."""
    with drawn(path, PAGE, 3.6) as figure:
        axes = figure.subplots(2, 3)
        groups = _by(table.records, "release")
        for ax, (title, column, log) in zip(axes.flat, _PANELS):
            for n, (release, records) in enumerate(groups):
                places = np.arange(len(records)) + (n - (len(groups) - 1) / 2) * 0.25
                ax.errorbar(
                    places,
                    _numbers(records, column),
                    _span(records, column),
                    fmt=MARKERS[n],
                    color=PALETTE[n],
                    label=f"zarr {release}",
                )
            ax.set_title(title)
            ax.set_xticks(
                range(len(records)), [r["layout"] for r in records], rotation=40, ha="right"
            )
            ax.grid(axis="y", linewidth=0.3)
            if log:
                logarithmic(ax.yaxis)
        for ax in axes[1]:
            ax.set_xlabel("chunk (z×y×x)")
        axes[0, 0].legend()


def history(table: Table, path: Path) -> None:
    """The key accesses over releases, one line for each chunk shape."""
    cubes = ["16×16×16", "32×32×32", "64×64×64", "128×128×128", "16×128×128"]
    with drawn(path, PAGE, 2.0) as figure:
        axes = figure.subplots(1, len(KEY_ACCESSES))
        releases = list(dict.fromkeys(r["release"] for r in table.records))
        for ax, name in zip(axes, KEY_ACCESSES):
            for n, layout in enumerate(cubes):
                records = [r for r in table.records if (r["access"], r["layout"]) == (name, layout)]
                if records:
                    ax.errorbar(
                        [releases.index(r["release"]) for r in records],
                        [r["ms"] for r in records],
                        _span(records, "ms"),
                        marker=MARKERS[n],
                        color=PALETTE[n],
                        label=layout,
                    )
            ax.set_title(name if name.startswith("write") else f"read {name}")
            logarithmic(ax.yaxis)
            ax.set_xticks(range(len(releases)), releases, rotation=60, ha="right")
            ax.grid(axis="y", linewidth=0.3)
        axes[0].set_ylabel("ms")
        figure.supxlabel("zarr release", fontsize=7)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="outside upper center",
            ncols=5,
            title="chunk (z×y×x)",
            title_fontsize=6,
        )


def shards(table: Table, path: Path) -> None:
    """The grid of chunks and shards as heat maps, on the volume with the most shard shapes."""
    volume, records = max(
        _by(table.records, "volume"), key=lambda group: len({r["shards"] for r in group[1]})
    )
    columns = ["write ms", "read whole ms", "XY slice ms", "XY slice amplification"]
    columns = [one for one in columns if any(r[one] is not None for r in records)]
    rows = list(dict.fromkeys(r["chunks"] for r in records))
    across = sorted({r["shards"] for r in records}, key=_voxels)
    with drawn(path, PAGE, 1.9) as figure:
        axes = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
        for ax, column in zip(axes, columns):
            grid = np.full((len(rows), len(across)), np.nan)
            for r in records:
                if r[column] is not None:
                    grid[rows.index(r["chunks"]), across.index(r["shards"])] = r[column]
            _heat(ax, grid)
            ax.set_title(column.replace(" ms", ", ms"))
            ax.set_xticks(range(len(across)), across, rotation=40, ha="right")
            ax.set_yticks(range(len(rows)), rows)
        axes[0].set_ylabel("chunk (z×y×x)")
        figure.supxlabel(f"shard (z×y×x), {volume}", fontsize=7)


def _voxels(said: str) -> int:
    return 0 if said == "none" else prod(map(int, said.split("×")))


def _heat(ax, grid: np.ndarray) -> None:
    """A heat map on a scale of its own, logarithmic, each cell with its number."""
    logs = np.log10(grid)
    # Less than a factor of two is not made to look like much.
    spare = max(0, np.log10(2) - (np.nanmax(logs) - np.nanmin(logs))) / 2
    low, high = np.nanmin(logs) - spare, np.nanmax(logs) + spare
    ax.imshow(logs, cmap="cividis_r", aspect="auto", vmin=low, vmax=high)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    middle = (low + high) / 2
    for (row, column), value in np.ndenumerate(grid):
        said = f"{value:.3g}" if np.isfinite(value) and value < 1000 else f"{value:,.0f}"
        shade = "white" if np.isfinite(value) and np.log10(value) > middle else "black"
        ax.text(
            column,
            row,
            said if np.isfinite(value) else "–",
            ha="center",
            va="center",
            color=shade,
            size=6,
        )


#: The accesses whose time is drawn against the round trip.
FAR = ("whole", "XY slice", "2 boxes of 96³", WRITE)


def latency(table: Table, path: Path) -> None:
    """Time against round trip, a line for each layout."""
    measured = {r["access"] for r in table.records}
    names = [name for name in FAR if name in measured]
    volume = table.records[-1]["volume"]
    with drawn(path, PAGE, 2.4) as figure:
        axes = figure.subplots(1, len(names), squeeze=False)[0]
        for ax, name in zip(axes, names):
            found = [r for r in table.records if (r["volume"], r["access"]) == (volume, name)]
            for n, (layout, unordered) in enumerate(_by(found, "layout")):
                records = sorted(unordered, key=lambda r: r["round trip ms"])
                ax.errorbar(
                    [r["round trip ms"] for r in records],
                    [r["ms"] for r in records],
                    _span(records, "ms"),
                    marker=MARKERS[n % len(MARKERS)],
                    color=PALETTE[n % len(PALETTE)],
                    linestyle="--" if n >= len(PALETTE) else "-",
                    label=layout,
                )
            ax.set_title(f"{name}, ms")
            logarithmic(ax.yaxis)
            ax.set_xticks(sorted({r["round trip ms"] for r in found}))
            ax.set_xlabel("round trip, ms")
            ax.grid(axis="y", linewidth=0.3)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center", title=volume, title_fontsize=6)


def amplification(table: Table, path: Path) -> None:
    """Bytes fetched over bytes asked for, by layout, of the newest release in the table."""
    release = table.records[-1]["release"]
    found = [r for r in table.records if r["release"] == release and r["access"] != "whole"]
    found = [r for r in found if r["format"] == 3]
    layouts = list(dict.fromkeys(r["layout"] for r in found))
    with drawn(path, COLUMN, 2.9) as figure:
        ax = figure.subplots()
        groups = _by(found, "access")
        for n, (name, records) in enumerate(groups):
            ax.plot(
                [r["amplification"] for r in records],
                [layouts.index(r["layout"]) + (n - (len(groups) - 1) / 2) * 0.18 for r in records],
                MARKERS[n],
                color=PALETTE[n],
                label=name,
            )
        logarithmic(ax.xaxis)
        ax.set_yticks(range(len(layouts)), layouts)
        ax.set_ylabel("chunk in shard (z×y×x)")
        ax.invert_yaxis()
        ax.grid(axis="x", linewidth=0.3)
        figure.supxlabel(f"bytes fetched / bytes asked for, zarr {release}", fontsize=7)
        figure.legend(
            loc="outside upper center", ncols=len(groups), columnspacing=1, handletextpad=0.2
        )


def front(table: Table, path: Path) -> None:
    """Time of an XY slice against objects; the front is drawn, and named."""
    with drawn(path, COLUMN, 2.8) as figure:
        ax = figure.subplots()
        kinds = [("no", PALETTE[4], "o"), ("yes", PALETTE[1], "D")]
        for said, colour, marker in kinds:
            found = [r for r in table.records if r["on the front"] == said]
            for how in sorted({r["how"] for r in found}):
                chosen = [r for r in found if r["how"] == how]
                ax.plot(
                    [r["objects"] for r in chosen],
                    [r["XY slice ms"] for r in chosen],
                    marker,
                    color=colour,
                    fillstyle="full" if how == MEASURED else "none",
                    label=f"{'on' if said == 'yes' else 'behind'} the front, {how}",
                )
        best = sorted(
            (r for r in table.records if r["on the front"] == "yes"), key=lambda r: r["objects"]
        )
        ax.plot(
            [r["objects"] for r in best],
            [r["XY slice ms"] for r in best],
            color=PALETTE[1],
            linewidth=0.6,
        )
        for n, (layout, same) in enumerate(_by(best, "layout")):
            place = (same[0]["objects"], same[0]["XY slice ms"])
            # The first above its point, where no line goes; the others below.
            above = 5 if n == 0 else -9
            behind = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.3}
            ax.annotate(
                layout, place, (5, above), textcoords="offset points", size=5.5, bbox=behind
            )
        for axis in (ax.xaxis, ax.yaxis):
            logarithmic(axis)
        ax.set_xlabel("objects of a tomogram")
        ax.set_ylabel("XY slice, ms")
        ax.grid(linewidth=0.3)
        figure.legend(loc="outside upper center", ncols=2)


def model_cells(table: Table, path: Path) -> None:
    """Predicted against measured, cells that the fit did not see."""
    with drawn(path, COLUMN, 2.8) as figure:
        ax = figure.subplots()
        for n, (by, records) in enumerate(_by(table.records, "held out")):
            ax.plot(
                [r["measured ms"] for r in records],
                [r["predicted ms"] for r in records],
                MARKERS[n],
                color=PALETTE[n],
                markersize=2,
                label=f"{by} held out",
            )
        ends = np.array(
            [
                min(r["measured ms"] for r in table.records),
                max(r["measured ms"] for r in table.records),
            ]
        )
        ax.plot(ends, ends, color="black", linewidth=0.6, label="right")
        for factor in (0.5, 2):
            ax.plot(
                ends,
                ends * factor,
                color="black",
                linewidth=0.6,
                linestyle=":",
                label="2 times off" if factor == 2 else None,
            )
        for axis in (ax.xaxis, ax.yaxis):
            logarithmic(axis)
        ax.set_xlabel("measured, ms")
        ax.set_ylabel("predicted, ms")
        ax.legend()


#: A figure for each table of that name.
FIGURES: dict[str, Callable[[Table, Path], None]] = {
    "comparison": comparison,
    "history": history,
    "sharding": shards,
    "latency": latency,
    "amplification": amplification,
    "front": front,
    "model-cells": model_cells,
}
