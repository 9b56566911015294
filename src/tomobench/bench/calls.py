"""The calls that people make to keep an array and get it back, as a list: each worked, raised, or was wrong.

Each call keeps the same small array, and gives back what is there afterwards. It *worked* if those are the voxels, bit
for bit, in chunks of the shape that was asked for; where the release chooses the shape, in chunks of more than a voxel. A
name that a release of zarr does not have is n/a; one that it has and that is not implemented raised.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from tomobench.bench import adapters, blame, entries, tried
from tomobench.bench.child import in_a_child
from tomobench.bench.kinds import CHUNKS
from tomobench.bench.layout import Label
from tomobench.bench.store import scratch, wrong_voxels

#: Counted up when what is tried changes: what was found under another number is not used.
VERSION = 3
#: The scale.
WORKED, RAISED, WRONG = range(3)
#: Seconds after which a call hangs.
DEADLINE = 60
EDGE = CHUNKS[0]
#: Shards of two chunks along each axis.
SHARDS = tuple(2 * edge for edge in CHUNKS)
VOXELS = tried.noise()
SHAPE = VOXELS.shape


class NoSuchName(NotImplementedError):
    """A release does not have a name that people use."""


class NamesOf:
    """An object's names, as people use them; one that it does not have raises NoSuchName."""

    def __init__(self, said: str, held: Any):
        self._said, self._held = said, held

    def __getattr__(self, name: str):
        try:
            return getattr(self._held, name)
        except AttributeError:
            raise NoSuchName(f"it has no {self._said}.{name}") from None


@dataclass(frozen=True)
class CallPlace:
    """What a call is given: ``zarr``, and a path that does not exist yet in a folder of its own."""

    zarr: Any
    path: Path

    @property
    def text(self) -> str:
        """The path as a string, as most people give it."""
        return str(self.path)

    def other(self, name: str) -> str:
        """Another path in the same folder."""
        return str(self.path.with_name(name))


def _filled(array):
    array[...] = VOXELS
    return array


# How an empty array is made, with whatever else is said of it.
MAKERS: dict[str, Callable[..., Any]] = {
    "create": lambda at, **said: at.zarr.create(store=at.text, shape=SHAPE, **said),
    "create_array": lambda at, **said: at.zarr.create_array(at.text, shape=SHAPE, **said),
    "zeros": lambda at, **said: at.zarr.zeros(SHAPE, store=at.text, **said),
    "open to write": lambda at, **said: at.zarr.open(at.text, mode="w", shape=SHAPE, **said),
    "open_array to write": lambda at, **said: at.zarr.open_array(
        at.text, mode="w", shape=SHAPE, **said
    ),
}
# How chunk sizes are given, and the chunks that must come of it (None: any).
SIZES: dict[str, tuple[Any, tuple | None]] = {
    "an int": (EDGE, CHUNKS),
    "a tuple": (CHUNKS, CHUNKS),
    "a list": (list(CHUNKS), CHUNKS),
    "NumPy integers": (tuple(np.array(CHUNKS)), CHUNKS),
    "True": (True, None),
    "left out": (None, None),
}
TYPES = {"a name": "f4", "a NumPy type": np.float32, "a dtype": np.dtype("<f4")}
SHARD_SIZES = {
    "a tuple": SHARDS,
    "a list": list(SHARDS),
    "NumPy integers": tuple(np.array(SHARDS)),
}


def _made(make: Callable[..., Any], chunks, wanted: tuple | None, at: CallPlace):
    array = make(at, dtype="f4", **({} if chunks is None else {"chunks": chunks}))
    if wanted and tuple(array.chunks) != wanted:
        raise _Otherwise(f"its chunks are {tuple(array.chunks)}, not {wanted}")
    # 3.2's create_array takes True for 1: to fill that would take minutes.
    if prod(array.chunks) == 1:
        raise _Otherwise("each voxel is a chunk of its own")
    _filled(array)
    return at.zarr.open(at.text, mode="r")


def _typed(make: Callable[..., Any], dtype, at: CallPlace):
    _filled(make(at, dtype=dtype, chunks=CHUNKS))
    return at.zarr.open(at.text, mode="r")


def _sharded(shards, at: CallPlace):
    array = at.zarr.create_array(at.text, shape=SHAPE, dtype="f4", chunks=CHUNKS, shards=shards)
    if tuple(array.shards) != SHARDS:
        raise _Otherwise(f"its shards are {tuple(array.shards)}, not {SHARDS}")
    return _filled(array)


def _kept(at: CallPlace):
    """An array that is there already."""
    return _filled(at.zarr.open_array(at.text, mode="w", shape=SHAPE, dtype="f4", chunks=CHUNKS))


def _reopened(how: Callable[[CallPlace], Any], at: CallPlace):
    _kept(at)
    return how(at)


def _opened(name: str, mode: str, at: CallPlace):
    return getattr(at.zarr, name)(at.text, mode=mode)


def _saved(how: Callable[[CallPlace], Any], at: CallPlace):
    how(at)
    return at.zarr.load(at.text)


def _saved_group(at: CallPlace):
    at.zarr.save_group(at.text, voxels=VOXELS)
    return at.zarr.load(at.text)["voxels"]


def _in_group(how: Callable[[Any], Any], at: CallPlace):
    group = at.zarr.open_group(at.text, mode="w")
    how(NamesOf("Group", group))
    return at.zarr.open_group(at.text, mode="r")["voxels"]


def _put(group):
    group._held["voxels"] = VOXELS


def _nested(at: CallPlace):
    at.zarr.open_group(at.text, mode="w").create_group("a/b")["voxels"] = VOXELS
    return at.zarr.open_group(at.text, mode="r")["a/b/voxels"]


def _consolidated(at: CallPlace):
    at.zarr.open_group(at.text, mode="w")["voxels"] = VOXELS
    at.zarr.consolidate_metadata(at.text)
    return at.zarr.open_consolidated(at.text)["voxels"]


def _resized(at: CallPlace):
    array = at.zarr.open_array(at.text, mode="w", shape=(1, 1, 1), dtype="f4", chunks=CHUNKS)
    array.resize(SHAPE)
    return _filled(array)


def _appended(at: CallPlace):
    start = (0, *SHAPE[1:])
    array = at.zarr.open_array(at.text, mode="w", shape=start, dtype="f4", chunks=CHUNKS)
    for z in range(0, SHAPE[0], EDGE):
        array.append(VOXELS[z : z + EDGE])
    return array


def _attributed(at: CallPlace):
    array = _kept(at)
    array.attrs.update({"voxel spacing": 10.012, "axes": ["z", "y", "x"], "µ": None})
    found = dict(at.zarr.open_array(at.text, mode="r").attrs)
    if found != {"voxel spacing": 10.012, "axes": ["z", "y", "x"], "µ": None}:
        raise _Otherwise(f"its attributes are {found}")
    return array


def _selected(how: Callable[[Any], None], at: CallPlace):
    array = at.zarr.open_array(at.text, mode="w", shape=SHAPE, dtype="f4", chunks=CHUNKS)
    how(array)
    return at.zarr.open(at.text, mode="r")


def _by_plane(array):
    for z, plane in enumerate(VOXELS):
        array[z] = plane


def _by_oindex(array):
    for half in (slice(0, None, 2), slice(1, None, 2)):
        z = np.arange(SHAPE[0])[half]
        array.oindex[z, :, :] = VOXELS[z]


def _by_vindex(array):
    array.vindex[tuple(np.indices(SHAPE))] = VOXELS


def _by_mask(array):
    mask = VOXELS > 0
    array.vindex[mask] = VOXELS[mask]
    array.vindex[~mask] = VOXELS[~mask]


def _by_blocks(array):
    array[...] = VOXELS
    box = tuple(slice(0, EDGE) for _ in SHAPE)
    array.blocks[0, 0, 0] = np.zeros(CHUNKS, np.float32)
    array.blocks[0, 0, 0] = VOXELS[box]


def _in_store(make: Callable[[CallPlace], Any], at: CallPlace):
    store = make(at)
    _filled(at.zarr.open_array(store, mode="w", shape=SHAPE, dtype="f4", chunks=CHUNKS))
    return np.array(at.zarr.open_array(store, mode="r")[...])


def _zipped(at: CallPlace):
    storage = NamesOf("storage", at.zarr.storage)
    path = at.other("kept.zip")
    store = storage.ZipStore(path, mode="w")
    _filled(at.zarr.open_array(store, mode="w", shape=SHAPE, dtype="f4", chunks=CHUNKS))
    store.close()
    return at.zarr.open_array(storage.ZipStore(path, mode="r"), mode="r")


def _copied(at: CallPlace):
    source = _kept(at)
    target = at.zarr.open_group(at.other("copy.zarr"), mode="w")
    at.zarr.copy(source, target, name="voxels")
    return target["voxels"]


def _like(how: Callable[[CallPlace, Any], Any], at: CallPlace):
    source = at.zarr.open_array(at.other("like.zarr"), mode="w", shape=SHAPE, dtype="f4",
                                chunks=CHUNKS)  # fmt: skip
    array = how(at, source)
    if tuple(array.chunks) != CHUNKS:
        raise _Otherwise(f"its chunks are {tuple(array.chunks)}, not {CHUNKS}")
    return _filled(array)


class _Otherwise(Exception):
    """The call did other than it was asked, in words."""


#: The calls, by the name that asv shows.
CALLS: dict[str, Callable[[CallPlace], Any]] = {
    **{
        f"{name} with chunks {said}": partial(_made, make, chunks, wanted)
        for name, make in MAKERS.items()
        for said, (chunks, wanted) in SIZES.items()
    },
    **{
        f"{name} with dtype {said}": partial(_typed, MAKERS[name], dtype)
        for name in ("create", "create_array")
        for said, dtype in TYPES.items()
    },
    **{
        f"create_array with shards {said}": partial(_sharded, shards)
        for said, shards in SHARD_SIZES.items()
    },
    "create_array with data": lambda at: at.zarr.create_array(at.text, data=VOXELS, chunks=CHUNKS),
    "array with data": lambda at: at.zarr.array(VOXELS, store=at.text, chunks=CHUNKS),
    "array with data and no path": lambda at: at.zarr.array(VOXELS, chunks=CHUNKS),
    "empty": lambda at: _filled(at.zarr.empty(SHAPE, store=at.text, dtype="f4", chunks=CHUNKS)),
    "ones": lambda at: _filled(at.zarr.ones(SHAPE, store=at.text, dtype="f4", chunks=CHUNKS)),
    "full": lambda at: _filled(
        at.zarr.full(SHAPE, fill_value=7, store=at.text, dtype="f4", chunks=CHUNKS)
    ),
    "zeros_like": partial(_like, lambda at, one: at.zarr.zeros_like(one, store=at.text)),
    "empty_like": partial(_like, lambda at, one: at.zarr.empty_like(one, store=at.text)),
    "full_like": partial(
        _like, lambda at, one: at.zarr.full_like(one, fill_value=7, store=at.text)
    ),
    "open_like": partial(_like, lambda at, one: at.zarr.open_like(one, at.text, mode="w")),
    "save and load": partial(_saved, lambda at: at.zarr.save(at.text, VOXELS)),
    "save_array and load": partial(_saved, lambda at: at.zarr.save_array(at.text, VOXELS)),
    "save_array with chunks": partial(
        _saved, lambda at: at.zarr.save_array(at.text, VOXELS, chunks=CHUNKS)
    ),
    "save_group and load": _saved_group,
    "open by a string": partial(_reopened, lambda at: at.zarr.open(at.text)),
    "open by a Path": partial(_reopened, lambda at: at.zarr.open(at.path)),
    "open by a file URL": partial(_reopened, lambda at: at.zarr.open(at.path.as_uri())),
    **{
        f"{name} by a string to {said}": partial(_reopened, partial(_opened, name, mode))
        for name in ("open", "open_array")
        for said, mode in {"read": "r", "change": "r+", "change or make": "a"}.items()
    },
    "create_dataset in a group": partial(
        _in_group, lambda group: group.create_dataset("voxels", data=VOXELS, chunks=CHUNKS)
    ),
    "create_array in a group": partial(
        _in_group, lambda group: group.create_array("voxels", data=VOXELS, chunks=CHUNKS)
    ),
    "require_dataset in a group": partial(
        _in_group,
        lambda group: _filled(
            group.require_dataset("voxels", shape=SHAPE, dtype="f4", chunks=CHUNKS)
        ),
    ),
    "array in a group": partial(
        _in_group, lambda group: group.array("voxels", VOXELS, chunks=CHUNKS)
    ),
    "zeros in a group": partial(
        _in_group,
        lambda group: _filled(group.zeros(name="voxels", shape=SHAPE, dtype="f4", chunks=CHUNKS)),
    ),
    "assignment into a group": partial(_in_group, _put),
    "groups in a group": _nested,
    "consolidated metadata": _consolidated,
    "resize": _resized,
    "append": _appended,
    "attributes": _attributed,
    "assignment of each plane": partial(_selected, _by_plane),
    "assignment by oindex": partial(_selected, _by_oindex),
    "assignment by vindex": partial(_selected, _by_vindex),
    "assignment by masks": partial(_selected, _by_mask),
    "assignment by blocks": partial(_selected, _by_blocks),
    "in a dict": partial(_in_store, lambda at: {}),
    "in a MemoryStore": partial(
        _in_store, lambda at: NamesOf("storage", at.zarr.storage).MemoryStore()
    ),
    "in a DirectoryStore": partial(
        _in_store, lambda at: NamesOf("storage", at.zarr.storage).DirectoryStore(at.text)
    ),
    "in a LocalStore": partial(
        _in_store, lambda at: NamesOf("storage", at.zarr.storage).LocalStore(at.text)
    ),
    "in a ZipStore": _zipped,
    "copy": _copied,
}
NAMES = [Label(name) for name in CALLS]


def outcome(name: str) -> tuple[int, str]:
    """What came of a call on the scale, and what was raised or wrong.

    Raises NotImplementedError where the line has no such call.
    """
    found = entries.found_once(tried.kept("calls", VERSION), name, _all)
    if "failed" in found:
        return RAISED, found["failed"]
    wrong = blame.require(found)["wrong"]
    return (WRONG, wrong) if wrong else (WORKED, "")


def _all(kept: Container[str]) -> dict[str, dict]:
    found = _in_children([name for name in CALLS if name not in kept])
    return entries.each_confirmed(found, _failures, _several, sorted(_failures(found)))


def _failures(found: dict[str, dict]) -> set[str]:
    return {name for name, one in found.items() if "failed" in one}


def _in_children(names: list[str]) -> dict[str, dict]:
    """What came of each call: all in one process, or, where a call ended that or hung, in a process for each."""
    found = in_a_child(_several, DEADLINE, names)
    if found.keys() == set(names):
        return found
    return {name: entries.or_unsettled(in_a_child, _one, DEADLINE, name) for name in names}


def _several(names: list[str]) -> dict[str, dict]:
    return {name: entries.look(_one, name) for name in names}


def _one(name: str) -> dict[str, str | None]:
    with scratch() as folder:
        try:
            found = CALLS[name](
                CallPlace(NamesOf("zarr", adapters.load().zarr), folder / "kept.zarr")
            )
            voxels = np.asarray(found[...])
        except _Otherwise as said:
            return {"wrong": str(said)}
        except NoSuchName:
            raise
        except NotImplementedError as error:  # zarr's own, of a name that it has
            raise RuntimeError(f"NotImplementedError: {error}") from error
        return {"wrong": _wrong(voxels)}


def _wrong(found: np.ndarray) -> str | None:
    if found.shape != SHAPE or found.dtype != VOXELS.dtype:
        return f"there is {found.dtype} of shape {found.shape}"
    wrong = wrong_voxels(found, VOXELS)
    return f"{wrong} of {VOXELS.size} voxels are wrong" if wrong else None
