"""Packages that are installed alone, by their digests, into a folder of the proof.

They are what tomobench is compared with, and ask for what it does not have: Otava for another NumPy, and for
clients of databases that finding change points has no use for.
"""

import subprocess
import sys
from pathlib import Path

from studies.proof.project import FOLDER
from tomobench.bench.cache import whole_folder
from tomobench.desk.errors import UserError


def install(root: Path, name: str) -> Path:
    """The folder with all that ``studies/proof/requirements/<name>.txt`` lists, installed now if it is not there.

    Raises UserError.
    """
    lock, folder = Path("studies", "proof", "requirements", f"{name}.txt"), root / FOLDER / name
    if folder.exists():
        return folder
    with whole_folder(folder) as scratch:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
            + ["--target", scratch, "-r", root / lock],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
            raise UserError(f"the packages of {lock} could not be installed: {reason}")
    return folder
