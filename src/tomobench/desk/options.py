"""Options that several commands have: one spelling, one help and one default for each.

What is meant where nothing is named is decided in one place, :mod:`tomobench.desk.results.choosing`.
"""

import math
import re
from collections.abc import Iterable
from pathlib import Path

import click

from tomobench.bench.beside import CLUSTER
from tomobench.desk import files, names, variables
from tomobench.desk.errors import UserError

FORMATS = ("table", "markdown", "csv", "json")
"""How a command prints what it found."""


_NUMBER = re.compile(r"[+-]?\d[\d.,:x×%smheE+-]*")
"""What is meant as a number, a shape or a length of time, in whichever digits: 128x128x128, 2%, 10m."""


CELL = re.compile(r"\w+([.]\w+)+([(].+[)])?")
"""A benchmark, and its parameters where it has some."""


_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://\S+:\d+")
"""Where a Dask scheduler is."""


class Finite(click.FloatRange):
    """A click type: a number in a range. Neither endless nor no number, which click's own range lets through."""

    def convert(self, value, parameter, context):
        found = super().convert(value, parameter, context)
        if not math.isfinite(found):
            self.fail(f"{value!r} is no number to reckon with.", parameter, context)
        return found


def words(given: list[str]) -> list[str]:
    """The words of a command line, if none is wrong whatever the command: one rule for all options.

    An empty one comes from a shell variable that is not set, and must not mean the default. Raises UserError.
    """
    for before, word in zip(["", *given], given):
        option, equals, value = (
            word.partition("=") if word.startswith("--") else (before, "=", word)
        )
        if equals and not value.strip():
            of = f"{option} has" if option.startswith("-") else "there is"
            raise UserError(f"{of} an empty value: is a shell variable not set? Leave it out")
        if not word.isprintable():
            raise UserError(f"{word!r} has characters that can't be printed: spell it without them")
        if _NUMBER.fullmatch(value) and not value.replace("×", "x").isascii():
            raise UserError(f"{value!r} has digits other than 0 to 9: use those")
    return given


def named(context, parameter, value: str | None) -> str | None:
    """A click callback: a machine's name, which becomes a folder's. Raises UserError."""
    return None if value is None else names.checked(value, "a machine's name")


def measured_as(context, parameter, value: str | None) -> str | None:
    """As :func:`named`; all that the command starts, asv among it, measures under that name too."""
    if (name := named(context, parameter, value)) is not None:
        context.with_resource(variables.given(names.MACHINE, name))
    return name


def output_file(context, parameter, path: Path | None) -> Path | None:
    """A click callback: where a file may be written (see :func:`files.output`). Raises UserError."""
    return None if path is None else files.output(path)


def expression(context, parameter, value: str | None) -> str | None:
    """A click callback: the text of a regular expression. Raises UserError for one that is none."""
    try:
        re.compile(value or "")
    except re.error as error:
        raise UserError(f"{value!r} is no regular expression: {error}") from None
    return value


def cells(context, parameter, path: Path | None) -> list[str]:
    """A click callback: the cells that a file lists, one a line; none without a file. Raises UserError."""
    if path is None:
        return []
    lines = [line.partition("#")[0].strip() for line in files.text(path).splitlines()]
    if not any(lines):
        raise UserError(
            f"{path} lists no cells: one a line, as in read.Chunks.time_whole(64×64×64, 2)"
        )
    for line in filter(None, lines):
        if not CELL.fullmatch(line):
            raise UserError(
                f"{path}: {line[:60]!r} is no cell: as in read.Chunks.time_open(64×64×64, 2)"
            )
    return list(filter(None, lines))


def cluster(context, parameter, address: str | None) -> str | None:
    """A click callback: a scheduler's address, as distributed has them. Raises UserError for what is none."""
    if address and not _ADDRESS.fullmatch(address):
        raise UserError(
            f"{address!r} is no address of a Dask scheduler: it is written as tcp://host:8786"
        )
    return address or None


def pattern(cells: Iterable[str]) -> str:
    """The regular expression that finds these cells and no others, as asv's --bench takes it.

    A benchmark without parameters stands for all its cells.
    """
    found = (re.escape(cell) + ("" if "(" in cell else "([(].*)?") for cell in cells)
    return f"^({'|'.join(found)})$"


releases = click.argument("releases", nargs=-1, metavar="[RELEASE | A..B | ALL]...")
"""Releases asked for: names, or what follows A up to B."""

benchmark = click.option(
    "--benchmark",
    metavar="REGEX",
    callback=expression,
    help="Only these benchmarks and cells, as asv's --bench.",
)

volume = click.option(
    "--volume", metavar="ID", help="On this volume.  [default: every volume measured]"
)

machine = click.option(
    "--machine",
    metavar="NAME",
    callback=named,
    help="Whose results.  [default: $TOMOBENCH_MACHINE; else this machine, where it has all that "
    "was asked for; else the committed one with most]",
)
"""For commands that read results."""

measuring_machine = click.option(
    "--machine",
    metavar="NAME",
    callback=measured_as,
    help="The name that results are filed under.  [default: $TOMOBENCH_MACHINE, else a name made "
    "from the host's]",
)
"""For commands that measure."""

output = click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    help="Table and markdown are rounded, for people; csv and json have numbers in full.",
)

dask = click.option(
    "--dask",
    metavar="ADDRESS",
    envvar=CLUSTER,
    callback=cluster,
    help="An existing dask.distributed cluster, by its scheduler's address, as tcp://host:8786.  "
    "[default: $TOMOBENCH_DASK]",
)
"""For commands that can use a cluster."""
