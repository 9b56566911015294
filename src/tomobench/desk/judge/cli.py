"""``tomobench regressions`` and ``tomobench calibrate``."""

import sys
from pathlib import Path
from typing import Any

import click

from tomobench.desk import options
from tomobench.desk.judge.tier import GATES
from tomobench.desk.releases import lock
from tomobench.desk.results import again, choosing


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
    type=click.Choice(GATES),
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

    \b
      tomobench regressions 3.4.2                            what one release changed
      tomobench regressions 3.1.6..3.4.2 --fail-on traffic   a gate over several

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
    words = (
        *(range_, against, benchmark, machine, volume, format_),
        *(limit if cells else None, fail_on),
    )
    text, beside, reason = again.answered(
        root, ("regressions", *words), lambda: _answer(root, words)
    )
    click.echo(text)
    for line in filter(None, [*beside, reason]):
        choosing.on_stderr(line)
    if reason:
        sys.exit(1)


def _answer(root: Path, words: tuple[Any, ...]) -> tuple[str, list[str], str | None]:
    """What is said, as asked.Said."""
    from tomobench.desk.judge import asked  # its import takes longer than an answer that is kept

    return asked.answer(root, asked.RegressionsAsked(*words))


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

    \b
      tomobench calibrate 3.4.2   six runs of it, one after the other

    RELEASE (default: the newest) is measured by several fresh runs of asv, one after the other.
    They are kept in .asv/calibration: a calibration that was interrupted continues where it stopped,
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
