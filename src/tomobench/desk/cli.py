"""The ``tomobench`` command: what asv itself has no command for."""

import importlib
import sys

import click

from tomobench import __version__
from tomobench.desk.errors import UserError

COMMANDS = {
    "releases": "tomobench.desk.releases.cli:releases",
    "volume": "tomobench.desk.volumes.cli:volume",
    "table": "tomobench.desk.publish.report.quick:command",
    "history": "tomobench.desk.measure.history.cli:history",
    "gather": "tomobench.desk.measure.history.cli:gather",
    "regressions": "tomobench.desk.judge.cli:regressions",
    "verdict": "tomobench.desk.judge.fresh.cli:command",
    "calibrate": "tomobench.desk.judge.cli:calibration",
    "race": "tomobench.desk.measure.race.cli:command",
    "latency": "tomobench.desk.advise.costs.latency:command",
    "costs": "tomobench.desk.advise.costs.costs:command",
    "plan": "tomobench.desk.advise.plan.cli:plan",
    "readers": "tomobench.desk.advise.readers.cli:readers",
    "report": "tomobench.desk.publish.report.cli:report",
}
"""Each command, and where it is."""


class Commands(click.Group):
    """Commands that are imported when they are called: together their libraries take seconds."""

    def list_commands(self, ctx) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        return getattr(importlib.import_module(module), attribute)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def tomobench():
    """Zarr performance on tomograms, beside asv.

    asv's own commands measure and publish: asv run, compare, continuous, find, show, publish, preview.
    A commit, to them, is a zarr release. This command does the rest:

    \b
      tomobench releases list          the releases asv knows, and how to add an unreleased wheel
      tomobench volume import FILE     measure on a tomogram of yours
      tomobench table                  the newest release of each line: files, times, MiB
      tomobench history                measure every release that is not measured yet
      tomobench plan --use xy          which layout serves a tomogram, and what it takes
      tomobench report                 tables and figures, from the results
    """


def main():
    """The program ``tomobench``."""
    run(tomobench)


def run(command: click.Command) -> None:
    """Run a command; a :class:`UserError` becomes one line on stderr and exit code 1."""
    try:
        command(standalone_mode=True)
    except UserError as error:
        click.echo(f"tomobench: {error}", err=True)
        sys.exit(1)
