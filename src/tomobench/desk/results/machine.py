"""The machine's name and description, given to asv without a question.

The description leaves out what changes without changing the machine (the kernel's version, bytes of
memory that the firmware keeps): it is part of a series' key, and a series would break.

asv is imported where it is used: its import takes longer than the name, which every command asks for.
"""

import hashlib
import multiprocessing
import os
import platform
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tomobench.bench.cache import whole_copy
from tomobench.desk import files, locks, names, shapes
from tomobench.desk.errors import UserError, reason

LOCAL = "local-"
"""How names of machines that nobody named begin. Their results are in .gitignore."""

FIELDS = ("cpu", "num_cpu", "ram", "arch", "os")
"""What tells one machine from another of its name, in asv's fields."""


def name() -> str:
    """$TOMOBENCH_MACHINE, or local- and six digits that stand for the host's name.

    Raises UserError for one that can't name a folder.
    """
    if given := os.environ.get(names.MACHINE):
        return names.checked(given, names.MACHINE)
    digits = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
    return f"{LOCAL}{digits}"


def is_local(name: str) -> bool:
    """Whether nobody gave this machine its name: its results are not committed."""
    return name.startswith(LOCAL)


def description() -> dict[str, str]:
    """What asv keeps of a machine, in asv's fields. ram is in whole GiB (2^30 bytes), rounded."""
    from asv import util

    return {
        "machine": name(),
        "os": platform.system(),
        "arch": platform.machine(),
        "cpu": util.get_cpu_info(),
        "num_cpu": str(multiprocessing.cpu_count()),
        "ram": f"{round(float(util.get_memsize() or 0) / 2**30)} GiB",
    }


def difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    """What makes the first machine another than the second: ``cpu EPYC, not Xeon``. None where nothing does.

    Each is described in asv's fields; what neither says is no difference.
    """
    for field in FIELDS:
        if one.get(field) != other.get(field):
            return f"{field} {one.get(field)}, not {other.get(field)}"
    return None


def answer_for_the_user() -> None:
    """Make this machine the one that asv takes when --machine names no other, described as it is today.

    A home folder may be that of several machines, and a machine may be given another processor.
    Raises UserError where asv's file of machines can't be read or written.
    """
    from asv.machine import Machine, MachineCollection

    Machine.hardcoded_machine_name = name()
    path = Path(MachineCollection.get_machine_file_path())
    if difference(_known(path).get(name(), {}), description()):
        _describe(path)


def _known(path: Path) -> dict[str, Any]:
    """The descriptions in asv's file of machines, by name. Raises UserError for one that is damaged."""
    if not files.there(path):
        return {}
    try:
        found = {**files.parsed(path), "version": {}}
        shapes.require({"content": found}, {"content": dict[str, dict[str, str]]})
    except (UserError, TypeError) as error:
        raise UserError(f"{path} is damaged ({error}): remove it, asv makes it again") from None
    return found


def _describe(path: Path) -> None:
    """Add this machine to asv's file of machines, which is whole before and after."""
    from asv.machine import MachineCollection

    try:
        with locks.writing(path), tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch, path.name)
            if path.exists():
                shutil.copyfile(path, copy)
            MachineCollection.save(name(), description(), str(copy))
            whole_copy(copy, path)
    except OSError as error:
        raise UserError(f"{path} can't be written: {reason(error)}") from None


if __name__ == "__main__":
    print(name())
