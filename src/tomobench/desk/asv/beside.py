"""Packages beside the lines' environments: each hash-pinned file in a folder of its own, which a suite (or a reader) that
names it puts on the import path. All else that is measured has nothing of them to import."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

from tomobench.bench.beside import FOLDERS
from tomobench.bench.cache import whole_folder
from tomobench.desk.errors import UserError


def folder_of(requirements: Path, beside: Path) -> Path:
    """Where the packages of a hash-pinned file are, or will be, below the folder of the environments."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    return beside / f"{requirements.stem}-{digest}"


def installed(requirements: Path, python: Path, beside: Path) -> Path:
    """A folder with the packages of a hash-pinned file alone, made once. Raises UserError when they can't be had."""
    folder = folder_of(requirements, beside)
    if folder.exists():
        return folder
    with whole_folder(folder) as scratch:
        options = ["--quiet", "--no-deps", "--require-hashes", "--target", scratch]
        done = subprocess.run(
            [python, "-m", "pip", "install", *options, "-r", requirements],
            env={**os.environ, "PIP_USER": "false"},
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            lines = [one for one in done.stderr.splitlines() if one.startswith("ERROR")]
            reason = lines[-1].removeprefix("ERROR: ") if lines else "pip failed"
            raise UserError(f"{requirements.name} could not be installed: {reason}")
    return folder


def variables(files: list[Path], beside: Path) -> dict[str, str]:
    """How a measured process is told which of these files are installed, and where."""
    found = {one.stem: str(folder_of(one, beside)) for one in files}
    return {FOLDERS: json.dumps({name: one for name, one in found.items() if Path(one).exists()})}
