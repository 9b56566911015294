"""``python -m studies.search``."""

import click

from studies.search import coding as codings
from studies.search import questions, racing
from tomobench.desk import cli, progress
from tomobench.desk.advise.evidence import coding, evidence
from tomobench.desk.advise.plan import searched
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock


@click.group()
def command():
    """Is the layout that tomobench plan names the best?"""


@command.command("coding")
def race_codecs():
    """Race codecs on voxels of each type, and write results/coding.csv."""
    codings.race(lock.find_root() / coding.FILE)


@command.command()
@click.option("--questions", "count", type=click.IntRange(1), help="At most so many more.")
@click.option("--again", is_flag=True, help="Race those that have an answer, too.")
def race(count, again):
    """Race the layouts of questions that have no answer yet, or whose answer is another now.

    They are added to results/search.csv question by question.
    """
    from tomobench.desk.advise.readers.runs import newest
    from tomobench.desk.asv.pythons import make_ready

    root = lock.find_root()
    known = evidence.load(root, "reference")
    release = known.tips()["3"]
    try:
        rows = [] if again else searched.load(root)
    except UserError:
        rows = []
    asked = [
        questions.asked(number, question, known, root)
        for number, question in enumerate(questions.drawn(release))
    ]
    raced = {one.question: one for one in rows if one.place == 0}
    left = [one for one in asked if not racing.answered(one, raced.get(one.number))][:count]
    python = make_ready(root, [newest(root, "3")])[0]
    for one in progress.told("questions raced", left):
        found = racing.race(one, known, python)
        rows = [row for row in rows if row.question != one.number] + found
        searched.save(root, rows)
        click.echo(searched.said(searched.answers(found)[0]))


@command.command()
def show():
    """Print each question's answer, and how often the layout named is within 15 % of the best."""
    found = searched.answers(searched.load(lock.find_root()))
    for one in found:
        click.echo(searched.said(one))
    click.echo(searched.summary(found))


if __name__ == "__main__":
    cli.run(command)
