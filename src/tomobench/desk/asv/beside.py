"""Packages beside the lines' environments: each hash-pinned file in a folder of its own, which a suite (or a reader) that
names it puts on the import path. All else that is measured has nothing of them to import."""

import hashlib
import json
from pathlib import Path

from tomobench.bench.beside import FOLDERS
from tomobench.bench.cache import whole_folder
from tomobench.desk import pip
from tomobench.desk.releases.checks import locked


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
        pins = locked(requirements, pip.version_of(python))
        words = ["--no-deps", "--target", str(scratch), "-r", str(requirements)]
        pip.install(python, words, requirements.name, scratch, pins)
    return folder


def variables(files: list[Path], beside: Path) -> dict[str, str]:
    """How a measured process is told which of these files are installed, and where."""
    found = {one.stem: str(folder_of(one, beside)) for one in files}
    return {FOLDERS: json.dumps({name: one for name, one in found.items() if Path(one).exists()})}
