"""Wheels that pip builds of a folder: a project's, or the files of a commit."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tomobench.desk.errors import UserError

VERSION = ("SETUPTOOLS_SCM_PRETEND_VERSION", "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_ZARR")
"""The environment variables that tell a build which version to make, where git can't be asked."""

NO_SPACE = "No space left on device"

NOT_FOUND = ("No matching distribution found", "Could not find a version", "Max retries exceeded")
"""What pip says where the index is out of reach, or has no such package."""

PROBE = "hatchling"
"""A package that every index has: zarr is built with it."""


class MachineInTheWay(UserError):
    """A build that says nothing of what was built: the disk is full, or the index out of reach."""


def build(folder: Path, scratch: Path, version: str | None = None) -> Path:
    """The wheel that pip builds of a project's folder, in ``scratch``; of this ``version``, where one is given.

    Raises UserError where the build fails, MachineInTheWay where that is not the project's doing.
    """
    told = dict.fromkeys(VERSION, version) if version else {}
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        + ["-w", str(scratch), str(folder.resolve())],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=False,
    )
    found = sorted(scratch.glob("*.whl"))
    if done.returncode or len(found) != 1:
        _require_the_machine(done.stderr, folder)
        errors = [one for one in done.stderr.splitlines() if one.strip()]
        reason = next((one for one in errors if one.startswith("ERROR: ")), "no wheel came out")
        raise UserError(f"no wheel could be built of {folder}: {reason.removeprefix('ERROR: ')}")
    return found[0]


def _require_the_machine(said: str, folder: Path) -> None:
    """Raise MachineInTheWay where a failed build is not the project's doing."""
    if NO_SPACE in said:
        raise MachineInTheWay(f"no wheel could be built of {folder.name}: {NO_SPACE.lower()}")
    if any(one in said for one in NOT_FOUND) and not _index_in_reach():
        raise MachineInTheWay(
            f"no wheel could be built of {folder.name}: the package index that pip uses is out of reach"
        )


def _index_in_reach() -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        words = ["download", "--quiet", "--no-deps", "--no-cache-dir", "-d", scratch, PROBE]
        return not subprocess.run(
            [sys.executable, "-m", "pip", *words], capture_output=True, check=False
        ).returncode
