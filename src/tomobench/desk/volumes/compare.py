"""Two volumes side by side: a table, a figure, and the data behind both.

The report's column has what the published report found in TS_100_3. The phantom's mean was chosen
to give those ratios (:mod:`~tomobench.desk.volumes.phantom`): their agreement proves nothing.
"""

import dataclasses
import io
import json
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tabulate import tabulate

from tomobench.bench import cache
from tomobench.bench.layout import say
from tomobench.bench.volume import Volume
from tomobench.desk.errors import UserError
from tomobench.desk.results.table import Table
from tomobench.desk.volumes import preview, profile
from tomobench.desk.volumes.profile import Profile

_COLOURS = ("#0072b2", "#d55e00")  # of the first and the second volume; told apart by everyone
_MARKERS = ("o", "s", "^", "D")  # of the codecs


@dataclasses.dataclass(frozen=True)
class Side:
    """One of the two: what it is, its voxels (z, y, x), and what was measured."""

    volume: Volume
    voxels: np.ndarray
    profile: Profile


def side(volume: Volume, voxels: np.ndarray) -> Side:
    """Measure one volume."""
    return Side(volume, voxels, profile.measure(voxels))


def table(sides: tuple[Side, Side]) -> str:
    """What differs, in words and figures; the published report's ratios end their rows."""
    first, second = (_column(one) for one in sides)
    reported = {_ratio_row("Blosc-zstd", edge): f"{r:.2f}" for edge, r in profile.REPORTED.items()}
    names = max(first, second, key=len)  # they differ in the number of bytes alone
    rows = [(n, first.get(n, ""), second.get(n, ""), reported.get(n, "")) for n in names]
    return tabulate(rows, ["", *(one.volume.id for one in sides), "report"], disable_numparse=True)


def write_data(sides: tuple[Side, Side], path: Path) -> None:
    """Write all figures into a .json or .csv file. Raises UserError."""
    if path.suffix == ".json":
        profiles = {one.volume.id: dataclasses.asdict(one.profile) for one in sides}
        text = json.dumps(profiles, indent=1)
    elif path.suffix == ".csv":
        text = _data(sides).csv()
    else:
        raise UserError(f"{path}: data can be written as .json or .csv; choose one of these")
    _write(path, f"{text}\n".encode())


def write_figure(sides: tuple[Side, Side], path: Path) -> None:
    """Draw slices and curves of both into a PNG file. Raises UserError."""
    picture = io.BytesIO()
    FigureCanvasAgg(_figure(sides)).print_png(picture)
    _write(path, picture.getvalue())


def _write(path: Path, content: bytes) -> None:
    try:
        with cache.whole_file(path) as file:
            file.write(content)
    except OSError as error:
        raise UserError(f"can't write {path} ({error.strerror}): choose another name") from error


def _data(sides: tuple[Side, Side]) -> Table:
    headings = ("volume", "measure", "at", "value")
    rows = ((one.volume.id, *row) for one in sides for row in profile.rows(one.profile))
    return Table([dict(zip(headings, row, strict=True)) for row in rows])


def _column(one: Side) -> dict[str, str]:
    """The cells of one volume, by the name of their row."""
    found = one.profile
    cells = {
        "kind": one.volume.kind,
        "source": one.volume.source,
        "shape (z×y×x)": say(one.volume.shape),
        "dtype": one.volume.dtype,
        "measured": say(found.region),
        "mean": f"{found.mean:.4g}",
        "deviation": f"{found.deviation:.4g}",
    }
    for i, bits in enumerate(found.entropy):
        cells[f"entropy of byte {i}, bits"] = f"{bits:.2f}"
    for axis, spectrum in found.power.items():
        shares = " ".join(f"{share:.0%}" for share in profile.bands(spectrum)) if spectrum else "-"
        cells[f"power along {axis}, low to high"] = shares
    for codec, by_edge in found.ratios.items():
        for edge, ratio in by_edge.items():
            cells[_ratio_row(codec, edge)] = f"{ratio:.2f}"
    return cells


def _ratio_row(codec: str, edge: int) -> str:
    return f"ratio, {codec}, {edge}³"


def _figure(sides: tuple[Side, Side]) -> Figure:
    """A row of slices for each volume with the histograms beside them, then spectra and ratios."""
    figure = Figure(figsize=(15.0, 11.0), layout="constrained")
    grid = figure.subplots(3, 4)
    for row, one, colour in zip(grid, sides, _COLOURS, strict=False):
        _draw_slices(row[:3], one, colour)
    _draw_histograms(grid[0, 3], sides)
    _draw_entropy(grid[1, 3], sides)
    for axes, axis in zip(grid[2], "zyx", strict=False):
        _draw_power(axes, sides, axis)
    _draw_ratios(grid[2, 3], sides)
    return figure


def _draw_slices(row, one: Side, colour: str) -> None:
    region = one.voxels[profile.central(one.voxels.shape)]
    middle = [edge // 2 for edge in region.shape]
    images = {
        "XY": region[middle[0]],
        "XZ": region[:, middle[1]],
        "YZ": region[:, :, middle[2]],
    }
    darkest, brightest = preview.contrast(list(images.values()))
    for axes, (plane, image) in zip(row, images.items(), strict=True):
        if min(image.shape) == 1:
            axes.set_axis_off()  # a line, no slice
            continue
        axes.imshow(image, cmap="gray", vmin=darkest, vmax=brightest, origin="lower")
        axes.set_title(f"{plane} of {one.volume.id}", color=colour, fontsize="medium")
        axes.set_xlabel(f"{plane[0].lower()} (voxels)")
        axes.set_ylabel(f"{plane[1].lower()} (voxels)")


def _draw_histograms(axes, sides: tuple[Side, Side]) -> None:
    """Each in its own deviations from its own mean: units differ from volume to volume."""
    for one, colour in zip(sides, _COLOURS, strict=True):
        scale = one.profile.deviation or 1.0
        edges = (np.array(one.profile.edges) - one.profile.mean) / scale
        axes.stairs(np.array(one.profile.density) * scale, edges, color=colour, label=one.volume.id)
    axes.set(title="values", xlabel="deviations from the mean", ylabel="density")
    axes.legend(fontsize="small")


def _draw_entropy(axes, sides: tuple[Side, Side]) -> None:
    for i, (one, colour) in enumerate(zip(sides, _COLOURS, strict=True)):
        bits = one.profile.entropy
        axes.bar(np.arange(len(bits)) + 0.4 * i - 0.2, bits, 0.4, color=colour)
    axes.set(title="entropy of each byte", xlabel="byte, 0 the lowest", ylabel="bits", ylim=(0, 8))
    axes.xaxis.get_major_locator().set_params(integer=True)


def _draw_power(axes, sides: tuple[Side, Side], axis: str) -> None:
    for one, colour in zip(sides, _COLOURS, strict=True):
        spectrum = one.profile.power[axis]
        axes.plot(np.linspace(0, 0.5, len(spectrum))[1:], spectrum[1:], color=colour)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")
    axes.set(title=f"power along {axis}", xlabel="cycles a voxel", ylabel="white noise = 1")


def _draw_ratios(axes, sides: tuple[Side, Side]) -> None:
    for one, colour in zip(sides, _COLOURS, strict=True):
        for (codec, by_edge), marker in zip(one.profile.ratios.items(), _MARKERS, strict=True):
            label = codec if one is sides[0] else None
            axes.plot(*zip(*by_edge.items(), strict=True), color=colour, marker=marker, label=label)
    axes.set_xscale("log", base=2)
    axes.set_xticks(profile.EDGES, profile.EDGES)
    axes.set(title="compression, level 5", xlabel="chunk edge (voxels)", ylabel="ratio")
    axes.legend(fontsize="small")
