"""``tomobench who``."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from tomobench.desk import digits, locks, options
from tomobench.desk.errors import UserError
from tomobench.desk.judge import acknowledged, examination, project
from tomobench.desk.judge.tier import Tier
from tomobench.desk.judge.upstream import cli, racing, sides, table, who
from tomobench.desk.judge.upstream.sides import NothingToFind
from tomobench.desk.judge.upstream.table import FactCommit
from tomobench.desk.judge.upstream.who import FactTask
from tomobench.desk.measure import cells
from tomobench.desk.measure.race import report
from tomobench.desk.releases import lock
from tomobench.desk.releases.clone import Clone
from tomobench.desk.releases.commits import Unbuildable
from tomobench.desk.results import choosing
from tomobench.desk.results import reading as results
from tomobench.desk.results.table import Table


@click.command("who")
@options.releases
@cli.clone_option
@options.machine
@click.option(
    "--seconds",
    type=options.Finite(5),
    default=60,
    show_default=True,
    help="How long a race may take, of what is raced.",
)
@click.option("--counts", is_flag=True, help="Only what is counted: no races.")
@click.option("--fresh", is_flag=True, help="Forget the commits that were found before.")
@options.output
def command(
    releases: tuple[str, ...],
    place: str | None,
    machine: str | None,
    seconds: float,
    counts: bool,
    fresh: bool,
    format_: str,
) -> None:
    """Say which commit caused each fact of the history.

    \b
      tomobench who --counts   all that is counted: no races

    Asked about: what is wrong, and when it was repaired; traffic; work; what was raced. Each is
    bisected between its two releases, as tomobench bisect does; wheels and counts are shared. The
    table is written to results/upstream/, to be committed; pages show it. Run again, it continues.
    Facts whose releases the clone has no tags of are listed as not in the clone.
    """
    root = lock.find_root()
    with locks.held(root / cli.FOLDER / "lock", "another tomobench command on commits"):
        clone = cli.open_clone(root, place)
        todo, wanted, told = _tasks(root, clone, releases, machine)
        folder = results.results_folder(root)
        with locks.writing(folder / table.PLACE):
            asked = partial(_is_asked_about, wanted=wanted, fresh=fresh, counts=counts)
            # What no machine tells any more is dropped; what one does is kept, whichever is asked about.
            kept = [one for one in table.load(folder) if one.key in told and not asked(one)]
            left: list[str] = []
            try:
                races = None if counts else seconds
                rows = _found(root, clone, todo, kept, told, folder, races, left)
            except KeyboardInterrupt:
                raise UserError(f"interrupted: {cli.GOES_ON}") from None
            except OSError as error:
                raise UserError(f"{error.strerror or error}: {cli.GOES_ON}") from None
    click.echo(_shown(rows).said(format_))
    if left:
        raise UserError(
            f"{digits.several(len(left), 'fact')} could not be looked for, as {left[0]}: the same command tries again"
        )


def _is_asked_about(row: FactCommit, wanted: set[str], fresh: bool, counts: bool) -> bool:
    """Whether the commits of a kept row are looked for anew: why there was none may have gone."""
    raced = row.tier == Tier.TIME
    return row.release in wanted and (fresh or not row.known) and not (counts and raced)


def _tasks(
    root: Path, clone: Clone, releases: tuple[str, ...], machine: str | None
) -> tuple[list[FactTask], set[str], list[tuple[str, ...]]]:
    """What is to be found; the versions of the releases that are asked about; and the keys of all facts of any machine,
    in the order of the history."""
    found = project.load(root)
    chosen = [one.hash for one in found.history.choose(releases or ["ALL"])]
    main = [one.hash for one in found.history.branch("main")]
    has = found.held(set(chosen), None)
    name = choosing.machine(has, machine)
    answers = examination.histories(found, name, main, acknowledged.load(root, found.history))
    wanted = {found.history.name_of(one) for one in chosen}
    every = {
        one: list(who.tasks(answer, found.all_series(one), found.history, clone))
        for one, answer in answers.items()
    }
    told = dict.fromkeys(task.row.key for tasks in every.values() for task in tasks)
    return [one for one in every[name] if one.last in wanted], wanted, list(told)


def _found(
    root: Path,
    clone: Clone,
    todo: list[FactTask],
    kept: list[FactCommit],
    told: list[tuple[str, ...]],
    folder: Path,
    seconds: float | None,
    not_looked_for: list[str],
) -> list[FactCommit]:
    """The rows of all tasks, and those ``kept``, in the order in which facts are ``told``; the table is written after each.

    A fact that the machine was in the way of is ``not_looked_for``: it is added there, with the reason.
    """
    rows: dict[tuple[str, ...], list[FactCommit]] = {}
    for row in kept:
        rows.setdefault(row.key, []).append(row)
    for task in todo:
        if before := rows.get(task.row.key, []):  # told in today's words
            said = {"tier": task.row.tier, "fact": task.row.fact}
            rows[task.row.key] = [replace(one, **said) for one in before]
    left = [one for one in todo if one.row.key not in rows]
    for task, find in _each(root, clone, left, seconds):
        try:
            rows[task.row.key] = find()
        except UserError as error:
            not_looked_for.append(f"{task.fact}: {error}")
            click.echo(f"tomobench: not looked for: {error}", err=True)
        table.save(folder, _ordered(rows, told))
    table.save(folder, _ordered(rows, told))
    return _ordered(rows, told)


def _ordered(
    rows: dict[tuple[str, ...], list[FactCommit]], told: list[tuple[str, ...]]
) -> list[FactCommit]:
    return [row for key in told for row in rows.get(key, ())]


Find = Callable[[], list[FactCommit]]
"""Finds the rows of a task. Raises UserError where the machine is in the way."""


def _each(
    root: Path, clone: Clone, todo: list[FactTask], seconds: float | None
) -> Iterator[tuple[FactTask, Find]]:
    """Each task, and what finds its rows: first what needs nothing, then what is counted, by volume, then what is raced."""
    for task in todo:
        if task.state or task.cell is None:
            state = task.state or "neither counted nor raced"
            yield task, partial(list, [replace(task.row, state=state)])
    able = [one for one in todo if one.cell and not one.state]
    counted = [one for one in able if one.cell and not one.cell.raced]
    for volume in dict.fromkeys(one.cell.volume for one in counted if one.cell):
        of_volume = [one for one in counted if one.cell and one.cell.volume == volume]
        yield from _counted(root, clone, volume, of_volume)
    for task in able:
        if task.cell and task.cell.raced and seconds is not None:
            yield task, partial(_timed, partial(_raced, root, clone, task, seconds))


def _counted(
    root: Path, clone: Clone, volume: str, todo: list[FactTask]
) -> Iterator[tuple[FactTask, Find]]:
    names = sorted({one.cell.cell for one in todo if one.cell})
    newest = clone.commit(todo[-1].last).sha
    with cells.counting(root, str(clone.folder), volume, newest, names) as counting:
        beside = {
            pair: who.together([one for one in todo if (one.first, one.last) == pair], counting)
            for pair in {(one.first, one.last) for one in todo}
        }
        for task in todo:
            click.echo(f"tomobench: {task.first}..{task.last}: {task.fact}", err=True)
            pair = beside[task.first, task.last]
            yield task, partial(_timed, partial(who.counted, task, clone, counting, pair))


def _raced(root: Path, clone: Clone, task: FactTask, seconds: float) -> list[FactCommit]:
    assert task.cell is not None
    click.echo(f"tomobench: {task.first}..{task.last}: {task.fact}", err=True)
    between = sides.ends(clone, task.first, task.last)
    try:
        found = racing.search(root, clone, between, task.cell, seconds)
    except (NothingToFind, Unbuildable) as error:
        return [replace(task.row, state=str(error))]
    commit, number = found.commit, found.high - found.low
    return [
        replace(
            task.row,
            before="1",
            after=f"{report.say_ratio(found.step)} times as long",
            share=f"{found.share:.2f}",
            commit=commit.sha,
            day=f"{commit.date:%Y-%m-%d}",
            subject=commit.subject,
            pull=str(commit.pull or ""),
            state=who.state_of(task, number - 1, found.of_first),
        )
    ]


def _timed(find: Find) -> list[FactCommit]:
    begun = time.monotonic()
    rows = find()
    took = f"{(time.monotonic() - begun) / 60:.1f}"
    return [replace(one, minutes=took) for one in rows]


def _shown(rows: list[FactCommit]) -> Table:
    return Table(
        [
            {
                "release": one.release,
                "tier": one.tier,
                "fact": one.fact,
                "commit": one.commit[:9] or one.state,
                "note": one.doubt or None,
                "link": one.address if one.known else None,
                "minutes": one.minutes or None,
            }
            for one in rows
        ],
        headings=("release", "tier", "fact", "commit", "note", "link", "minutes"),
    )
