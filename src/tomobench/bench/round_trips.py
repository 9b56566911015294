"""What comes back of what was written, by each reader: how many voxels are wrong, or what was raised."""

from collections.abc import Callable

from tomobench.bench import blame, entries
from tomobench.bench.layout import Label

#: The release under test, and an independent one, as readers.
ZARR = Label("zarr")
TENSORSTORE = Label("tensorstore")
#: Who reads what was written, by the name that asv shows.
READERS = [ZARR, TENSORSTORE]


def outcome(written: dict, compare: Callable[[str], dict]) -> dict:
    """For each reader the number of wrong voxels, or what was raised, or ``{"impossible": reason}`` where the independent one refuses
    such stores, or an unsettled entry (:mod:`tomobench.bench.entries`).

    ``written``: what :func:`blame.look` gave of the writing; where that was impossible, it is returned.
    ``compare(reader)`` gives ``{"wrong": number}``.
    """
    if "impossible" in written:
        return written
    if "failed" in written:
        return dict.fromkeys(READERS, f"writing raised {written['failed']}")
    return {reader: _one(compare, reader) for reader in READERS}


def figure(found: dict, reader: str) -> int:
    """A reader's number of wrong voxels. Raises RuntimeError where it raised, else as :func:`blame.require`."""
    one = blame.require(found)[reader]
    if isinstance(one, str):
        raise RuntimeError(one)
    if not isinstance(one, int):
        blame.require(one)
    return one


def confirmed(found: dict, find: Callable[..., dict], *arguments) -> dict:
    """``found``, an outcome, in which what was raised was seen again, raised or as wrong voxels, or is unsettled.

    Which of the two comes of a race inside a release is luck.
    """
    return entries.each_confirmed(found, _raised, find, *arguments, confirming=_bad)


def _raised(found: dict) -> set[str]:
    return {reader for reader in READERS if isinstance(found.get(reader), str)}


def _bad(found: dict) -> set[str]:
    return {reader for reader in READERS if found.get(reader) and entries.settled(found[reader])}


def _one(compare: Callable[[str], dict], reader: str) -> int | str | dict:
    found = entries.look(compare, reader)
    if "wrong" in found:
        return found["wrong"]
    # A release must read what it wrote itself; the independent reader may have no such codec.
    raised = found.get("failed") or (found.get("impossible") if reader == ZARR else None)
    return f"reading raised {raised}" if raised else found
