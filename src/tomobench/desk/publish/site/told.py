"""Facts as the pages tell them: the same words on every page, and in the feed."""

import re
from collections.abc import Iterable

from tomobench.desk.judge import facts, formats, sentences
from tomobench.desk.judge.subjects import place_of
from tomobench.desk.judge.upstream import table
from tomobench.desk.publish.site import families, upstream
from tomobench.desk.publish.site.known import Known, Words
from tomobench.desk.releases.history import History

Fact = facts.Fact | facts.WrongFact


def tell(fact: Fact, history: History, known: Words) -> dict:
    """A fact for a page.

    ``way``: wrong, worse or better; ``accepted``: whether it is wrong and known, or so by design. ``accesses`` and
    ``metrics``: to be looked for by; ``chunks``: the shapes of its cells. ``links``: see :func:`upstream.links`;
    those by hand are of the entries of findings.toml of that release on the same cells.
    """
    measured = table.of_fact(known.commits, fact, history)
    found = {
        "tier": fact.tier.value,
        "accesses": sorted({one.access for one in fact.subjects}),
        "links": upstream.links(measured, _links(fact, history, known.known)),
    }
    if isinstance(fact, facts.WrongFact):
        return found | {
            "way": "wrong",
            "accepted": not fact.fails,
            "chunks": _chunks(layout for layout, *_ in fact.cells),
            "mark": formats.mark(fact),
            "said": sentences.of_wrong(fact, history),
            "details": "",
            "metrics": [fact.metric.name],
        }
    way = "worse" if fact.bad else "better"
    return found | {
        "way": way,
        "accepted": False,
        "chunks": _chunks(place_of(one.line).layout for one in fact.cells),
        "mark": formats.mark(fact),
        "said": sentences.of_fact(fact),
        "details": sentences.details(fact, history),
        "metrics": [_moved(one) for one in fact.moved],
    }


def _chunks(layouts: Iterable[str]) -> list[str]:
    return sorted({families.chunks(one) for one in layouts})


def _moved(one: facts.Moved) -> str:
    """``time, slower``: also how people ask for it."""
    if one.metric.name == "time":
        return "time, slower" if one.bad else "time, faster"
    return f"{one.metric.name}, {'worse' if one.bad else 'better'}"


def _links(fact: Fact, history: History, known: list[Known]) -> list[str]:
    names = _lines(fact)
    wrong = isinstance(fact, facts.WrongFact)
    return list(
        dict.fromkeys(
            link
            for one in known
            if wrong or history.find(one.release).hash == fact.release
            if any(re.search(one.benchmark, name) for name in names)
            for link in one.links
        )
    )


def _lines(fact: Fact) -> set[str]:
    if isinstance(fact, facts.WrongFact):
        return set(fact.lines)
    return {one.line.name for one in fact.cells}
