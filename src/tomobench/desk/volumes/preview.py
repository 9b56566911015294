"""A look at a volume: its three central slices in one PNG."""

import io
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tomobench.bench import cache, volume
from tomobench.desk.errors import UserError

_INCHES = 10.0  # width of the figure
_GREY_PERCENTILES = (1, 99)  # a few gold beads or hot voxels must not set the contrast


def write(volume_id: str, path: Path) -> Path:
    """Draw the central XY, XZ and YZ slices of a cached volume into a PNG; returns its path.

    Axes are in voxels and, where the spacing is known, in Å. Raises UserError if the file can't be
    written, VolumeError if there is no such volume.
    """
    described, voxels = volume.load(volume_id)
    picture = io.BytesIO()
    FigureCanvasAgg(_figure(described, voxels)).print_png(picture)
    try:
        with cache.whole_file(path) as file:
            file.write(picture.getvalue())
    except OSError as error:
        raise UserError(f"can't write {path} ({error.strerror}): choose another with -o") from error
    return path


def _figure(described: volume.Volume, voxels: np.ndarray) -> Figure:
    """XY with XZ below it and YZ at its side, all to one scale."""
    depth, height, width = voxels.shape
    figure = Figure(figsize=_size(depth, height, width), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(width, depth), height_ratios=(height, depth))
    middle = [edge // 2 for edge in voxels.shape]
    slices = {
        "xy": (grid[0, 0], voxels[middle[0]], f"XY, z = {middle[0]}"),
        "xz": (grid[1, 0], voxels[:, middle[1]], f"XZ, y = {middle[1]}"),
        "zy": (grid[0, 1], voxels[:, :, middle[2]].T, f"YZ, x = {middle[2]}"),
    }
    darkest, brightest = contrast([image for _, image, _ in slices.values()])
    for axes_names, (place, image, title) in slices.items():
        axes = figure.add_subplot(place)
        axes.imshow(
            image, cmap="gray", vmin=darkest, vmax=brightest, origin="lower", aspect="equal"
        )
        axes.set_title(title)
        _label(axes, axes_names, described.voxel_spacing)
    figure.suptitle(f"{described.id}\n{depth} × {height} × {width} (z, y, x), {described.dtype}")
    return figure


def _size(depth: int, height: int, width: int) -> tuple[float, float]:
    # Volumes may be rods or sheets: the figure is kept within what a page shows.
    ratio = (height + depth) / (width + depth)
    return _INCHES, _INCHES * min(2.0, max(0.5, ratio)) + 1.0


def contrast(images: list[np.ndarray]) -> tuple[float, float]:
    """The values to draw black and white, the same for all these images."""
    grey = np.concatenate([image.ravel() for image in images]).astype(np.float64)
    darkest, brightest = np.percentile(grey, _GREY_PERCENTILES)
    return (darkest, brightest) if brightest > darkest else (grey.min(), grey.max())


def _label(axes, names: str, spacing: tuple[float, ...] | None) -> None:
    """Voxels below and left; Å above and right if the spacing is known."""
    across, up = tuple(names)
    axes.set_xlabel(f"{across} (voxels)")
    axes.set_ylabel(f"{up} (voxels)")
    if spacing is None:
        return
    edge = dict(zip("zyx", spacing, strict=True))
    axes.secondary_xaxis("top", functions=_scaling(edge[across])).set_xlabel(f"{across} (Å)")
    axes.secondary_yaxis("right", functions=_scaling(edge[up])).set_ylabel(f"{up} (Å)")


def _scaling(factor: float):
    return (lambda voxels: voxels * factor), (lambda lengths: lengths / factor)
