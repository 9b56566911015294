"""Stores: a volume written in a layout by the release under test, kept, and checked bit for bit.

A store is written once for each wheel, volume and layout, and read by many benchmarks. It is under
``<cache>/stores/<wheel>/<volume>/<layout>/`` (:func:`tomobench.bench.release.key`): the array in ``array.zarr``, and in ``check.json`` what
the check found, and the files that it saw. No time is taken from a store whose check failed, or whose files
are others since (:func:`whole`).
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from tomobench.bench import adapters, blame, cold, release, volume
from tomobench.bench.cache import discard, kept_json, require_finding, root, whole_folder
from tomobench.bench.layout import Layout
from tomobench.bench.objects import object_count
from tomobench.bench.release import DIGITS
from tomobench.bench.turns import turn
from tomobench.bench.whole import Contents, contents
from tomobench.bench.whole import difference as files_difference

#: The array in a store's folder.
ARRAY = "array.zarr"
#: What the check of a store found, and who settled its files last.
CHECK, SETTLED = "check.json", "settled-by"
#: Begins the line that says that a store is set aside.
ASIDE = "tomobench: set aside, to be written again:"
#: Why a store is written again that has no such check.
UNKNOWN = "nothing says which files its check saw"
#: The folder in the cache for stores that are no longer what they were.
DAMAGED = "damaged"
#: Processor seconds of a whole write, above which it is not timed in ways other than the plainest, nor tried in one that
#: takes many times as long.
SLOW = 10
#: A volume and its voxels (:func:`volume.load`), opened once for a process and all that it forks.
load = cache(volume.load)


class FailedCheck(RuntimeError):
    """The release did not give back the voxels, or the layout, that it was told to write."""


@dataclass(frozen=True)
class Store:
    """A checked store: its ``folder``, its ``layout``, and the ``voxels`` (z, y, x) it must give back.

    ``seconds``: what the one whole write took of the processor, whatever else the machine was doing; to plan by, not to show.
    """

    folder: Path
    layout: Layout
    voxels: np.ndarray
    seconds: float = 0

    @property
    def path(self) -> Path:
        """The folder of the array."""
        return self.folder / ARRAY

    @property
    def shape(self):
        """The volume's shape (z, y, x)."""
        return self.voxels.shape

    @property
    def nbytes(self) -> int:
        """Bytes of the voxels."""
        return self.voxels.nbytes

    def require_quick(self) -> None:
        """Raise NotImplementedError where one plain whole write took more than SLOW seconds.

        It is then not timed in other ways, and not written by create_array with data: 3.0.8 takes a minute for
        4,800 chunks in one shard, and more than a quarter of an hour for the same in that way. What is counted
        and checked of all other ways is taken from one write each, however slow.
        """
        if self.seconds > SLOW:
            raise NotImplementedError(f"not tried: one whole write took {self.seconds:.0f} s")

    def files(self) -> list[Path]:
        """Every file of the array, metadata included."""
        return files_below(self.path)

    def stored_bytes(self) -> int:
        """The sum of the file sizes in bytes, metadata included."""
        return sum(file.stat().st_size for file in self.files())


def require_possible(layout: Layout) -> None:
    """Raise NotImplementedError, with the reason, when the line can't write a layout."""
    if reason := adapters.load().unsupported(layout):
        raise NotImplementedError(reason)


@cache
def open_store(volume_id: str, layout: Layout) -> Store:
    """The store of a volume in a layout, written and checked now if it was not before.

    Raises NotImplementedError with the reason when the line can't write the layout (asv shows n/a), and
    FailedCheck when what was read back differs from what was written.
    """
    require_possible(layout)
    described, voxels = load(volume_id)
    folder = _folder(described, layout)
    check = check_of(folder) or _checked(folder, voxels, layout)
    if check["finding"]:
        raise FailedCheck(check["finding"])
    return Store(folder, layout, voxels, check["seconds"])


def whole(store: Store) -> Store:
    """The store, its files now known to be those that its check saw, and settled (:func:`tomobench.bench.cold.settle`).

    One that differs is set aside, and written and checked again. Raises FailedCheck as :func:`open_store`.
    """
    check = _checked(store.folder, store.voxels, store.layout, settled=True)
    if check["finding"]:
        raise FailedCheck(check["finding"])
    return replace(store, seconds=check["seconds"])


@contextmanager
def anew(store: Store) -> Iterator[Store]:
    """Within the block: the same volume in the same layout, written once more, to look at a failure again."""
    with scratch() as folder:
        _write(folder / ARRAY, store.voxels, store.layout)
        yield replace(store, folder=folder)


@contextmanager
def scratch():
    """A folder in the cache for stores that are written to be thrown away."""
    parent = root() / "scratch"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield folder
    finally:
        # A release's threads may go on writing when one has raised: tomobench cache clean removes what they leave.
        shutil.rmtree(folder, ignore_errors=True)


def files_below(path: Path) -> list[Path]:
    """Every file below a folder."""
    return [file for file in path.rglob("*") if file.is_file()]


def difference(
    adapter, path: Path, voxels: np.ndarray, layout: Layout, all_there: bool = True
) -> str | None:
    """What is wrong with the array at ``path``: its description, its voxels or its number of objects.

    None when nothing is. ``all_there``: every chunk must be, as write_empty_chunks leaves it; not so where an
    array was opened and written over, since zarr 3 then leaves out chunks that hold the fill value alone.
    """
    array = adapter.open_array(adapter.disk(path), "r")
    if (found := adapter.describe(array)) != (expected := _expected(voxels, layout)):
        other = [key for key in expected if found[key] != expected[key]]
        said = "; ".join(f"{key} {found[key]!r}, not {expected[key]!r}" for key in other)
        return f"the array says it has {said}"
    back = np.asarray(array[...])
    if back.dtype != voxels.dtype or back.shape != voxels.shape:
        return f"read back {back.dtype} of shape {back.shape}"
    if wrong := wrong_voxels(back, voxels):
        return f"{wrong} of {voxels.size} voxels differ after a round trip"
    objects = object_count(voxels.shape, layout, adapter.metadata_objects(layout.zarr_format))
    if all_there and (files := len(files_below(path))) != objects:
        return f"the store has {files} files, not {objects}"
    return None


def unless_known[Wrong](
    known: list[Contents], path: Path, compare: Callable[[], Wrong]
) -> Wrong | None:
    """What ``compare`` finds wrong with the files at ``path``, which is falsy where nothing is.

    None for files that are ``known``, byte for byte: they were read back right before. ``known`` grows by what is right now.
    """
    found = contents(path)
    if found in known:
        return None
    wrong = compare()
    if not wrong:
        known.append(found)
    return wrong


def known_files(store: Store) -> list[Contents]:
    """The contents that the check of a store read back right; none where it has no check."""
    check = check_of(store.folder)
    return [check["files"]] if check and not check["finding"] else []


def compared(adapter, target, voxels: np.ndarray):
    """The array of a store of the adapter's, to read, once all of it was read and compared. Raises FailedCheck."""
    array = adapter.open_array(target, "r")
    if wrong := wrong_voxels(array[...], voxels):
        raise FailedCheck(f"{wrong} of {voxels.size} voxels differ when read back")
    return array


def wrong_voxels(found: np.ndarray, voxels: np.ndarray) -> int:
    """How many voxels differ, bit for bit: -0.0 differs from 0.0, and a NaN equals itself. All, and one at least, where
    the shape or the type does: NumPy would repeat one plane to compare it with many."""
    found, voxels = np.asarray(found), np.asarray(voxels)
    if (found.shape, found.dtype) != (voxels.shape, voxels.dtype):
        return voxels.size or 1
    bits = f"u{voxels.dtype.itemsize}"
    return int(
        np.count_nonzero(
            np.ascontiguousarray(found).view(bits) != np.ascontiguousarray(voxels).view(bits)
        )
    )


def _folder(described, layout: Layout) -> Path:
    voxels = f"{described.id}-{described.sha256[:DIGITS]}"
    return root() / "stores" / release.key() / voxels / layout.key


def _checked(folder: Path, voxels, layout: Layout, settled: bool = False) -> dict:
    """What the check of a store found, which is written now if it is not there; ``settled``, if it is not whole either.

    One process at a time: others wait, and find what the first has written.
    """
    with turn(folder):
        check = check_of(folder)
        if check is None:
            check = _written_again(folder, voxels, layout, UNKNOWN)
        if settled and (differs := _settled(folder, check)):
            check = _written_again(folder, voxels, layout, differs)
            if differs := _settled(folder, check):
                raise blame.NotMeasured(f"a store changes while nobody writes it: {differs}")
        return check


def _settled(folder: Path, check: dict) -> str | None:
    """Settle a store's files: what differs from those that its check saw, None if nothing does."""
    found = cold.settle_once(folder / ARRAY, folder / SETTLED, check["files"])
    return files_difference(found, check["files"])


def check_of(folder: Path) -> dict | None:
    """What the check of a store found; None if there is no store, or nothing says which files the check saw."""
    check = kept_json(folder / CHECK, dict) or {}
    known = {"finding", "seconds", "files"} <= check.keys() and isinstance(check["files"], dict)
    return check if known else None


def _written_again(folder: Path, voxels, layout: Layout, why: str) -> dict:
    """Write a store, once what is in its place is set aside, with a line; what its check found."""
    require_finding(folder)
    if folder.exists():
        target = root() / DAMAGED / "-".join(folder.parts[-3:])
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            discard(target)
        folder.rename(target)
        name = "/".join(folder.parts[-2:])
        print(f"{ASIDE} {name} ({why})", file=sys.stderr, flush=True)
    return _write_and_check(folder, voxels, layout)


def _write_and_check(folder: Path, voxels: np.ndarray, layout: Layout) -> dict:
    """Write a store and check it; what was found. A finding that is kept was seen twice."""
    with whole_folder(folder) as unfinished:
        found = _written(unfinished, voxels, layout)
        blame.confirmed(found, _failures, _written_elsewhere, voxels, layout)
        (unfinished / CHECK).write_text(json.dumps(found))
    return found


def _failures(found: dict) -> set[str]:
    return {"finding"} if found.get("finding") else set()


def _written_elsewhere(voxels: np.ndarray, layout: Layout) -> dict:
    with scratch() as folder:
        return _written(folder, voxels, layout)


def _written(folder: Path, voxels: np.ndarray, layout: Layout) -> dict:
    """Write an array into a folder, and say what is wrong with it."""
    path = folder / ARRAY
    seconds = _write(path, voxels, layout)
    finding = difference(adapters.load(), path, voxels, layout)
    return {"seconds": seconds, "finding": finding, "files": contents(path)}


def _write(path: Path, voxels: np.ndarray, layout: Layout) -> float:
    """Write an array in one assignment; processor seconds that it took."""
    adapter = adapters.load()
    start = time.process_time()
    array = adapter.create(adapter.disk(path), voxels.shape, voxels.dtype, layout)
    array[...] = voxels
    return time.process_time() - start


def _expected(voxels: np.ndarray, layout: Layout) -> dict:
    return {
        "shape": voxels.shape,
        "dtype": voxels.dtype.str,
        "chunks": layout.chunks,
        "shards": layout.shards,
        "codec": layout.codec,
        "zarr_format": layout.zarr_format,
    }
