"""Opening multiscales: what it asks for, with consolidated metadata and without. Exact, no clock.

A group holds so many multiscales, each a group with its levels, all empty: what a project of fifty tomograms is.
"""

from collections.abc import Callable
from contextlib import nullcontext
from itertools import product
from pathlib import Path

from tomobench.bench import adapters
from tomobench.bench.exact import Family, MeteredAccess, multiscale_shapes
from tomobench.bench.made import made_once
from tomobench.bench.store import Store

#: Counted up when what is opened, or how, changes.
VERSION = 1
#: How many multiscales there are, and whether their metadata are consolidated, by the names that asv shows.
NUMBERS = {"one multiscale": 1, "50 multiscales": 50}
WITH, WITHOUT = "consolidated", "not consolidated"
NAMES = [f"open {number}, {how}" for number, how in product(NUMBERS, (WITH, WITHOUT))]
#: The group in its folder.
GROUP = "many.zarr"


def opener(store: Store, name: str) -> tuple[Path, Callable[..., list]]:
    """The folder that holds the group of an opening of NAMES, and the function that opens its arrays from a store."""
    adapter, many, consolidated = adapters.load(), _number(name), name.endswith(f", {WITH}")
    return _folder(store, many), lambda target: adapter.open_many(target, many, consolidated)


def _number(name: str) -> int:
    """How many multiscales an opening of NAMES opens."""
    return NUMBERS[name.removeprefix("open ").rsplit(", ", 1)[0]]


def _folder(store: Store, number: int) -> Path:
    """The folder that holds so many multiscales of the store's shape and layout, made now if it is not there."""

    def make(path: Path) -> None:
        adapter, shapes = adapters.load(), multiscale_shapes(store)
        target = adapter.disk(path)
        adapter.create_many(target, number, shapes, store.voxels.dtype, store.layout)
        adapter.consolidate(target)

    return made_once(store.folder / f"many-{VERSION}-{number}", GROUP, make)


def _jobs(store: Store) -> dict[str, MeteredAccess]:
    return {name: _job(store, name) for name in NAMES}


def _job(store: Store, name: str) -> MeteredAccess:
    folder, opened = opener(store, name)
    wanted = multiscale_shapes(store) * _number(name)

    def check(arrays, _):
        found = [array.shape for array in arrays]
        return None if found == wanted else f"{len(found)} of {len(wanted)} arrays: {found[:4]}"

    return MeteredAccess(
        lambda: nullcontext(folder), lambda open_store: open_store(GROUP), opened, check, 0
    )


FAMILY = Family("openings", VERSION, _jobs)
