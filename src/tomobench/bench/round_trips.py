"""What comes back of what was written, by each reader: how many voxels are wrong, or what was raised."""

from collections.abc import Callable

from tomobench.bench import blame
from tomobench.bench.layout import Label

#: The release under test, as a reader.
ZARR = Label("zarr")
#: Who reads what was written, by the name that asv shows: that release, and an independent reader.
READERS = [ZARR, Label("tensorstore")]


def outcome(written: dict, compare: Callable[[str], dict]) -> dict:
    """For each reader the number of wrong voxels, or what was raised, or ``{"impossible": reason}`` where the independent one refuses
    such stores.

    ``written``: what :func:`blame.look` gave of the writing; where that was impossible, it is returned.
    ``compare(reader)`` gives ``{"wrong": number}``.
    """
    if "impossible" in written:
        return written
    if "failed" in written:
        return dict.fromkeys(READERS, f"writing raised {written['failed']}")
    return {reader: _one(compare, reader) for reader in READERS}


def figure(found: dict, reader: str) -> int:
    """A reader's number of wrong voxels. Raises NotImplementedError where there is none, RuntimeError where it raised."""
    one = blame.require(found)[reader]
    if isinstance(one, str):
        raise RuntimeError(one)
    if isinstance(one, dict):
        raise NotImplementedError(one["impossible"])
    return one


def confirmed(found: dict, find: Callable[..., dict], *arguments) -> dict:
    """``found``, an outcome, once what was raised was seen again (:func:`blame.confirmed`): raised, or as wrong voxels.

    Which of the two comes of a race inside a release is luck.
    """
    return blame.confirmed(found, _raised, find, *arguments, confirming=_bad)


def _raised(found: dict) -> set[str]:
    return {reader for reader in READERS if isinstance(found.get(reader), str)}


def _bad(found: dict) -> set[str]:
    return {reader for reader in READERS if found.get(reader)}


def _one(compare: Callable[[str], dict], reader: str) -> int | str | dict:
    found = blame.look(compare, reader)
    if "wrong" in found:
        return found["wrong"]
    # A release must read what it wrote itself; the independent reader may have no such codec.
    raised = found.get("failed") or (found["impossible"] if reader == ZARR else None)
    return f"reading raised {raised}" if raised else found
