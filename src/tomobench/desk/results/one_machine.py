"""Results under one name are of one machine: who would add another's is told before anything is measured."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tomobench.desk.errors import UserError
from tomobench.desk.results import machine as machines
from tomobench.desk.results.reading import DAMAGE, machine_of


def description_of(folder: Path) -> dict[str, Any]:
    """What a machine's folder says of the machine. Raises UserError where that is missing or damaged."""
    try:
        return machine_of(folder)
    except DAMAGE:
        raise UserError(
            f"{folder.name}/machine.json is missing or damaged: restore it from git"
        ) from None


def require(described: Mapping[str, Any], folder: Path) -> None:
    """Raise UserError if ``folder`` holds results of a machine other than the one described."""
    if not (folder / "machine.json").exists():
        return
    if difference := machines.difference(description_of(folder), described):
        raise UserError(
            f"the results of {folder.name} are of another machine ({difference}): give one of them "
            "another name with TOMOBENCH_MACHINE"
        )
