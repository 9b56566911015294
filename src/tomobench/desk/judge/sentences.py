"""Facts as sentences: what a person would say."""

import math
from collections.abc import Iterable, Mapping, Sequence

from asv.util import human_value

from tomobench.bench.access import IN_ONE_CALL
from tomobench.desk.judge.facts import Fact, Moved, SmallWork, WrongFact
from tomobench.desk.judge.findings import Finding
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.subjects import CALL, STORED, Subject, place_of, written_by
from tomobench.desk.judge.tier import Tier
from tomobench.desk.judge.tiers import FETCHED, HARMS, LEAST_WORK, REQUESTS, TIME, WRITTEN
from tomobench.desk.releases.history import History

TWICE = 2.0
"""From this ratio on a change is told as "times", below it in per cent."""

HARDLY = 1.1
"""Below this ratio, "times" begins at "up to"."""

MOST_ACCESSES = 6
"""Accesses that a sentence names; of more it says how many."""

_PHRASES = {
    STORED: "stored volumes",
    "open array": "openings of an array",
    "open multiscale": "openings of a multiscale group",
    "read whole": "whole reads",
    "read one chunk": "reads of one chunk",
    "read one voxel": "reads of one voxel",
    "read 64³ aligned": "aligned regions",
    "read 64³ unaligned": "unaligned regions",
    "read boxes of 96³": "boxes",
    "read 4 XY planes": "runs of XY planes",
    "write whole": "whole writes",
    "write whole, without empty chunks": "whole writes without empty chunks",
    IN_ONE_CALL: "writes in one call",
    "write 64³ aligned": "aligned overwrites",
    "write 64³ unaligned": "unaligned overwrites",
    "write one chunk over": "overwrites of one chunk",
    **{
        f"by 2 {writers}, {share}": f"two {said.format(writers)}"
        for writers in ("threads", "processes")
        for share, said in {
            "aligned": "{} that share no object",
            "in one chunk": "{} in one chunk",
            "in one chunk, synchronized": "synchronized {} in one chunk",
            "in one shard": "{} in one shard",
        }.items()
    },
    **{
        written_by(
            f"{number} {writers}", aligned
        ): f"writes by {number} {writers} that share {shared}"
        for number in (2, 4)
        for writers in ("threads", "processes")
        for aligned, shared in {
            "shards": "no object",
            "chunks": "shards",
            "nothing": "chunks",
        }.items()
    },
    "killed writing over a region": "killed overwrites of a region",
    "killed writing attributes": "killed writes of attributes",
    "killed appending": "killed appends",
    "killed creating": "killed creations",
}
_VERBS = {"read": "reads of", "write": "writes", "open": "openings of", "import": "imports of"}
_SLICES = {f"read {plane} slice": plane for plane in ("XY", "XZ", "YZ")}


def subject(several: Sequence[Subject]) -> str:
    """``XY, XZ and YZ slices and whole reads out of shards``."""
    accesses = list(dict.fromkeys(one.access for one in several))
    if len(accesses) > MOST_ACCESSES:
        calls = all(one.startswith(CALL) for one in accesses)
        said = f"{len(accesses)} {'calls' if calls else 'accesses'}"
    else:
        slices = [_SLICES[one] for one in accesses if one in _SLICES]
        calls_of = [f"“{one.removeprefix(CALL)}”" for one in accesses if one.startswith(CALL)]
        others = [
            _phrase(one) for one in accesses if one not in _SLICES and not one.startswith(CALL)
        ]
        said = listed(
            [f"{listed(slices)} slices"] * bool(slices)
            + [f"calls of {listed(calls_of)}"] * bool(calls_of)
            + others
        )
    if len({one.sharded for one in several}) == 1 and several[0].sharded and "shard" not in said:
        said += " in shards" if _mixed(accesses) else _through(accesses)
    return f"{said} {several[0].place}".rstrip()


def _phrase(access: str) -> str:
    """An access as a person says it; one without a phrase stands in quotes."""
    if access in _PHRASES:
        return _PHRASES[access]
    verb, _, what = access.partition(" ")
    return f"{_VERBS[verb]} {what}" if verb in _VERBS else f"“{access}”"


def _mixed(accesses: list[str]) -> bool:
    return len({one.split()[0] for one in accesses}) > 1


def _through(accesses: list[str]) -> str:
    return {"read": " out of shards", "write": " into shards"}.get(
        accesses[0].split()[0], " with shards"
    )


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def of_fact(fact: Fact) -> str:
    """What moved, as one sentence without its end."""
    told: list[str] = []
    before = ""
    for one in fact.moved:
        # "fetch 6.8 times the bytes in 3.0 times fewer requests"
        if one.metric.name == REQUESTS and before in (FETCHED, WRITTEN):
            told[-1] += f" {_moved(one, joined=True)}"
        else:
            told.append(_moved(one))
        before = one.metric.name
    return _capital(f"{subject(fact.subjects)} {listed(told)} ({_cells(fact)})")


def _cells(fact: Fact) -> str:
    first = fact.moved[0]
    return f"{first.count} of {first.compared} cells"


def _moved(one: Moved, joined: bool = False) -> str:
    metric, (low, high) = one.metric, one.ratios
    if metric.tier is Tier.WRONG:  # by a scale, which has no ratios
        return f"{metric.verb} {metric.noun}"
    verb = "in" if joined else metric.verb
    if math.isinf(high):
        finite = [cell.ratio for cell in one.cells if math.isfinite(cell.ratio)]
        if not finite:
            return f"{verb} {metric.noun} where there were none"
        high = max(finite)
    if high == 0:
        return f"{verb} no {metric.noun} any more"
    if metric.name == TIME:
        return _time(low, high)
    if low > 1:
        if high >= TWICE:
            return f"{verb} {span(low, high)} times the {metric.noun}"
        return f"{verb} {percent(low - 1, high - 1)} more {metric.noun}"
    if low == 0:
        return f"{verb} at least {percent(1 - high, 1 - high)} {metric.fewer} {metric.noun}"
    if 1 / low >= TWICE:
        return f"{verb} {span(1 / high, 1 / low)} times {metric.fewer} {metric.noun}"
    return f"{verb} {percent(1 - high, 1 - low)} {metric.fewer} {metric.noun}"


def _time(low: float, high: float) -> str:
    if low > 1:
        if high >= TWICE:
            return f"take {span(low, high)} times as long"
        return f"take {percent(low - 1, high - 1)} longer"
    if 1 / low >= TWICE:
        return f"are {span(1 / high, 1 / low)} times faster"
    return f"take {percent(1 - high, 1 - low)} less time"


def span(low: float, high: float) -> str:
    """``1.8 to 6.8``; one number where both round to it; ``up to 6.8`` from hardly anything."""
    if low < HARDLY < high:
        return f"up to {_digits(high)}"
    return " to ".join(dict.fromkeys(_digits(one) for one in (low, high)))


def percent(low: float, high: float) -> str:
    """``0.6 to 2.5 %``, of shares."""
    if high < 0.001:
        return "under 0.1 %"
    return " to ".join(dict.fromkeys(_digits(max(100 * one, 0.1)) for one in (low, high))) + " %"


def _digits(value: float) -> str:
    return f"{value:.1f}" if value < 9.95 else f"{value:,.0f}"


def details(fact: Fact, history: History) -> str:
    """The largest cell before → after, how sure, what stayed equal, and what became of it."""
    first = fact.moved[0]
    largest = first.largest
    place = place_of(largest.line)
    where = [subject([place.subject]), place.layout]
    said = [f"most: {', '.join(filter(None, where))}: {_before_after(largest)}"]
    said.append(_sure(first))
    if fact.equal:
        said.append(f"{listed(fact.equal)} equal")
    if fact.bad and fact.repaired:
        said.append(f"repaired in {history.name_of(fact.repaired)}")
    if fact.acknowledged:
        said.append(f"acknowledged: {fact.acknowledged}")
    return "; ".join(said)


def _before_after(one: Finding) -> str:
    unit = one.line.unit
    text = f"{quantity(one.before, unit)} → {quantity(one.after, unit)}"
    if one.kind is Kind.EXACT:
        return text
    text += f", {one.ratio:.2f} [{one.low:.2f}, {one.high:.2f}]"
    if one.run:
        text += f" (runs: {one.run.ratio:.2f} [{one.run.low:.2f}, {one.run.high:.2f}])"
    return text


def _sure(one: Moved) -> str:
    found = one.sure
    if len(found) == 1:
        return next(iter(found))
    return ", ".join(f"{count} {name}" for name, count in found.items())


def quantity(value: float, unit: str) -> str:
    """A value with its unit: bytes as KiB and MiB, seconds as asv says them, counts in full; a step of a scale by its word."""
    if unit in HARMS and (steps := HARMS[unit].steps):
        return steps[int(value)]
    if unit == "seconds":
        answer: str = human_value(float(f"{value:.3g}"), unit)
        return answer
    if unit == "bytes":
        for size, name in ((2**20, "MiB"), (2**10, "KiB")):
            if abs(value) >= size:
                return f"{value / size:.4g} {name}"
    return f"{value:,.6g} {unit}"


def of_wrong(fact: WrongFact, history: History) -> str:
    """``Writes in one call into shards lose up to 1,835,008 voxels (1 of 3 cells), since 3.0.8``."""
    text = f"{subject(fact.subjects)} {_harm(fact)} ({len(fact.cells)} of {fact.compared} cells)"
    if fact.since != fact.release:
        text += f", since {history.name_of(fact.since)}"
    if fact.unsafe:
        text += f"; unsafe by design: {fact.unsafe}"
    if fact.acknowledged:
        text += f"; acknowledged: {fact.acknowledged}"
    return _capital(text)


def _harm(fact: WrongFact) -> str:
    counts = [count for *_, count in fact.cells if not math.isnan(count)]
    if not counts:
        return f"{fact.metric.verb} {fact.metric.noun}"
    return f"{fact.metric.verb} up to {max(counts):,.0f} {fact.metric.noun}"


def of_work(work: SmallWork) -> str:
    """One line for the changes in Python's work that no race would show."""
    low, high = (100 * (one - 1) for one in work.ratios)
    return (
        f"Python's work moved by {low:+.1f} to {high:+.1f} % in {len(work.cells)} cells "
        f"(no race ever showed less than {LEAST_WORK:.0%})"
    )


_HEADS = {
    Tier.WRONG: "wrong",
    Tier.TRAFFIC: "more traffic",
    Tier.TIME: "slower or more memory",
    Tier.WORK: "more Python work",
}


def of_tiers(releases: Mapping[Tier, Sequence[str]]) -> str:
    """``wrong in 3.0.8; more traffic in 3.3.0``; ``releases``: the names, by tier."""
    told = [f"{_HEADS[tier]} in {runs(releases[tier])}" for tier in Tier if releases.get(tier)]
    return "; ".join(told)


def runs(names: Sequence[str], most: int = 4) -> str:
    """Names of releases; of more than ``most`` the first, the last and how many."""
    if len(names) > most:
        return f"{len(names)} releases from {names[0]} to {names[-1]}"
    return listed(names)


def headline(several: Iterable[Fact | WrongFact]) -> str:
    """What a release did, in a line: the first fact, without its end; one that is accepted only where there is no other."""
    told = list(several)
    first = next((one for one in told if one.fails or not one.bad), told[0])
    if isinstance(first, WrongFact):
        return _capital(f"{subject(first.subjects)} {_harm(first)}")
    return of_fact(first).rpartition(" (")[0]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
