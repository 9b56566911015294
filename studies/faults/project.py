"""A small project to do harm to: a few committed results of two releases, in a folder of its own."""

import shutil
from pathlib import Path

FILES = (
    "asv.conf.json",
    "releases.lock.json",
    "acknowledged.toml",
    "findings.toml",
    "key-cells.txt",
    "results/benchmarks.json",
    "results/readers.csv",
    "results/reference/machine.json",
    "results/reference/calibration.csv",
    "results/reference/2.18.7-tomobench-py3.13-volumephantom-128.json",
    "results/reference/3.4.2-tomobench-py3.13-volumephantom-128.json",
)
"""What the commands read, and no more: a copy takes milliseconds."""


def make(root: Path, folder: Path) -> Path:
    """Copy the project's files from the repository at ``root`` into ``folder``; returns it."""
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, folder / name)
    for name in ("benchmarks", "requirements", "src"):
        (folder / name).symlink_to(root / name)
    return folder
