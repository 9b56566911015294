"""Racing a question's layouts, and what came of it."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

from studies.search.questions import SEED, DrawnQuestion
from tomobench.bench.layout import Layout, say
from tomobench.desk.advise.evidence import expected
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.plan import trial, trial_places
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.question import Question
from tomobench.desk.advise.plan.searched import RacedLayout
from tomobench.desk.asv.pythons import ReleasePython
from tomobench.desk.errors import UserError
from tomobench.desk.volumes import catalogue, phantom

WORKER = Path(__file__).with_name("worker.py")
#: Places at which each access is timed; a whole volume has one, and is read as often.
PLACES, OF_WHOLE = 12, 5


def answered(asked: DrawnQuestion, row: RacedLayout | None) -> bool:
    """Whether a row is of the layout that a question's answer is now."""
    return row is not None and _said(asked.layouts[0]) == (
        row.chunks, row.shards, row.format, row.codec
    )  # fmt: skip


def _said(layout: Layout) -> tuple[str, str, int, str]:
    chunks, shards = str(say(layout.chunks)), str(say(layout.shards))
    return chunks, shards, layout.zarr_format, str(layout.codec)


def race(asked: DrawnQuestion, evidence: Evidence, python: ReleasePython) -> list[RacedLayout]:
    """The layouts of a question, raced. Raises UserError when the race could not be run."""
    question = asked.question
    volume = catalogue.ensure(phantom.id_of(question.shape, "raw", question.dtype)).id
    layouts = [trial.told(one) for one in asked.layouts]
    accesses = {name: places(name, question, asked.number) for name in question.use.reads}
    told = {"volume": volume, "layouts": layouts, "accesses": accesses, "seed": asked.number}
    done = subprocess.run(
        [python.program, "-P", WORKER], input=json.dumps(told) + "\n",
        env=python.environment(), text=True, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise UserError(f"question {asked.number}: {(done.stderr.splitlines() or ['no word'])[-1]}")
    return list(_rows(asked, evidence, json.loads(done.stdout)))


def places(name: str, question: Question, number: int) -> list[list]:
    """Where an access is timed: selections along z, y and x, drawn evenly over all positions."""
    whole = set(uses.selections(name)) == {expected.ALL}
    return trial_places.drawn(
        name, question.shape, OF_WHOLE if whole else PLACES, f"{SEED} {number}"
    )


def _rows(asked: DrawnQuestion, evidence: Evidence, times: dict) -> Iterable[RacedLayout]:
    question, desk = asked.question, Estimate(asked.question, evidence)
    for place, layout in enumerate(asked.layouts):
        said = desk.candidate(layout)
        for name, share in question.use.shares.items():
            # The middle of the places, and not their mean: a few were disturbed.
            measured = trial.undisturbed([one[place] for one in times[name]])
            yield RacedLayout(
                asked.number, str(say(question.shape)), question.dtype, question.use.name,
                evidence.history.name_of(question.release), place, *_said(layout), name,
                round(share, 6), float(f"{measured:.5g}"),
                float(f"{said.accesses[name].seconds.value:.5g}"),
            )  # fmt: skip
