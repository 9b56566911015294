"""Opening multiscales: what it asks for, with consolidated metadata and without. Exact, no clock.

A group holds so many multiscales, each a group with its levels, all empty: what a project of fifty tomograms is.
"""

import json
from collections.abc import Callable
from contextlib import nullcontext
from itertools import product
from pathlib import Path

from tomobench.bench import adapters
from tomobench.bench.cache import discard, whole_folder
from tomobench.bench.exact import Family, MeteredAccess, multiscale_shapes
from tomobench.bench.store import Store
from tomobench.bench.whole import contents

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
    number, how = name.removeprefix("open ").rsplit(", ", 1)
    adapter, many = adapters.load(), NUMBERS[number]
    return made(store, many), lambda target: adapter.open_many(target, many, how == WITH)


def made(store: Store, number: int) -> Path:
    """The folder that holds so many multiscales of the store's shape and layout, made now if it is not there."""
    folder = store.folder / f"many-{VERSION}-{number}"
    record = folder / "files.json"
    if folder.exists() and not _as_made(folder, record):
        discard(folder)
    if not folder.exists():
        with whole_folder(folder) as unfinished:
            adapter = adapters.load()
            target = adapter.disk(unfinished / GROUP)
            shapes = multiscale_shapes(store)
            adapter.create_many(target, number, shapes, store.voxels.dtype, store.layout)
            adapter.consolidate(target)
            (unfinished / record.name).write_text(json.dumps(contents(unfinished / GROUP)))
    return folder


def _as_made(folder: Path, record: Path) -> bool:
    try:
        return json.loads(record.read_text()) == contents(folder / GROUP)
    except (FileNotFoundError, ValueError):
        return False


def _jobs(store: Store) -> dict[str, MeteredAccess]:
    return {name: _job(store, name) for name in NAMES}


def _job(store: Store, name: str) -> MeteredAccess:
    folder, opened = opener(store, name)

    def check(arrays, _):
        found = [array.shape for array in arrays]
        wanted = multiscale_shapes(store) * (len(found) // len(multiscale_shapes(store)) or 1)
        return None if found == wanted else f"{len(found)} arrays: {found[:4]}"

    return MeteredAccess(
        lambda: nullcontext(folder), lambda open_store: open_store(GROUP), opened, check, 0
    )


FAMILY = Family("openings", VERSION, _jobs)
