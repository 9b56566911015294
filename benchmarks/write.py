"""Writing to disk, into a new store each time, and writing over a part of one.

Varies: the layout. Held equal: voxels (in memory), codec (Blosc-zstd, level 5, shuffle, but where the grid varies it),
write_empty_chunks on (but where the grid says off; an array that is opened for writing over has the line's default:
on in 2.18, off in 3). Timed: making the array and writing the voxels, into the page
cache: nothing is synced, as zarr does not. Threads and concurrency are each release's own defaults.
"""

import functools
import os
import shutil
from contextlib import ExitStack

import numpy as np

from tomobench.bench import access
from tomobench.bench.blame import confirmed, look
from tomobench.bench.cache import once
from tomobench.bench.grids import (
    BY_CHUNK,
    BY_CODEC,
    BY_EMPTY,
    BY_LEVEL,
    BY_SHARD,
    PRACTICE,
    SHARDS_IN_ONE_CALL,
)
from tomobench.bench.store import (
    ARRAY,
    FailedCheck,
    anew,
    difference,
    files_below,
    known_files,
    scratch,
    unless_known,
    whole,
)

from .common import ADAPTER, open_store, over

#: A time in nanoseconds that no file is written at.
UNCHANGED = 0


class _Suite:
    # A slow write is timed once in a process. tomobench history samples otherwise (desk/asv/running.py).
    repeat = (1, 6, 0.15)
    min_run_count = 1
    rounds = 2
    # A warm-up call does not run setup again, and would write over its own store.
    warmup_time = 0
    number = 1
    timeout = 240
    version = "3"

    voxels = place = None

    def setup(self, *cell):
        """An empty folder for each timed call: asv calls teardown and setup in between."""
        self.store = open_store(self.grid, cell)  # the layout comes back right, or nothing is timed
        with ExitStack() as undone_on_failure:
            self.path = undone_on_failure.enter_context(scratch()) / ARRAY
            if self.voxels is None:
                self.voxels = np.array(self.store.voxels)
                self.prepare()
            self.renew()
            self.place = undone_on_failure.pop_all()

    def prepare(self):
        """Once in a process, before anything is timed."""

    def renew(self):
        """Before each timed call."""
        shutil.rmtree(self.path, ignore_errors=True)

    def teardown(self, *cell):
        if self.place is not None:
            self.place.close()

    def write(self, write_empty_chunks=True):
        target, voxels = ADAPTER.disk(self.path), self.voxels
        array = ADAPTER.create(
            target, voxels.shape, voxels.dtype, self.store.layout, write_empty_chunks
        )
        array[...] = voxels


class _Whole(_Suite):
    def time_whole(self, *cell):
        self.write()

    time_whole.pretty_name = "Write whole volume"


class _All(_Whole):
    def peakmem_whole(self, *cell):
        self.write()

    peakmem_whole.pretty_name = "Memory of the process that writes the whole volume"


class _Checked(_Suite):
    """A way of writing that is checked once for each store: releases differ in whether it writes all of it.

    ``check``: the name of the file beside the store that keeps what was found.
    """

    check, all_there = "", True

    def prepare(self):
        self.store.require_quick()
        kept = self.store.folder / f"{self.check}-{self.version}.json"
        again = (_found_anew, type(self), self.store)
        self.found = once(kept, lambda: confirmed(self.find(), _findings, *again))
        if finding := self.found["finding"]:
            raise FailedCheck(finding)

    def find(self):
        """What is kept of the check; ``finding``: what is wrong."""
        return {"finding": self.wrong()}

    def wrong(self):
        """What is wrong with what this way writes, or None. Raises NotImplementedError where the line has no such way."""
        found = look(self.compare)
        if "impossible" in found:
            raise NotImplementedError(found["impossible"])
        return found.get("failed") or found["wrong"]

    def compare(self):
        return {"wrong": self.difference_from(self.write_once())}

    def difference_from(self, wanted):
        """How what was written differs from the voxels that are wanted, or None."""
        return difference(ADAPTER, self.path, wanted, self.store.layout, all_there=self.all_there)


def _findings(found):
    return {"finding"} if found.get("finding") else set()


def _found_anew(suite, store):
    with anew(store) as fresh, scratch() as folder:
        one = suite()
        one.store, one.path, one.voxels = fresh, folder / ARRAY, np.array(fresh.voxels)
        return one.find()


class _OneCall(_Checked):
    check = "one-call-files"

    def find(self):
        return {**super().find(), "files": len(files_below(self.path))}

    def difference_from(self, wanted):
        compare = functools.partial(super().difference_from, wanted)
        return unless_known(known_files(self.store), self.path, compare)

    def write_once(self):
        ADAPTER.create_from(ADAPTER.disk(self.path), self.voxels, self.store.layout)
        return self.voxels

    def time_whole(self, *cell):
        self.write_once()

    def track_files(self, *cell):
        return self.found["files"]

    time_whole.pretty_name = "Write whole volume by create_array with data"
    track_files.pretty_name = "Files that create_array with data writes"
    track_files.unit = "files"


class _Overwrites(_Checked):
    """A 64³ region written over, in a new copy of the store; the region's own voxels in reverse order.

    New each time, for it matters: 3.1.3 took 0.2 to 0.9 s to write over 16³ chunks in a shard again, 0.08 s the first time.
    Checked in a copy of all, and timed in one of the files that it changes, with the metadata: to copy the others takes longer.
    """

    check, all_there = "overwrite", False
    version = "5"

    def prepare(self):
        self.store = whole(self.store)  # its files are copied
        super().prepare()

    @functools.cached_property
    def patches(self):
        return {name: self.patch(name) for name in ("64³ aligned", "64³ unaligned")}

    def patch(self, name):
        (part,) = access.READS[name](self.store.shape, self.store.layout)
        return part.selection, access.reversed_patch(part, self.voxels)

    def find(self):
        return {**super().find(), "needed": self.needed()}

    def needed(self):
        """The files, by their names in the store, that :meth:`write_once` changed, and the metadata."""
        names = [str(file.relative_to(self.store.path)) for file in self.store.files()]
        return [one for one in names if not _of_voxels(one) or self.changed(one)]

    def changed(self, name):
        copy = self.path / name
        return not copy.exists() or copy.stat().st_mtime_ns != UNCHANGED

    def renew(self):
        super().renew()
        for name in self.found["needed"]:
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.store.path / name, self.path / name)
        self.open()

    def open(self):
        self.array = ADAPTER.open_array(ADAPTER.disk(self.path), "r+")

    def write_once(self):
        shutil.copytree(self.store.path, self.path)
        for file in files_below(self.path):
            os.utime(file, ns=(UNCHANGED, UNCHANGED))
        self.open()
        wanted = np.array(self.voxels)
        for name, (selection, patch) in self.patches.items():
            self.overwrite(name)
            wanted[selection] = patch
        return wanted

    def overwrite(self, name):
        selection, patch = self.patches[name]
        self.array[selection] = patch

    def time_aligned(self, *cell):
        self.overwrite("64³ aligned")

    def time_unaligned(self, *cell):
        self.overwrite("64³ unaligned")

    def track_changed_files(self, *cell):
        return sum(map(_of_voxels, self.found["needed"]))

    time_aligned.pretty_name = "Write over a 64³ region, aligned"
    time_unaligned.pretty_name = "Write over a 64³ region, unaligned"
    track_changed_files.pretty_name = "Files changed by writing over two regions of 64³"
    track_changed_files.unit = "files"


def _of_voxels(name):
    """Whether a file holds voxels: a chunk's or a shard's name has numbers, that of metadata has none."""
    return any(map(str.isdigit, name))


@over(BY_CHUNK)
class Chunks(_All):
    pass


@over(BY_SHARD)
class Shards(_All):
    pass


@over(PRACTICE)
class Practice(_All):
    pass


@over(BY_CHUNK)
class OneCallChunks(_OneCall):
    pass


@over(SHARDS_IN_ONE_CALL)
class OneCallShards(_OneCall):
    pass


@over(BY_CHUNK)
class OverwriteChunks(_Overwrites):
    pass


@over(BY_SHARD)
class OverwriteShards(_Overwrites):
    pass


@over(BY_LEVEL)
class Levels(_Whole):
    pass


@over(BY_CODEC)
class Codecs(_Whole):
    pass


@over(BY_EMPTY)
class EmptyChunks(_Suite):
    def time_whole(self, write_empty_chunks, *cell):
        self.write(write_empty_chunks == "on")

    time_whole.pretty_name = "Write whole volume"
