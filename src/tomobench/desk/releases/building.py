"""Wheels that pip builds of a folder: a project's, or the files of a commit."""

import os
import subprocess
import sys
from pathlib import Path

from tomobench.desk.errors import UserError

VERSION = ("SETUPTOOLS_SCM_PRETEND_VERSION", "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_ZARR")
"""The environment variables that tell a build which version to make, where git can't be asked."""

NO_SPACE = "No space left on device"


def build(folder: Path, scratch: Path, version: str | None = None) -> Path:
    """The wheel that pip builds of a project's folder, in ``scratch``; of this ``version``, where one is given.

    Raises UserError where the build fails, and OSError where the disk is full.
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
        if NO_SPACE in done.stderr:
            raise UserError(f"no wheel could be built of {folder.name}: {NO_SPACE.lower()}")
        errors = [one for one in done.stderr.splitlines() if one.strip()]
        reason = next((one for one in errors if one.startswith("ERROR: ")), "no wheel came out")
        raise UserError(f"no wheel could be built of {folder}: {reason.removeprefix('ERROR: ')}")
    return found[0]
