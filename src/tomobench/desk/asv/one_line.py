"""What the machine does to asv's commands is one line, as with tomobench's own: no traceback."""

import contextlib
import functools
from collections.abc import Iterator

from asv import util
from asv.commands.check import Check
from asv.commands.compare import Compare
from asv.commands.continuous import Continuous
from asv.commands.find import Find
from asv.commands.preview import Preview
from asv.commands.publish import Publish
from asv.commands.rm import Rm
from asv.commands.run import Run
from asv.commands.show import Show

from tomobench.desk import errors
from tomobench.desk.asv import left_running

COMMANDS = (Run, Continuous, Find, Rm, Publish, Preview, Show, Compare, Check)
"""asv's commands that work here."""


def say_in_one_line() -> None:
    """Have them end with a line where the machine fails them, or Ctrl-C ends them."""
    for command in COMMANDS:
        given = command.run_from_conf_args
        if not hasattr(given, "is_explained"):
            command.run_from_conf_args = classmethod(_explained(given.__func__))


@contextlib.contextmanager
def errors_for_asv() -> Iterator[None]:
    """A UserError of ours, and what :func:`errors.explained` makes one, becomes asv's."""
    try:
        with errors.explained():
            yield
    except errors.UserError as error:
        raise util.UserError(str(error)) from None


@contextlib.contextmanager
def processes_for_asv(what: str) -> Iterator[None]:
    """A process that asv runs and that fails becomes asv's UserError: ``what``, and the last line that it said."""
    try:
        yield
    except util.ProcessError as error:
        raise util.UserError(f"{what}: {_last_line(error)}") from None


def _last_line(error: util.ProcessError) -> str:
    if error.retcode == util.TIMEOUT_RETCODE:
        return "it took too long"
    said: list[str] = error.stderr.strip().splitlines()
    return said[-1] if said else f"it ended with {error.retcode}"


def _explained(given):
    @functools.wraps(given)
    def explained(cls, conf, args):
        with errors_for_asv(), left_running.ended():
            return given(cls, conf, args)

    explained.__dict__["is_explained"] = True
    return explained
