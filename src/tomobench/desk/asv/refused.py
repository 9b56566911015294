"""asv's commands and options that mean nothing here: one line that says what to do instead."""

import contextlib
import functools
import importlib.metadata
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asv.benchmarks import Benchmarks
from asv.commands.asv_profiling import Profile
from asv.commands.check import Check
from asv.commands.continuous import Continuous
from asv.commands.find import Find
from asv.commands.publish import Publish
from asv.commands.run import Run
from asv.commands.setup import Setup
from asv.commands.update import Update
from asv.machine import MachineCollection
from asv.repo import get_repo
from asv.util import UserError as AsvUserError
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion

from tomobench.bench.cache import whole_folder
from tomobench.desk.asv import one_at_a_time
from tomobench.desk.asv.one_line import errors_for_asv
from tomobench.desk.results import machine as machines
from tomobench.desk.results import one_machine

COMMANDS = {
    Profile: "asv profile does not know a release's environment: "
    "tomobench regressions shows which functions started more often",
    Setup: "asv setup has nothing to do here: asv run makes a release ready when it is asked for",
    Update: "asv update is for results of old asv versions: there are none; "
    "for new releases of zarr, tomobench releases update",
}
"""Commands, and what is said in their place."""

OTHER_NAME = (
    "--set-commit-hash would file a release's results under another: leave it out (a zarr of yours: "
    "tomobench releases add WHEEL)"
)

MEASURING = (Run, Continuous, Find)
"""Commands that write results."""

IN_ENVIRONMENTS = (*MEASURING, Check)
"""Commands whose options are looked at."""


def refuse() -> None:
    """Put a refusal in the place of COMMANDS, and before IN_ENVIRONMENTS and Publish a look at the options."""
    for command, line in COMMANDS.items():
        # As a user gives it: asv find and continuous call setup themselves.
        command.run_from_conf_args = classmethod(functools.partial(_refused, line))
    for command in IN_ENVIRONMENTS:
        if not hasattr(command.run, "looks_at_options"):
            command.run = classmethod(_looked_at(command.run.__func__))
    if not hasattr(Publish.run_from_conf_args, "looks_at_folder"):
        Publish.run_from_conf_args = classmethod(_publishing(Publish.run_from_conf_args.__func__))


def _refused(line: str, cls: type, *arguments: Any, **options: Any) -> None:
    raise AsvUserError(line)


def _looked_at(run):
    @functools.wraps(run)
    def looked_at(cls, conf, *arguments, **options):
        for one in options.get("env_spec") or ():
            _check_environment(one, conf)
        if options.get("set_commit_hash"):
            raise AsvUserError(OTHER_NAME)
        if name := options.get("machine"):
            _check_machine(name)
        if cls in MEASURING:
            _check_results(Path(conf.results_dir, name or machines.name()))
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
    pythons = _pythons()
    if python and not _holds(pythons, python):
        raise AsvUserError(
            f"the packages of the lines are locked for Python {pythons}: there are none for {python}"
        )


def _pythons() -> str:
    """The Pythons that tomobench runs on, which are those that the lines' locks are made for (make lock)."""
    try:
        return importlib.metadata.metadata("tomobench")["Requires-Python"]
    except importlib.metadata.PackageNotFoundError:
        return ""  # it is on the path alone, and says nothing of itself


def _holds(pythons: str, python: str) -> bool:
    try:
        return SpecifierSet(pythons).contains(python, prereleases=True)
    except InvalidVersion:
        return False


def _check_machine(name: str) -> None:
    try:
        MachineCollection.load(name)
    except AsvUserError:
        raise AsvUserError(
            f"there is no machine {name}: to file results under a name, TOMOBENCH_MACHINE={name} asv run …"
        ) from None


def _check_results(folder: Path) -> None:
    """Raise asv's UserError where the results of this machine's name are another machine's: asv would describe them anew."""
    with errors_for_asv():
        one_machine.require(machines.description(), folder)


def _publishing(given):
    """asv publish empties the site's folder first: before that it is looked at, and what is read next.

    A folder that the user names is filled aside: interrupted, it is as it was, and is known as a site the next time.
    """

    @functools.wraps(given)
    def publishing(cls, conf, args):
        folder = Path(args.html_dir or conf.html_dir)
        is_named = folder.resolve() != Path(conf.html_dir).resolve()
        if is_named:
            _check_site(folder)
        # Not while another command fills it.
        with one_at_a_time.writing(folder):
            Benchmarks.load(conf)
            if args.range is not None:
                get_repo(conf).get_hashes_from_range(args.range)
            if not is_named:
                return given(cls, conf, args)
            with _filled_aside(folder.resolve()) as aside:
                args.html_dir = str(aside)
                return given(cls, conf, args)

    publishing.__dict__["looks_at_folder"] = True
    return publishing


@contextlib.contextmanager
def _filled_aside(folder: Path) -> Iterator[Path]:
    """A place for asv to write a site, with the lock beside it: the site replaces ``folder`` if the block ends well."""
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
        site = Path(scratch, folder.name)
        yield site
        with whole_folder(folder) as whole:
            site.rename(whole)


def _check_site(folder: Path) -> None:
    """Raise asv's UserError for a file, and where a folder has files and is no site of asv's."""
    is_free = not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    if not (is_free or Path(folder, "asv.js").is_file()):
        raise AsvUserError(
            f"{folder} is no site that asv made, and asv publish would delete what is in it: "
            "name a new or empty folder"
        )
