"""A project that a test may change, as another one is: to measure the same again would take longest."""

import dataclasses
import shutil
from pathlib import Path


def copy_of[Project](project: Project, folder: Path) -> Project:
    """The project in another folder: files, results and settings of its own, environments and cache in common."""
    shutil.copytree(project.folder, folder, symlinks=True)
    return dataclasses.replace(project, folder=folder, environment=dict(project.environment))
