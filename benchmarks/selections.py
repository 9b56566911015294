"""Times of every kind of selection that zarr's indexing guide offers, and of the patches that training reads.

Varies: the selection, the layout, and for patches how many processes read them, each with the array open.
Held equal: as in read.py. What each selection gives is checked bit for bit with its counts (counts.Selections).
"""

from tomobench.bench import selections
from tomobench.bench.crews import Crew
from tomobench.bench.grids import FOR_SELECTIONS, FOR_TRAINING, PRACTICE
from tomobench.bench.layout import Label

from .common import ADAPTER, Sampled, open_settled, over


class _Reads(Sampled):
    version = "1"

    array = None

    def setup(self, selection, *cell):
        if self.array is None:
            self.store = open_settled(self.grid, cell)
            self.array = ADAPTER.open_array(ADAPTER.disk(self.store.path), "r")
            self.selection = selections.SELECTIONS[selection]
            wanted = self.selection.expect(self.store.voxels, self.store.shape, self.store.layout)
            if wrong := selections.wrong(self.read(), wanted):
                raise RuntimeError(wrong)

    def read(self):
        return self.selection.read(self.array, self.store.shape, self.store.layout)


@over(FOR_SELECTIONS, selection=[Label(name) for name in selections.SELECTIONS])
class Selections(_Reads):
    def time_read(self, *cell):
        self.read()

    time_read.pretty_name = "Read a selection"


class _Patches(Sampled):
    version = "1"

    crew = None

    def setup(self, processes, *cell):
        if self.crew is None:
            store = open_settled(self.grid, cell)
            self.parts = selections.patches(store.shape)
            self.path, self.processes = store.path, processes
            self.crew = Crew(store.voxels[:1])
            self.time_patches()  # zarr is imported, threads are started

    def teardown(self, *cell):
        """asv ends the process with its last cell: the others end with it."""

    def time_patches(self, *cell):
        if self.processes == 1:
            array = ADAPTER.open_array(ADAPTER.disk(self.path), "r")
            for part in self.parts:
                part.read(array)
        else:
            self.crew.read(self.path, self.parts, self.processes)

    time_patches.pretty_name = (
        f"Open an array and read {selections.PATCHES} patches of {selections.PATCH}³"
    )


PROCESSES = {"processes": [1, 2, 4]}


@over(FOR_TRAINING, **PROCESSES)
class Patches(_Patches):
    pass


@over(PRACTICE, **PROCESSES)
class PracticePatches(_Patches):
    pass
