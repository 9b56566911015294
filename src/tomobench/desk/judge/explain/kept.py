"""Explanations of the history's facts, as data: ``results/explained.json``, made by ``tomobench explain --facts``."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tomobench.bench.who import VERSION
from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.judge.explain.cells import Cell, of_line
from tomobench.desk.judge.explain.difference import (
    Explanation,
    FunctionChange,
    HeldChange,
    Mark,
    MemoryChange,
    RequestChange,
)
from tomobench.desk.judge.facts import Fact, weight
from tomobench.desk.judge.findings import Finding

NAME = "explained.json"
"""The file, in the folder of results."""

MOST = 40
"""Functions, kinds of request and lines that are kept of a cell, the largest; of the functions left the sum."""


@dataclass(frozen=True)
class Told:
    """The cell that stands for a fact: of a release against another (hashes), on a volume, and the line as asv names it."""

    release: str
    compared_with: str
    volume: str
    line: str


def standing_for(fact: Fact) -> Finding:
    """The cell that a fact is explained by: the one that moved most of those that can be explained, in the metric
    that is told first of theirs. Where none can, the one that moved most."""
    for moved in fact.moved:
        if found := [one for one in moved.cells if of_line(one.line)]:
            return max(found, key=weight)
    return fact.moved[0].largest


def told(fact: Fact) -> Told:
    """What a fact's explanation is kept under."""
    one = standing_for(fact)
    return Told(fact.release, fact.compared_with, one.series.volume, one.line.name)


def load(folder: Path) -> dict[Told, Explanation]:
    """The explanations in a folder of results; none where there are none, or they are of another version.

    Raises UserError for a damaged file.
    """
    path = folder / NAME
    if not files.there(path):
        return {}
    content = files.parsed(path)
    try:
        if content["version"] != VERSION:
            return {}
        return {Told(**one["of"]): _read(one["explanation"]) for one in content["facts"]}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UserError(
            f"{path.name} is damaged: remove it, then make it with tomobench explain --facts"
        ) from None


def save(folder: Path, found: Mapping[Told, Explanation]) -> None:
    """Write explanations into a folder of results, whole or not at all; a fact a line."""
    lines = [
        json.dumps({"of": asdict(of), "explanation": asdict(one)}, ensure_ascii=False)
        for of, one in found.items()
    ]
    with files.written(folder / NAME, "w") as file:
        facts = ",\n".join(lines)
        file.write(f'{{"version": {VERSION}, "facts": [\n{facts}\n]}}\n')


def cut(one: Explanation) -> Explanation:
    """The explanation with MOST changes of each kind. What its differences add up to stays."""
    left = one.functions[MOST:]
    memory = one.memory and replace(one.memory, held=one.memory.held[:MOST])
    return replace(
        one,
        functions=one.functions[:MOST],
        rest=one.rest + sum(each.difference for each in left),
        requests=one.requests[:MOST],
        memory=memory,
    )


def _read(content: dict[str, Any]) -> Explanation:
    memory = content.pop("memory")
    return Explanation(
        cell=_made(Cell, content.pop("cell")),
        functions=_several(FunctionChange, content.pop("functions")),
        requests=_several(RequestChange, content.pop("requests")),
        memory=memory
        and MemoryChange(
            memory["before"],
            memory["after"],
            tuple(tuple(one) for one in memory["at"]),  # type: ignore[arg-type]
            _several(HeldChange, memory["held"]),
        ),
        peaks=tuple(peaks) if (peaks := content.pop("peaks")) else None,
        **content,
    )


def _several[Change](kind: type[Change], found: Iterable[dict[str, Any]]) -> tuple[Change, ...]:
    return tuple(_made(kind, one) for one in found)


def _made[Change](kind: type[Change], found: dict[str, Any]) -> Change:
    """A change as it was: what JSON has as lists are tuples."""
    values = {name: _tuple(value) for name, value in found.items()}
    if "mark" in values:
        values["mark"] = Mark(str(values["mark"]))
    return kind(**values)


def _tuple(value: object) -> object:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value
