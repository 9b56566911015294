"""``tomobench regressions`` and ``tomobench calibrate``."""

import sys
from pathlib import Path

import click
from asv.util import UserError as AsvUserError

from tomobench.desk import options
from tomobench.desk.asv.repository import ReleaseRepo
from tomobench.desk.errors import UserError
from tomobench.desk.judge import acknowledged, examination, formats, project
from tomobench.desk.judge import verdict as gate
from tomobench.desk.releases import lock
from tomobench.desk.releases.history import History
from tomobench.desk.results import choosing


@click.command()
@click.argument("range_", metavar="[RANGE]", required=False)
@click.option(
    "--against", metavar="RELEASE", help="Compare with this release, not with the one before."
)
@options.benchmark
@options.machine
@options.volume
@options.output
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=50,
    show_default=True,
    help="The most rows of --cells; 0: all. JSON and CSV have all.",
)
@click.option("--cells", is_flag=True, help="A row for each cell that changed, instead of facts.")
@click.option(
    "--fail-on",
    type=click.Choice(list(gate.GATES)),
    help="Exit with 1 if something is wrong; or if traffic grew, too; or anything got worse. Also if it "
    "was not compared.",
)
def regressions(
    range_: str | None,
    against: str | None,
    benchmark: str | None,
    machine: str | None,
    volume: str | None,
    format_: str,
    limit: int,
    cells: bool,
    fail_on: str | None,
) -> None:
    """Say what each release changed: facts, the worst first.

    RANGE is as in asv run: 3.1.6..3.4.2 asks what came after 3.1.6, up to 3.4.2; one name, of that
    release alone. Default: all releases. Each is compared with the one directly before it. What changed
    over several releases is told apart, and fails no gate.

    Tiers: wrong (voxels lost, calls that raise; in every release that has it), traffic (requests,
    bytes, objects), time (time and memory), work (Python function starts).

    Counts are compared exactly. Times and memory are compared with an interval, from the noise
    that tomobench calibrate measured on the machine. Marks: ▲ worse, ▽ better, ✗ fails.

    Changes listed in acknowledged.toml are shown, and don't fail the gate. Exit code 1 also if
    nothing was compared, or a result file is damaged.
    """
    root = lock.find_root()
    found = project.load(root)
    releases = named_releases(root, found.history, range_)
    other = found.history.find(against).hash if against else None
    has = found.held({*releases, other}, volume) or {name: set() for name in found.machines}
    question = examination.Query(choosing.machine(has, machine), releases, other, volume, benchmark)
    accepted = acknowledged.load(root, found.history)
    answer = examination.examine(found, question, accepted)
    verdict = gate.of(answer, found.history)
    click.echo(_printed(verdict, answer, found.history, format_, limit if cells else None))
    if format_ == "csv":
        for line in [*answer.gaps, *answer.notes]:
            click.echo(f"tomobench: {line}", err=True)
    if reason := _failing(verdict, answer, fail_on) or _damaged(found):
        click.echo(f"tomobench: {reason}", err=True)
        sys.exit(1)


def _failing(verdict: gate.Verdict, answer: examination.Answer, fail_on: str | None) -> str | None:
    """Why the gate ``fail_on`` fails; None if it does not, or there is none."""
    if fail_on is None:
        return None
    if bad := verdict.failing(gate.GATES[fail_on]):
        return f"{len(bad)} facts for the worse that nobody acknowledged (--fail-on {fail_on})"
    if answer.gaps:
        return f"{len(answer.gaps)} gaps: what was not compared can't be called unchanged"
    return None


def _damaged(found: project.Project) -> str | None:
    damaged = found.reading.damaged
    return f"{len(damaged)} damaged: {'; '.join(damaged)}" if damaged else None


def named_releases(root: Path, history: History, range_: str | None) -> list[str]:
    """The hashes that a range names; of all releases on main without one. Raises UserError."""
    if range_ is None:
        return [release.hash for release in history.branch("main")]
    try:
        return ReleaseRepo(str(root / lock.LOCK), None).get_hashes_from_range(range_)
    except AsvUserError as error:
        raise UserError(str(error)) from None


def _printed(
    verdict: gate.Verdict,
    answer: examination.Answer,
    history: History,
    format_: str,
    cells: int | None,
) -> str:
    """``cells``: how many rows of cells to print, None for facts."""
    if format_ in ("json", "csv"):
        render = formats.as_json if format_ == "json" else formats.as_csv
        return render(verdict, answer, history)
    if cells is not None:
        table = formats.as_cells_markdown if format_ == "markdown" else formats.as_cells
        return table(answer, history, cells)
    text = formats.as_markdown if format_ == "markdown" else formats.as_text
    return text(verdict, answer, history)


@click.command("calibrate")
@click.argument("release", required=False)
@click.option(
    "--runs", type=click.IntRange(3), default=6, show_default=True, help="Fresh runs in all."
)
@options.benchmark
@options.measuring_machine
@click.option("--fresh", is_flag=True, help="Forget earlier runs, and begin again.")
def calibration(
    release: str | None, runs: int, benchmark: str | None, machine: str | None, fresh: bool
) -> None:
    """Measure how much results differ when nothing changed: RELEASE against itself.

    RELEASE (default: the newest) is measured by several fresh runs of asv, one after the other.
    They are kept in .asv/calibration: a calibration that was interrupted goes on where it stopped,
    and --runs with a larger number adds to it. The spread of each benchmark and cell is written to
    results/<machine>/calibration.csv, to be committed with the results. Several releases can be calibrated, as one of each
    line; where they differ in a cell, the larger spread is taken.
    """
    from tomobench.desk.judge import calibrate  # it runs asv: regressions answers sooner without

    root = lock.find_root()
    found = lock.load(root)
    one = found.find(release) if release else found.branch("main")[-1]
    for line in calibrate.calibrate(root, one.hash, runs, benchmark, machine, fresh):
        click.echo(line)
