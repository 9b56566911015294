"""The layouts of the grids, in order of how well they serve a use: what the report and the Advice page
show. The search (:mod:`.search`) goes beyond them, with the same figures."""

from dataclasses import replace
from itertools import product
from math import log
from pathlib import Path

from tomobench.bench.grids import BY_CHUNK, BY_SHARD
from tomobench.bench.layout import Layout, Shape
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.evidence.stored import DEFAULT
from tomobench.desk.advise.plan import reasons
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.left_out import Rules
from tomobench.desk.advise.plan.network import DISK, S3, Storage
from tomobench.desk.advise.plan.question import Access, Candidate, Question, Ranking
from tomobench.desk.errors import UserError

__all__ = ["DISK", "S3", "Access", "Candidate", "Question", "Ranking", "Storage", "rank"]

#: Stored bytes that differ by less are the same for who chooses: padding and metadata differ so.
SAME_BYTES = 0.01


def rank(question: Question, evidence: Evidence, root: Path | None = None) -> Ranking:
    """Every layout of the grids that there is for the question, in order.

    ``root``: the repository whose table of readers is used. Raises UserError when the release was
    not timed, the element type's compression is not known, a reader is unknown, or no layout is
    left.
    """
    desk = Estimate(question, evidence)
    rules = Rules(question, desk.line, root, [DEFAULT])
    why = {layout: rules.why_not(layout) for layout in layouts(question.shape)}
    left_out = {layout: reason for layout, reason in why.items() if reason}
    left = [layout for layout, reason in why.items() if not reason]
    if not left:
        raise UserError(_nothing_left(question, left_out))
    found = sorted(
        (desk.candidate(layout) for layout in left), key=lambda one: _order(question, one)
    )
    marked = [replace(one, front=_on_front(question, one, found)) for one in found]
    reason = reasons.of_winner(question, marked)
    return Ranking(question, marked, left_out, reason, reasons.notes(desk), desk.source)


def layouts(shape: Shape) -> list[Layout]:
    """The layouts that are compared for a volume: those of the grids, each once."""
    sharded = [
        BY_SHARD.build(shape, chunks, shards)
        for chunks, shards in product(*(axis.values() for axis in BY_SHARD.axes.values()))
        if shards and _possible(shape, chunks, shards)
    ]
    return [*BY_CHUNK.layouts(shape), *dict.fromkeys(sharded)]


def _possible(shape, chunks, shards) -> bool:
    try:
        BY_SHARD.build(shape, chunks, shards)
    except NotImplementedError:
        return False
    return True


def _nothing_left(question: Question, left_out: dict[Layout, str]) -> str:
    said = "; ".join(dict.fromkeys(left_out.values()))
    return f"no layout is left: {said}"


def _order(question: Question, one: Candidate) -> tuple:
    """Time; for an archive bytes, and objects where those are the same. Objects settle a draw."""
    if question.use.archive:
        return (_bytes(one), one.objects.value, one.stored.value)
    return (one.seconds.value, one.objects.value, one.stored.value)


def _bytes(one: Candidate) -> int:
    return round(log(one.stored.value) / SAME_BYTES)


def aims(question: Question, one: Candidate) -> tuple:
    """What is the better the less there is of it: the time of the use (for an archive, of writing),
    objects, stored bytes, and on S3 the cost of requests."""
    time = one.write.seconds if question.use.archive else one.seconds
    return (time.value, one.objects.value, _bytes(one), one.requests or 0)


def _on_front(question: Question, one: Candidate, others: list[Candidate]) -> bool:
    mine = aims(question, one)
    return not any(
        theirs != mine and all(a <= b for a, b in zip(theirs, mine))
        for theirs in (aims(question, other) for other in others)
    )
