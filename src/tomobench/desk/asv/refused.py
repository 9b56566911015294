"""asv's commands and options that mean nothing here: one line that says what to do instead."""

import functools
from typing import Any

from asv.commands.asv_profiling import Profile
from asv.commands.continuous import Continuous
from asv.commands.find import Find
from asv.commands.run import Run
from asv.commands.setup import Setup
from asv.commands.update import Update
from asv.machine import MachineCollection
from asv.util import UserError as AsvUserError

COMMANDS = {
    Profile: "asv profile does not know a release's environment: "
    "tomobench regressions shows which functions started more often",
    Setup: "asv setup has nothing to do here: asv run makes a release ready when it is asked for",
    Update: "asv update is for results of old asv versions: there are none; "
    "for new releases of zarr, tomobench releases update",
}
"""Commands, and what is said in their place."""

MEASURING = (Run, Continuous, Find)
"""Commands whose options are looked at."""


def refuse() -> None:
    """Put a refusal in the place of COMMANDS, and before MEASURING a look at the options."""
    for command, line in COMMANDS.items():
        # As a user gives it: asv find and continuous call setup themselves.
        command.run_from_conf_args = classmethod(functools.partial(_refused, line))
    for command in MEASURING:
        if not hasattr(command.run, "looks_at_options"):
            command.run = classmethod(_looked_at(command.run.__func__))


def _refused(line: str, cls: type, *arguments: Any, **options: Any) -> None:
    raise AsvUserError(line)


def _looked_at(run):
    @functools.wraps(run)
    def looked_at(cls, conf, *arguments, **options):
        for one in options.get("env_spec") or ():
            _check_environment(one, conf)
        if name := options.get("machine"):
            _check_machine(name)
        return run(cls, conf, *arguments, **options)

    looked_at.__dict__["looks_at_options"] = True
    return looked_at


def _check_environment(spec: str, conf) -> None:
    """Raise asv's UserError for an environment that holds no release."""
    kind, _, python = spec.partition(":")
    if kind not in ("", conf.environment_type) or python == "same":
        raise AsvUserError(
            f"--environment {spec} holds no zarr release: leave the option out, as releases have "
            "an environment of their own (a zarr of yours: tomobench releases add WHEEL)"
        )


def _check_machine(name: str) -> None:
    try:
        MachineCollection.load(name)
    except AsvUserError:
        raise AsvUserError(
            f"there is no machine {name}: to file results under a name, TOMOBENCH_MACHINE={name} asv run …"
        ) from None
