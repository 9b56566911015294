"""How figures look: in a paper's column, told apart without colour too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from cycler import cycler
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from tomobench.desk import files

#: Okabe and Ito, "Color universal design" (2008): told apart by colour-blind readers. Yellow is
#: left out: it can't be seen on white.
PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]
#: One and two columns of a page, in inches (85 and 180 mm).
COLUMN, PAGE = 85 / 25.4, 180 / 25.4
DPI = 300

_PLAIN = FuncFormatter(lambda value, _: f"{value:g}")
_RC: dict[Any, Any] = {
    "font.size": 7,
    "axes.labelsize": 7,
    "axes.titlesize": 7,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.labelsize": 6,
    "ytick.labelsize": 6,
    "legend.fontsize": 6,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.5,
    "errorbar.capsize": 1.5,
    "axes.prop_cycle": cycler(color=PALETTE),
    "figure.constrained_layout.use": True,
    # The same figure gives the same bytes.
    "svg.hashsalt": "tomobench",
    "svg.fonttype": "none",
}


@contextmanager
def drawn(path: Path, width: float, height: float) -> Iterator[Figure]:
    """A figure of so many inches; saved as PNG and SVG, with ``path`` for a stem, if the block ends
    well."""
    with matplotlib.rc_context(_RC):
        figure = Figure(figsize=(width, height))
        yield figure
        for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
            with files.written(path.with_suffix(f".{kind}")) as file:
                figure.savefig(file, format=kind, dpi=DPI, metadata=metadata)


def logarithmic(axis) -> None:
    """A logarithmic axis with plain numbers: 1, 2 and 5 of each power of ten where it spans few."""
    (axis.axes.set_xscale if axis.axis_name == "x" else axis.axes.set_yscale)("log")
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 200 else (1,)))
    axis.set_major_formatter(_PLAIN)
    axis.set_minor_formatter(NullFormatter())
