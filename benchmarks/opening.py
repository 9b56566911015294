"""Opening: multiscales with consolidated metadata and without, ``import zarr``, and the first voxel of a fresh process.

Varies: what is opened, and the Zarr format. Held equal: 64³ chunks, files in the page cache. A fresh process: its
Python is running, and has imported nothing of zarr's. On phantom-128, two cores at a load of 25: 25 s a release.
"""

import subprocess
import sys

from tomobench.bench import exact, opening
from tomobench.bench.grids import BY_FORMAT
from tomobench.bench.layout import Label

from .common import ADAPTER, Sampled, open_settled, open_store, over, tracked

METRICS = {
    "requests": ("requests", "Store requests of all kinds"),
    "bytes_fetched": ("bytes", "Bytes fetched"),
    "function_starts": ("function starts", "Python functions started"),
    "peak_memory": ("bytes", "Peak of traced memory"),
}
OPENINGS = {"opening": [Label(name) for name in opening.NAMES]}


@over(BY_FORMAT, **OPENINGS)
@tracked(METRICS)
class Counts:
    timeout = 600
    looked_up = True
    version = f"1.{opening.VERSION}"

    def setup(self, name, *cell):
        self.store = open_store(self.grid, cell)
        exact.figure(self.store, opening.FAMILY, name, "requests")

    def figure(self, metric, name, *cell):
        return exact.figure(self.store, opening.FAMILY, name, metric)


@over(BY_FORMAT, **OPENINGS)
class Times(Sampled):
    version = "1"

    folder = None

    def setup(self, name, *cell):
        if self.folder is None:
            self.folder, self.open = opening.opener(open_settled(self.grid, cell), name)
            self.time_open()

    def time_open(self, *cell):
        self.open(ADAPTER.disk(self.folder / opening.GROUP))

    time_open.pretty_name = "Open the arrays of multiscales"


class Import:
    """``import zarr`` in a fresh process."""

    timeout = 120
    version = "1"

    def timeraw_import(self):
        return "import zarr"

    def track_modules(self):
        code = "import sys; before = set(sys.modules); import zarr; print(len(set(sys.modules) - before))"
        return int(
            subprocess.run(
                [sys.executable, "-c", code], capture_output=True, check=True, text=True
            ).stdout
        )

    timeraw_import.pretty_name = "Import zarr, in a fresh process"
    timeraw_import.repeat = 3
    timeraw_import.number = 1
    track_modules.pretty_name = "Modules that import zarr imports"
    track_modules.unit = "modules"


@over(BY_FORMAT)
class FirstVoxel:
    timeout = 120
    version = "1"
    repeat, number = 3, 1

    def setup(self, *cell):
        self.store = open_settled(self.grid, cell)

    def timeraw_first(self, *cell):
        place = ", ".join(str(length // 2) for length in self.store.shape)
        return f"import zarr; zarr.open_array({str(self.store.path)!r}, mode='r')[{place}]"

    timeraw_first.pretty_name = "Import zarr, open an array and read a voxel, in a fresh process"
