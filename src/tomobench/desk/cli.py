"""The ``tomobench`` command: what asv itself has no command for."""

import gc
import importlib
import io
import signal
import sys
from typing import NamedTuple

import click

from tomobench import __version__
from tomobench.desk.errors import UserError, explained
from tomobench.desk.options import words

GROUPS = {
    "measure": "Measure",
    "judge": "Judge",
    "advise": "Advise",
    "publish": "Publish",
    "after": "Look after",
}
"""Kinds of commands, in the order of --help, and their headings."""


class Listed(NamedTuple):
    """A command's group (a key of GROUPS), where it is (module:attribute), and its one-line help.

    The help is how the command's own help begins: importing it to ask takes seconds.
    """

    group: str
    where: str
    help: str


COMMANDS = {
    "history": Listed(
        "measure",
        "tomobench.desk.measure.history.cli:history",
        "Measure every release that is not measured yet",
    ),
    "race": Listed(
        "measure",
        "tomobench.desk.measure.race.cli:command",
        "Time releases against each other, turn by turn",
    ),
    "calibrate": Listed(
        "measure",
        "tomobench.desk.judge.cli:calibration",
        "Measure how much results differ when nothing changed",
    ),
    "regressions": Listed(
        "judge",
        "tomobench.desk.judge.cli:regressions",
        "Say what each release changed: facts, the worst first",
    ),
    "verdict": Listed(
        "judge",
        "tomobench.desk.judge.fresh.cli:command",
        "Say what a release would change, before it is made",
    ),
    "explain": Listed(
        "judge",
        "tomobench.desk.judge.explain.cli:command",
        "Say which functions, requests and lines of memory differ",
    ),
    "gate": Listed(
        "judge",
        "tomobench.desk.judge.fresh.gate:command",
        "Say what a checkout of zarr changes against its merge base",
    ),
    "bisect": Listed(
        "judge",
        "tomobench.desk.judge.upstream.cli:command",
        "Say which commit changed a cell or caused a fact",
    ),
    "who": Listed(
        "judge",
        "tomobench.desk.judge.upstream.who_cli:command",
        "Say which commit caused each fact of the history",
    ),
    "plan": Listed(
        "advise",
        "tomobench.desk.advise.plan.cli:plan",
        "Which layout serves a tomogram, for a use and a storage",
    ),
    "inspect": Listed(
        "advise",
        "tomobench.desk.advise.inspect.cli:command",
        "What a Zarr is, what reading it takes, and what another layout would bring",
    ),
    "costs": Listed(
        "advise",
        "tomobench.desk.advise.costs.costs:command",
        "Print what accesses, and a data set of 484 tomograms, cost on S3",
    ),
    "latency": Listed(
        "advise",
        "tomobench.desk.advise.costs.latency:command",
        "Print times over S3 by layout and round trip",
    ),
    "readers": Listed(
        "advise",
        "tomobench.desk.advise.readers.cli:readers",
        "Try which readers open which layouts, and get every voxel right",
    ),
    "table": Listed(
        "publish",
        "tomobench.desk.publish.report.quick:command",
        "Print files, times, stored MiB and ratio of each layout",
    ),
    "report": Listed(
        "publish",
        "tomobench.desk.publish.report.cli:report",
        "Write a report from the results that are there",
    ),
    "releases": Listed(
        "after",
        "tomobench.desk.releases.cli:releases",
        "The zarr releases that asv takes for commits",
    ),
    "volume": Listed(
        "after",
        "tomobench.desk.volumes.cli:volume",
        "The voxels to measure on: phantoms, and tomograms of yours",
    ),
    "cache": Listed(
        "after",
        "tomobench.desk.cache.cli:cache",
        "What this machine keeps between runs",
    ),
    "gather": Listed(
        "after",
        "tomobench.desk.measure.history.cli:gather",
        "Bring in the results in FOLDER",
    ),
}
"""Each command."""


class Commands(click.Group):
    """Commands that are imported when they are called: together their libraries take seconds.

    What is wrong with any word of any command is said here (:func:`options.words`), and what the machine
    does to a command becomes one line here (:func:`errors.explained`).
    """

    def parse_args(self, ctx, args: list[str]) -> list[str]:
        return super().parse_args(ctx, words(args))

    def invoke(self, ctx):
        with explained():
            return super().invoke(ctx)

    def list_commands(self, ctx) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].where.partition(":")
        return getattr(importlib.import_module(module), attribute)

    def format_commands(self, ctx, formatter) -> None:
        """List the commands by group, with the help of the table."""
        width = max(map(len, COMMANDS))
        for group, heading in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl(
                    (name.ljust(width), one.help)
                    for name, one in COMMANDS.items()
                    if one.group == group
                )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def tomobench():
    """Zarr performance on tomograms, beside asv.

    \b
      tomobench plan --use xy      which layout serves a tomogram that is read by slices

    asv's own commands measure and publish: asv run, compare, continuous, find, show, publish, preview.
    A commit, to them, is a zarr release. This command does the rest.
    """


def main():
    """The program ``tomobench``."""
    # Results are hundreds of thousands of rows, and none is garbage: look for that less often.
    gc.set_threshold(100_000)
    run(tomobench)


def run(command: click.Command) -> None:
    """Run a command; a :class:`UserError`, or what :func:`explained` makes one, is one line and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        # Where the terminal can't show a character, as ×, its number is better than no answer.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # As by Ctrl-C: what is done is kept, what was begun is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with explained():
            command(standalone_mode=True)
    except UserError as error:
        click.echo(f"tomobench: {error}", err=True)
        sys.exit(1)
