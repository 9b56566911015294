"""asv's own run of one release, called from within tomobench's commands (see session)."""

from contextlib import AbstractContextManager

from asv import util
from asv.commands.run import Run
from asv.config import Config

from tomobench.desk import variables
from tomobench.desk.asv import not_measured
from tomobench.desk.errors import UserError

FAILURES = 2
"""asv's exit code when a benchmark failed, which is no reason to lose the others."""

INTERRUPTED = "Interrupted."
"""What asv makes of Ctrl-C while a process of its own runs: a user's error of this text."""


SAMPLING = {"rounds": 1, "repeat": (2, 200, 0.16)}
"""How times are sampled: two calls or 0.16 s of them, in one process a cell, where the suites themselves ask for half of that
in each of two (for asv's --interleave-rounds). Malloc and the page cache are held equal, so that a second process
tells nothing new (docs/method.md), and making it ready takes 36 ms."""


def run(conf: Config, release: str, benchmark: str | None, machine: str) -> dict[str, str]:
    """Measure ``release`` (a hash) as ``asv run`` does, sampled as SAMPLING says, with results where ``conf`` says.

    Returns the benchmarks that the machine kept from being measured, and why. Raises UserError when asv could not
    run; benchmarks that fail are results like others.
    """
    not_measured.reasons.clear()
    try:
        code = Run.run(
            conf, [release], bench=benchmark, machine=machine, attribute=SAMPLING, pull=False
        )
    except util.UserError as error:
        if str(error) == INTERRUPTED:
            raise KeyboardInterrupt from None
        raise UserError(f"{error}".splitlines()[0]) from None
    if code not in (None, 0, FAILURES):
        raise UserError(f"asv run {release} ended with {code}")
    return dict(not_measured.reasons)


def on_volume(name: str) -> AbstractContextManager[None]:
    """Within the block asv measures on this volume alone."""
    return variables.given("TOMOBENCH_VOLUME", name)
