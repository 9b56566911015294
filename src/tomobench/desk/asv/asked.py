"""What asv's command line asks for, looked at before anything is done: a mistake is one line, and costs nothing.

asv itself shows a traceback for most of these, or takes what is empty for everything.
"""

import functools
import re
import sys
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from asv.commands.find import Find
from asv.repo import get_repo
from asv.util import UserError as AsvUserError

from tomobench.desk import files, options
from tomobench.desk.asv.one_line import COMMANDS, errors_for_asv

HASHFILE = "HASHFILE:"
"""How a range begins that is a file of names."""

PORTS = range(2**16)

LEAST = 3
"""What asv find can bisect: two ends and one between them."""


def look() -> None:
    """Have asv's commands look at what they are asked for. Called once."""
    for command in COMMANDS:
        given = command.run_from_conf_args
        if not hasattr(given, "looks_first"):
            command.run_from_conf_args = classmethod(_looking(given.__func__))


def _looking(given):
    @functools.wraps(given)
    def looking(cls, conf, args, **more):
        with errors_for_asv():
            options.words(sys.argv[1:])
            _check_file(getattr(args, "range", None))
        _check_expressions(args)
        _check_numbers(args)
        if cls is Find:
            _check_three(conf, args.range)
        if hasattr(args, "parallel"):
            # asv would install in a copy of the environment, and measure with what this one had before. There is nothing
            # to gain: installations wait for each other.
            args.parallel = 1
        return given(cls, conf, args, **more)

    looking.__dict__["looks_first"] = True
    return looking


def _check_expressions(args: Namespace) -> None:
    for text in _expressions(args):
        try:
            re.compile(text)
        except re.error as error:
            raise AsvUserError(f"{text!r} is no regular expression: {error}") from None


def _expressions(args: Namespace) -> Iterable[str]:
    found: Any = getattr(args, "bench", None) or ()
    return [found] if isinstance(found, str) else found


def _check_numbers(args: Namespace) -> None:
    if (factor := getattr(args, "factor", 1)) <= 0:
        raise AsvUserError(f"--factor {factor:g} compares nothing: say a number above 1, as 1.1")
    if (port := getattr(args, "port", 0)) not in PORTS:
        raise AsvUserError(f"--port {port} is no port: say 0 to {PORTS[-1]}")


def _check_file(asked: Any) -> None:
    """Raise UserError for a file of names that is no text; asv says where there is none."""
    if isinstance(asked, str) and asked.startswith(HASHFILE):
        path = Path(asked.removeprefix(HASHFILE))
        if path.is_file():
            files.text(path)


def _check_three(conf, asked: str) -> None:
    """Raise asv's UserError where there is nothing to bisect: of two or one asv would name one, and measure nothing."""
    repo = get_repo(conf)
    repo.pull()  # as asv find does: a branch that a mirror had last week ends too early
    if (count := len(repo.get_hashes_from_range(asked))) < LEAST:
        raise AsvUserError(
            f"asv find bisects a range of {LEAST} or more, and {asked} holds {count}: begin it earlier "
            "(A..B is what follows A), or compare two with asv continuous A B"
        )
