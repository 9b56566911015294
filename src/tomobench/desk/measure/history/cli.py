"""``tomobench history`` and ``tomobench gather``."""

from pathlib import Path

import click
from asv.console import log

from tomobench.desk import digits, options
from tomobench.desk.asv.session import session
from tomobench.desk.errors import UserError
from tomobench.desk.measure.history import again as failures
from tomobench.desk.measure.history import handing, kept, measuring, missing, pace
from tomobench.desk.measure.history import took as durations_kept
from tomobench.desk.releases import lock
from tomobench.desk.releases.history import GROUPS
from tomobench.desk.results import choosing
from tomobench.desk.results import machine as machines
from tomobench.desk.results import reading as results


@click.command()
@options.releases
@options.benchmark
@options.measuring_machine
@options.dask
@click.option(
    "--again",
    metavar="REGEX",
    callback=options.expression,
    help="Forget the failures of these cells, spelt as asv's --bench has them, and measure those benchmarks again.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Say what is left and what it costs, suite by suite, and measure nothing.",
)
@click.option(
    "--took", is_flag=True, help="Say how long measuring took, suite by suite, and measure nothing."
)
@click.option(
    "--durations",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    help="A results folder that tells how long steps take, where this machine's own results do not.",
)
def history(
    releases: tuple[str, ...],
    benchmark: str | None,
    machine: str | None,
    dask: str | None,
    again: str | None,
    dry_run: bool,
    took: bool,
    durations: Path | None,
) -> None:
    """Measure every release that is not measured yet, on the volumes of asv.conf.json.

    \b
      tomobench history                   whatever is not measured yet
      tomobench history 3.4.2 --dry-run   what is left of a release, and its minutes

    The first volume is measured on every release. The others are measured on the last patch release of each minor one,
    and beside an event that they show. Yanked releases (YANKED) get the exact suites: ALL leaves them out. A..B is what
    follows A, up to B.

    Counts and memory come first, as many releases at once as there are cores. Then times, one by one. What has a result of
    today's version of its benchmark is not measured again. It can be stopped at any moment: what is finished is
    kept, and the same command continues.

    With --dask the counts are measured by the cluster's workers, each in a clone of its own that is set up, with the code
    and the locks of this one. Times and the memory of processes are each machine's own, and stay on this one. So does what
    is measured --again: what failed is kept in this machine's cache, and forgotten there.
    """
    root = lock.find_root()
    known = lock.load(root)
    chosen = known.choose(releases or GROUPS)
    others, only_look = None, dry_run or took
    if dask and again is None and not only_look:
        others = handing.others(dask)
    with measuring.alone(root), session(root):
        try:
            name = machine or machines.name()
            if not only_look:
                measuring.require_machine(root, name)
            campaign = measuring.prepare(
                root, chosen, known.tips(), benchmark, name, again, durations
            )
            log.flush()
            if again is not None and not only_look:
                failures.forget(campaign.todo)
            folder = campaign.machine
            if dry_run or not took:
                click.echo(_summary(campaign))
            if dry_run:
                click.echo(_prices(campaign))
            if took:
                folder = _who_took(campaign, machine)
                click.echo(durations_kept.said(campaign.all, folder))
            for line in () if only_look else measuring.measure(campaign, others):
                click.echo(line)
            if moved := pace.said(campaign.all, folder):
                click.echo(moved)
        except KeyboardInterrupt:
            raise UserError(
                "interrupted: what was finished is kept, and the same command continues"
            ) from None
        except OSError as error:
            raise UserError(f"{error.strerror or error}: what was finished is kept") from None


def _summary(campaign: measuring.Campaign) -> str:
    todo = campaign.todo
    if not todo:
        return f"all {len(campaign.all)} steps are measured: nothing is left to do"
    left = campaign.clock.expected(todo)
    named = {step.release.version for step in todo}
    about = "" if left is None else f", about {measuring.spoken(left)}"
    where = digits.several(len(named), "release")
    return f"{len(todo)} of {len(campaign.all)} steps are left, in {where}{about}"


def _who_took(campaign: measuring.Campaign, asked: str | None) -> Path:
    """The folder of the machine whose time is told: chosen as by the commands that judge. Raises UserError as they do."""
    results_dir = campaign.machine.parent
    several = {
        folder.name: durations_kept.measured(campaign.all, folder)
        for folder in kept.machine_folders(results_dir)
    }
    has = {name: found for name, found in several.items() if found}
    return results_dir / choosing.machine(has, asked)


def _prices(campaign: measuring.Campaign) -> str:
    """What is left and what it costs, suite by suite; then what all of it costs from nothing."""
    every, clock = campaign.all, campaign.clock
    said = [
        missing.table(every, campaign.todo, campaign.machine, campaign.benchmarks, clock).text()
    ]
    whole = clock.expected(every)
    if whole is not None:
        said.append(f"from nothing all {len(every)} steps take about {measuring.spoken(whole)}")
    if unknown := clock.unknown(every):
        said.append(f"{unknown} benchmarks were never measured: their minutes are in no sum")
    return "\n".join(said)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def gather(folder: Path) -> None:
    """Bring in the results in FOLDER, the results/ of another clone or machine.

    \b
      tomobench gather path/to/another-clone/results

    Machines are never mixed: results of one name that come from different machines are refused. Of a
    benchmark that both have, of one release and machine, the later measurement is kept, and none of
    another version of the benchmark than the one described here.
    """
    conf = results.config(lock.find_root())
    if not any(results.result_files(one) for one in kept.machine_folders(folder)):
        raise UserError(
            f"{folder} holds no results: give the folder that has a folder for each machine"
        )
    if count := kept.add(folder, Path(conf.results_dir)):
        click.echo(f"{digits.several(count, 'result file')} brought in")
    else:
        click.echo("nothing brought in: what is kept here is the same, later, or of this version")
