"""Releases in their lines' environments, for tests that need zarr itself."""

import json
import os
import subprocess
from pathlib import Path

from tests import REPOSITORY

ROOT = REPOSITORY


#: The oldest and the newest of each line that the design asks for.
RELEASES = ["2.18.0", "2.18.7", "3.0.8", "3.4.2"]


def python_of_line(environment: Path, release) -> Path:
    """The Python of a release's line."""
    return environment / release.line / "bin" / "python"


def variables_of(environment: Path, release) -> dict[str, str]:
    """The variables by which that Python has the release, and this clone's code."""
    return {
        "TOMOBENCH_RELEASE": release.version,
        "TOMOBENCH_LINE": release.line,
        "TOMOBENCH_WHEEL": release.sha256,
        "TOMOBENCH_RELEASE_DIR": str(environment / "releases" / release.hash),
        "PYTHONPATH": str(ROOT / "src"),
    }


class ReleaseProcess:
    """A Python of the line's environment that does accesses (accesses.py) with a release's zarr."""

    def __init__(self, environment: Path, release, layout: dict):
        accesses = Path(__file__).with_name("accesses.py")
        self._process = subprocess.Popen(
            [python_of_line(environment, release), accesses, json.dumps(layout)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **variables_of(environment, release)},
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()

    def prepare(self, access: str, place: dict) -> None:
        """Make an access ready in a place."""
        self._ask({"prepare": access, "place": place})

    def act(self) -> dict:
        """Do what was prepared; what accesses.py says of it."""
        return self._ask({})

    def _ask(self, order: dict) -> dict:
        print(json.dumps(order), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "the release's Python ended: see what it wrote"
        return json.loads(answer)
