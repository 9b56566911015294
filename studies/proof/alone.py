"""Packages that are installed alone, by their digests, into a folder of the proof.

They are what tomobench is compared with, and ask for what it does not have: Otava for another NumPy, and for
clients of databases that finding change points has no use for.
"""

import platform
import sys
from pathlib import Path

from studies.proof.project import FOLDER
from tomobench.bench.cache import whole_folder
from tomobench.desk import pip
from tomobench.desk.releases.checks import locked


def install(root: Path, name: str) -> Path:
    """The folder with all that ``studies/proof/requirements/<name>.txt`` lists, installed now if it is not there.

    Raises UserError.
    """
    lock, folder = Path("studies", "proof", "requirements", f"{name}.txt"), root / FOLDER / name
    if folder.exists():
        return folder
    with whole_folder(folder) as scratch:
        words = ["--no-deps", "--target", str(scratch), "-r", str(root / lock)]
        pins = locked(root / lock, platform.python_version())
        pip.install(Path(sys.executable), words, f"the packages of {lock}", scratch, pins)
    return folder
