"""``python -m studies.old_data``: the archives of old data that are not there yet, each written by its own release.

The writers: the last patch of each minor release of zarr, every yanked release of the lock, and tensorstore. Archives
that are there stay: old data is what was written then.
"""

import subprocess
import sys
from pathlib import Path

from tomobench.bench.old_data import FOLDER, SUFFIX, TENSORSTORE
from tomobench.desk.asv.pythons import ReleasePython, make_ready
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.releases.release import Release


def main() -> None:
    """Make what is missing."""
    root = lock.find_root()
    FOLDER.mkdir(exist_ok=True)
    known = lock.load(root)
    missing = [one for one in writers(known) if not archive(one.version).exists()]
    try:
        if not archive(TENSORSTORE).exists():
            make(make_ready(root, [known.tips()[-1]])[0], TENSORSTORE)
        for python in make_ready(root, missing):
            make(python, python.version)
    except UserError as error:
        sys.exit(f"tomobench: {error}")


def writers(known) -> list[Release]:
    """The releases whose data is kept."""
    yanked = [one for one in known.releases if one.yanked is not None]
    return [*known.tips(), *yanked]


def archive(writer: str) -> Path:
    """Where a writer's arrays are: ``3.4.2.tar.gz``."""
    return FOLDER / f"{writer}{SUFFIX}"


def make(python: ReleasePython, writer: str) -> None:
    """Have a writer write. Raises UserError with what it said when it can't."""
    print(f"… {writer} writes", file=sys.stderr)
    command = [*python.module("tomobench.drivers.old_data"), writer, archive(writer)]
    done = subprocess.run(
        command, env=python.environment(), text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise UserError(
            f"{writer} could not write: {(done.stderr.splitlines() or ['no word'])[-1]}"
        )
    print(done.stdout, end="")


if __name__ == "__main__":
    main()
