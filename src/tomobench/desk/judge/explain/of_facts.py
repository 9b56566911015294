"""Facts explained: each by the cell that stands for it, of the two releases that it is between."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tomobench.desk.asv.pythons import ReleasePython
from tomobench.desk.judge.explain import cells, explaining, kept, text
from tomobench.desk.judge.explain.difference import Explanation
from tomobench.desk.judge.explain.kept import Told
from tomobench.desk.judge.facts import Fact, WrongFact

Installed = Callable[[str, str, str], tuple[ReleasePython, ReleasePython]]
"""Gives the Pythons of two releases (hashes), the earlier one first, to be measured on a volume."""


def explain(
    root: Path, facts: Iterable[Fact], installed: Installed
) -> Iterator[dict[Told, Explanation]]:
    """The explanations of facts, a pair of releases at a time. A fact without one has no access that is counted.

    Raises UserError where a side can't be profiled.
    """
    groups: dict[tuple[str, str, str], dict[Told, cells.Cell]] = defaultdict(dict)
    for fact in facts:
        of, cell = kept.told(fact), cells.of_line(kept.standing_for(fact).line)
        if cell is not None:
            groups[of.compared_with, of.release, of.volume][of] = cell
    for pair, asked in groups.items():
        before, after = installed(*pair)
        found = explaining.both(root, before, after, pair[2], list(dict.fromkeys(asked.values())))
        explained = {one.cell: kept.cut(one) for one in found.explained}
        yield {of: explained[cell] for of, cell in asked.items() if cell in explained}


def lines(fact: Fact | WrongFact, explained: dict[Told, Explanation]) -> list[str]:
    """The lines that tell most of a fact, after the cell that they are of, if it is not the fact's largest; none where
    it is not explained."""
    if isinstance(fact, WrongFact):
        return []
    of = kept.told(fact)
    if (one := explained.get(of)) is None:
        return []
    found = text.telling(one, [moved.metric.name for moved in fact.moved])
    is_largest = of.line == fact.moved[0].largest.line.name
    return found if is_largest or not found else [f"{one.cell}:", *found]
