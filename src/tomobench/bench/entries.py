"""What a pass finds for many cells lies in one file, an entry for each: found once, and settled by itself.

An entry is unsettled where the machine was in the way, or where it failed once and not again. It has the one key
UNSETTLED then, with the reason, in whole or in a part. It is never kept: its own cells are not measured, all others
are, and the next process that asks for it has it found again.
"""

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from tomobench.bench import blame
from tomobench.bench.blame import UNSETTLED, NotMeasured
from tomobench.bench.cache import kept_json, require_finding, whole_file


def found_once(path: Path, name: str, find: Callable[[Collection[str]], dict[str, Any]]) -> Any:
    """The entry of a name in the file ``path`` (JSON), found now if it is not kept there.

    ``find(kept)`` finds all entries that are not among ``kept``. :func:`blame.require` raises what an entry says.
    """
    kept = _kept(path)
    if name in kept:
        return kept[name]
    require_finding(path)
    found = find(kept)
    there = _keep(path, found)
    return there[name] if name in there else found[name]


def or_unsettled(find: Callable[..., Any], *arguments) -> Any:
    """What ``find`` finds; an unsettled entry where it raises NotMeasured."""
    try:
        return find(*arguments)
    except NotMeasured as reason:
        return {UNSETTLED: str(reason)}


def look(find: Callable[..., dict], *arguments) -> dict:
    """As :func:`blame.look`, or an unsettled entry."""
    return or_unsettled(blame.look, find, *arguments)


def confirmed(found: dict, find: Callable[..., dict], *arguments) -> dict:
    """``found``, as :func:`look` gave it, once its failure was seen again; else an unsettled entry."""
    return or_unsettled(blame.confirmed, found, blame.failed, find, *arguments)


def settled(entry: Any) -> bool:
    """Whether an entry can be kept: no part of it is unsettled."""
    if not isinstance(entry, dict):
        return True
    return UNSETTLED not in entry and all(map(settled, entry.values()))


def each_confirmed(
    found: dict,
    failures: Callable[[dict], set],
    find: Callable[..., dict],
    *arguments,
    confirming: Callable[[dict], set] | None = None,
) -> dict:
    """``found``, with unsettled entries in place of failures that were not seen again (:func:`blame.unconfirmed`)."""
    left = blame.unconfirmed(found, failures, find, *arguments, confirming=confirming)
    return found | {key: {UNSETTLED: reason} for key, reason in left.items()}


def _kept(path: Path) -> dict[str, Any]:
    return kept_json(path, dict) or {}


def _keep(path: Path, found: dict[str, Any]) -> dict[str, Any]:
    """Add what is settled to the file; all that is there now. What another process has kept meanwhile stays."""
    if new := {name: entry for name, entry in found.items() if settled(entry)}:
        there = new | _kept(path)
        with whole_file(path, "w") as file:
            json.dump(there, file)
    return _kept(path)
