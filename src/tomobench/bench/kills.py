"""A writer on disk that is killed: does each object hold what it held before, or what was written, or neither?

The writer is run again and again in a process of its own, and ended at each of its file operations in turn: before
it, and, where it opens a file to write, once more when the file is open and has nothing in it yet. Python's audit
events say what the operations are. Then the array is opened anew. It must have the attributes and the shape of before or
after, and each of its objects (shards, or chunks) the voxels of before or after. Objects of both kinds side by side are
no fault: a write of several objects is not one step in any release.
"""

import os
import shutil
import sys
from collections.abc import Callable, Container
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from tomobench.bench import adapters, blame, entries, tried
from tomobench.bench.blame import NotMeasured, Whose
from tomobench.bench.child import Child, EndedWithoutAnswer, in_a_child
from tomobench.bench.layout import Label, Layout
from tomobench.bench.objects import grid_shape
from tomobench.bench.store import ARRAY, scratch, wrong_voxels
from tomobench.bench.whole import Contents, contents

#: Counted up when what is tried changes: what was found under another number is not used.
VERSION = 1
#: Seconds after which a writer hangs, and how a killed one ends: a code that Python itself does not use.
DEADLINE, KILLED = 60, 77
#: Kills after which a writer is not believed to come to an end.
MOST = 500
#: The events that are file operations, but for "open", which is one where it opens to write.
OPERATIONS = {
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
#: Three chunks along z, or two shards, the last of them in part: a kill for each file operation takes a tenth of a second.
SHAPE = (40, 16, 16)
#: Planes that are appended: with those there, a whole number of chunks.
PLANES = 8
#: A region that has a part of two chunks along z, and all of one along y and x.
REGION = (slice(4, 20), slice(0, 16), slice(0, 16))


@dataclass(frozen=True)
class KilledWriter:
    """A way of writing: ``write(folder, layout)``, and what is there ``before`` and ``after``: voxels, and the value of
    the attribute "said". ``new``: nothing is there before."""

    write: Callable[[Path, Layout], None]
    before: tuple[np.ndarray, str | None]
    after: tuple[np.ndarray, str | None]
    new: bool = False


def _open(folder: Path):
    adapter = adapters.load()
    return adapter.open_array(adapter.disk(folder / ARRAY), "r+")


def _overwrite(folder: Path, layout: Layout) -> None:
    _open(folder)[REGION] = _OTHER[REGION]


def _say(folder: Path, layout: Layout) -> None:
    _open(folder).attrs["said"] = "new"


def _append(folder: Path, layout: Layout) -> None:
    _open(folder).append(_OTHER[:PLANES])


def _create(folder: Path, layout: Layout) -> None:
    adapter = adapters.load()
    array = adapter.create(adapter.disk(folder / ARRAY), _OLD.shape, _OLD.dtype, layout)
    array[...] = _OLD


def _with_region() -> np.ndarray:
    found = _OLD.copy()
    found[REGION] = _OTHER[REGION]
    return found


_OLD, _OTHER = tried.noise(SHAPE), tried.noise(SHAPE, tried.SEED + 1)
#: The ways of writing, by the name that asv shows.
WAYS: dict[str, KilledWriter] = {
    Label("killed writing over a region"): KilledWriter(
        _overwrite, (_OLD, "old"), (_with_region(), "old")
    ),
    Label("killed writing attributes"): KilledWriter(_say, (_OLD, "old"), (_OLD, "new")),
    Label("killed appending"): KilledWriter(
        _append, (_OLD, "old"), (np.concatenate([_OLD, _OTHER[:PLANES]]), "old")
    ),
    Label("killed creating"): KilledWriter(
        _create, (np.zeros_like(_OLD), None), (_OLD, None), new=True
    ),
}


def neither(layout: Layout, way: str) -> tuple[int, str]:
    """After how many kills there was an object that is neither old nor new, and what the first of them was.

    Raises NotImplementedError where there is no such way, RuntimeError with the reason where the release raised
    without being killed.
    """
    path = tried.kept(f"kills-{layout.key}", VERSION)
    found = blame.require(entries.found_once(path, way, lambda kept: _all(layout, kept)))
    first = f": {found['first']}" if found["neither"] else ""
    return found[
        "neither"
    ], f"neither old nor new after {found['neither']} of {found['kills']} kills{first}"


def _all(layout: Layout, kept: Container[str]) -> dict[str, dict]:
    return {
        way: entries.or_unsettled(blame.seen_twice, _one, layout, way)
        for way in WAYS
        if way not in kept
    }


def _one(layout: Layout, way: str) -> dict:
    with scratch() as folder:
        (folder / "before").mkdir()
        if not WAYS[way].new:
            blame.require(in_a_child(_prepared, DEADLINE, folder / "before", layout))
        kills = 0
        while _killed(_copy(folder, kills), layout, way, kills):
            kills += 1
            if kills > MOST:
                raise RuntimeError(f"it makes more than {MOST} file operations")
        require_seen(contents(folder / "before"), contents(folder / str(kills)), kills)
        states = blame.require(in_a_child(_states, DEADLINE, folder, layout, way, kills))
        if wrong := states[str(kills)]:
            raise RuntimeError(f"it was not killed, and {wrong}")
        bad = [states[str(number)] for number in range(kills) if states[str(number)]]
        return {"neither": len(bad), "kills": kills, "first": bad[0] if bad else None}


def require_seen(before: Contents, after: Contents, kills: int) -> None:
    """Raise NotImplementedError where more files were written than operations seen: a writer in Rust, say, opens its
    files without a word to Python, and was never killed while it did."""
    written = sum(before.get(name) != content for name, content in after.items())
    if written > kills:
        raise NotImplementedError(f"Python sees {kills} operations on {written} files")


def _copy(folder: Path, number: int) -> Path:
    return Path(shutil.copytree(folder / "before", folder / str(number)))


def _prepared(folder: Path, layout: Layout) -> dict:
    _create(folder, layout)
    _open(folder).attrs["said"] = "old"
    return {}


def _killed(folder: Path, layout: Layout, way: str, number: int) -> bool:
    """Whether a writer was killed at its ``number``-th operation; False: it came to its end before."""
    try:
        answer = Child(blame.look, _write, folder, layout, way, number).result(DEADLINE)
    except EndedWithoutAnswer as end:
        if end.code == KILLED:
            return True
        if end.whose is Whose.OURS:
            raise NotMeasured(str(end)) from None
        raise
    if answer is None:
        raise RuntimeError(f"not over after {DEADLINE} s")
    blame.require(answer)
    return False


def _write(folder: Path, layout: Layout, way: str, number: int) -> dict:
    adapters.load().pin()  # one operation after the other
    sys.addaudithook(_killer(folder, number))
    WAYS[way].write(folder, layout)
    return {}


def _killer(folder: Path, number: int) -> Callable[[str, tuple], None]:
    """Ends the process at the ``number``-th operation below a folder, counted from 0."""
    left, below, busy = number, f"{folder}{os.sep}", False

    def hook(event: str, arguments: tuple) -> None:
        nonlocal left, busy
        if busy or not _operates(event, arguments, below):
            return
        left -= 1
        if left == -1:
            os._exit(KILLED)
        if event == "open":
            left -= 1
            if left == -1:
                busy = True
                os.close(os.open(arguments[0], arguments[2], 0o644))
                os._exit(KILLED)

    return hook


def _operates(event: str, arguments: tuple, below: str) -> bool:
    """Whether an event is an operation on a file below a folder."""
    if event not in OPERATIONS and not (event == "open" and arguments[2] & WRITES):
        return False
    # The first that is a path: a symbolic link's own name comes second.
    paths = [os.fspath(one) for one in arguments if isinstance(one, str | os.PathLike)]
    return any(f"{path}".startswith(below) for path in paths)


def _states(folder: Path, layout: Layout, way: str, kills: int) -> dict[str, str | None]:
    """What is neither old nor new after each kill; None if nothing is. The last was no kill: what is not new."""
    writer = WAYS[way]
    whole = (writer.after, writer.after)
    found = {}
    for number in range(kills + 1):
        ends = whole if number == kills else (writer.before, writer.after)
        place = folder / str(number)
        absent = writer.new and number < kills and not _has_metadata(place)
        found[str(number)] = None if absent else _state(place, layout, *ends)
    return found


def _has_metadata(folder: Path) -> bool:
    return any((folder / ARRAY / name).exists() for name in (".zarray", "zarr.json"))


def _state(folder: Path, layout: Layout, before: tuple, after: tuple) -> str | None:
    try:
        array = _open(folder)
        said = array.attrs.asdict().get("said")
        if said not in (before[1], after[1]):
            return f"the attribute is {said!r}"
        if array.shape not in (before[0].shape, after[0].shape):
            return f"the shape is {array.shape}"
        return _objects(array, layout, before[0], after[0])
    except Exception as error:
        if blame.judged(error)[0] is Whose.OURS:
            raise
        return f"opening or reading raises {blame.say(error)}"


def _objects(array, layout: Layout, before: np.ndarray, after: np.ndarray) -> str | None:
    edges = layout.shards or layout.chunks
    old, new = (_grown(one, array.shape) for one in (before, after))
    for index in product(*map(range, grid_shape(array.shape, edges))):
        box = tuple(slice(n * edge, (n + 1) * edge) for n, edge in zip(index, edges))
        got = np.asarray(array[box])
        if wrong_voxels(got, old[box]) and wrong_voxels(got, new[box]):
            return f"object {index} holds other voxels"
    return None


def _grown(voxels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Voxels cut to a shape, or with zeros, the fill value, up to it."""
    found = np.zeros(shape, voxels.dtype)
    part = tuple(slice(0, min(pair)) for pair in zip(shape, voxels.shape))
    found[part] = voxels[part]
    return found
