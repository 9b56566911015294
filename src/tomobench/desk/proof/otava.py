"""Apache Otava's change point detection, from its own package.

Otava asks for another NumPy than tomobench, and for clients of databases that finding change points
has no use for. So it is installed alone, by its digest, into a folder of the proof.
"""

import subprocess
import sys
from pathlib import Path

from tomobench.bench.cache import whole_folder
from tomobench.desk.errors import UserError
from tomobench.desk.proof.project import FOLDER

LOCK = Path("requirements", "otava.txt")


def install(root: Path) -> Path:
    """The folder with the package ``otava``, installed now if it is not there. Raises UserError."""
    folder = root / FOLDER / "otava"
    if folder.exists():
        return folder
    with whole_folder(folder) as scratch:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
            + ["--target", scratch, "-r", root / LOCK],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
            raise UserError(f"Otava, of {LOCK}, could not be installed: {reason}")
    return folder
