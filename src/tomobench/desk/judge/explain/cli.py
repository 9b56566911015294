"""``tomobench explain``."""

import os
from pathlib import Path
from typing import Any

import click
from asv import util
from asv.benchmarks import Benchmarks

from tomobench.desk import locks, options
from tomobench.desk.asv.pythons import ReleasePython
from tomobench.desk.errors import UserError
from tomobench.desk.judge import acknowledged, examination, project
from tomobench.desk.judge.asked import named_releases
from tomobench.desk.judge.explain import cells as chosen
from tomobench.desk.judge.explain import explaining, folding, kept, of_facts, pair, text
from tomobench.desk.judge.explain.cells import Cell
from tomobench.desk.releases import lock
from tomobench.desk.releases.history import History
from tomobench.desk.results import choosing
from tomobench.desk.results import reading as results
from tomobench.desk.results.table import Table


@click.command("explain")
@click.argument("before", metavar="A", required=False)
@click.argument("after", metavar="B", required=False)
@options.benchmark
@click.option("--all", "everything", is_flag=True, help="Every layout that is counted: minutes.")
@click.option("--full", is_flag=True, help="Every function, request and line, not the largest few.")
@click.option(
    "--facts",
    is_flag=True,
    help="The largest cell of each fact of the history, kept in results/. In place of A and B: a range of releases.",
)
@options.machine
@options.output
def command(
    before: str | None,
    after: str | None,
    benchmark: str | None,
    everything: bool,
    full: bool,
    facts: bool,
    machine: str | None,
    format_: str,
) -> None:
    """Say which functions, requests and lines of memory differ between two releases of zarr.

    \b
      tomobench explain 3.2.1 3.3.0   every access, in four layouts
      tomobench explain --facts       what regressions tells of all releases

    A and B are what tomobench verdict takes: a wheel, a folder to build one from, or a release of
    releases.lock.json. For each access, its layouts together: the functions of zarr, numcodecs and fsspec that
    start more or less often in B than in A; the requests that were added, went or were merged; the lines
    that hold a different amount at the peak of traced memory. The listed differences add up to the change
    in the count that the suite counts records.

    Default: every access in four layouts, which takes seconds once both are installed. With --benchmark
    the accesses and layouts of what it finds, counted, read or written.

    --facts [RANGE] explains what tomobench regressions tells of each release, and keeps it in
    results/explained.json, which the pages of releases show. Run again, it explains only what is new.
    """
    root = lock.find_root()
    if facts:
        if after or benchmark or everything or full or format_ != options.FORMATS[0]:
            raise UserError("--facts takes a range of releases, and no option but --machine")
        _keep_facts(root, before, machine)
        return
    if before is None or after is None:
        raise UserError("name two releases, A and B, or --facts")
    if machine:
        raise UserError("--machine says whose history --facts explains: leave it out")
    if everything and benchmark:
        raise UserError("--all and --benchmark both say which layouts: leave one out")
    volume = os.environ.get("TOMOBENCH_VOLUME") or first_volume(root)
    asked = _cells(root, benchmark, everything)
    between = pair.explain(root, before, after, volume, asked)
    accesses = folding.fold(between.found.explained)
    click.echo(_printed(between.before, between.after, accesses, format_, full))
    for line in text.notes(between.found.explained, between.found.left):
        click.echo(f"tomobench: {line}", err=format_ in ("csv", "json"))


def first_volume(root: Path) -> str:
    """The first volume of asv.conf.json."""
    answer: str = results.config(root).matrix["env_nobuild"]["volume"][0]
    return answer


def _cells(root: Path, benchmark: str | None, everything: bool) -> list[Cell]:
    if benchmark:
        return chosen.found(benchmark, _benchmarks(root))
    return chosen.every() if everything else chosen.few()


def _benchmarks(root: Path) -> dict[str, dict[str, Any]]:
    """asv's descriptions of the benchmarks; none where nothing was ever measured: those of counts are known."""
    try:
        return dict(Benchmarks.load(results.config(root)))
    except util.UserError:
        return {}


def _keep_facts(root: Path, range_: str | None, machine: str | None) -> None:
    """Explain the facts of a machine's history that are not explained, and keep them pair by pair."""
    found = project.load(root)
    asked = named_releases(root, found.history, range_)
    releases = [release.hash for release in found.history.branch("main")]
    has = found.held({*releases}, None)
    accepted = acknowledged.load(root, found.history)
    chosen = choosing.machine(has, machine)
    answers = examination.histories(found, chosen, releases, accepted)
    answer = answers[chosen]
    facts = set(map(kept.told, answer.facts))
    # Pages show those of the machine that is taken by itself: no other machine's facts are dropped.
    told = {kept.told(one) for each in answers.values() for one in each.facts}
    with locks.writing(found.folder / kept.NAME):
        known = kept.load(found.folder)
        explained = {of: one for of, one in known.items() if of in told}
        new = [one for one in answer.facts if kept.told(one) not in known and one.release in asked]
        for more in of_facts.explain(
            root, new, lambda *pair: _installed(root, found.history, *pair)
        ):
            explained |= more
            kept.save(found.folder, explained)
        kept.save(found.folder, explained)
    size = (found.folder / kept.NAME).stat().st_size / 2**20
    click.echo(
        f"{len(facts & explained.keys())} of {len(answer.facts)} facts are explained in "
        f"{found.folder.name}/{kept.NAME} ({size:.2f} MiB)"
    )


def _installed(
    root: Path, history: History, before: str, after: str, volume: str
) -> tuple[ReleasePython, ReleasePython]:
    names = history.name_of(before), history.name_of(after)
    click.echo(f"tomobench: explaining {names[1]} against {names[0]} on {volume}", err=True)
    return explaining.ready(root, [history.find(before), history.find(after)], volume)


def _printed(
    before: str, after: str, accesses: list[folding.FoldedAccess], format_: str, full: bool
) -> str:
    if format_ in ("csv", "json"):
        return Table(text.rows(accesses), headings=text.COLUMNS).said(format_)
    said = text.as_markdown if format_ == "markdown" else text.as_text
    return said(before, after, accesses, None if full else text.MOST)
