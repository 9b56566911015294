"""A question about a repository's results, asked again: answered at once where nothing that it depends on has changed."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tomobench.bench import volume
from tomobench.desk.results import answers, configuration
from tomobench.desk.results import machine as machines

PACKAGE = Path(__file__).parents[2]


def answered[R](
    root: Path, question: tuple[Any, ...], find: Callable[[], R], more: Iterable[Path] = ()
) -> R:
    """What ``find`` finds, as plain data (see :func:`answers.of_files`), or found before.

    ``question``: the command, and its words as plain data. It depends on the results, the tables and the
    configuration in the repository ``root``, the descriptions of this machine's volumes, tomobench itself, its
    variables, this machine's name, and the files ``more``.
    """
    folder = configuration.results_folder(root)
    chosen = sorted(one for one in os.environ.items() if one[0].startswith("TOMOBENCH_"))
    place = (str(root), machines.name(), *chosen)
    return answers.of_files((place, question), lambda: [*_files(root, folder), *more], find)


def _files(root: Path, folder: Path) -> Iterable[Path]:
    tables = [*root.glob("*.json"), *root.glob("*.toml"), *root.glob(".tomobench/*.json")]
    described = [volume.folder(one) / volume.DESCRIPTION for one in volume.known()]
    sources = [path for path in PACKAGE.rglob("*") if path.suffix != ".pyc"]
    found = [*folder.rglob("*"), *tables, *described, *sources]
    return sorted(path for path in found if path.is_file())
