"""Wheels that pip builds of a folder: a project's, or the files of a commit."""

import hashlib
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from tomobench.bench.cache import whole_folder
from tomobench.desk import pip
from tomobench.desk.errors import UserError

VERSION = ("SETUPTOOLS_SCM_PRETEND_VERSION", "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_ZARR")
"""The environment variables that tell a build which version to make, where git can't be asked."""

NO_SPACE = "No space left on device"

NOT_FOUND = ("No matching distribution found", "Could not find a version", "Max retries exceeded")
"""What pip says where the index is out of reach, or has no such package."""

PROBE = "hatchling"
"""A package that every index has: zarr is built with it."""


class MachineInTheWay(UserError):
    """A build that says nothing of what was built: the disk is full, or the index out of reach."""


def build(
    folder: Path, scratch: Path, version: str | None = None, tools: Path | None = None
) -> Path:
    """The wheel that pip builds of a project's folder, in ``scratch``; of this ``version``, where one is given.

    ``tools``: a folder in which what a build asks for is kept, so that the next one with the same need not install it:
    most of a build's time. A build that fails with them has pip install them anew.
    Raises UserError where the build fails, MachineInTheWay where that is not the project's doing.
    """
    told = dict.fromkeys(VERSION, version) if version else {}
    if tools and (asked := _asked_for(folder)) is not None:
        place = _installed(tools, asked)
        if place and (found := _wheel(folder, scratch, told, place)[0]):
            return found
    found, said = _wheel(folder, scratch, told)
    if found is None:
        _require_the_machine(said, folder)
        errors = [one for one in said.splitlines() if one.startswith("ERROR: ")]
        reason = errors[0].removeprefix("ERROR: ") if errors else "no wheel came out"
        raise UserError(f"no wheel could be built of {folder}: {reason}")
    return found


def _wheel(
    folder: Path, scratch: Path, told: Mapping[str, str], tools: Path | None = None
) -> tuple[Path | None, str]:
    """The wheel, if one came out, and what pip said."""
    beside = {"PYTHONPATH": str(tools)} if tools else {}
    isolated = ["--no-build-isolation"] if tools else []
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *isolated]
        + ["-w", str(scratch), str(folder.resolve())],
        env={**pip.environment(), **told, **beside},
        capture_output=True,
        text=True,
        check=False,
    )
    found = sorted(scratch.glob("*.whl"))
    return (found[0] if not done.returncode and len(found) == 1 else None), done.stderr


def _asked_for(folder: Path) -> list[str] | None:
    """The packages that a project is built with; None where it does not say so in today's way."""
    try:
        found = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        asked = found["build-system"]["requires"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return asked if asked and all(isinstance(one, str) for one in asked) else None


def _installed(tools: Path, asked: Iterable[str]) -> Path | None:
    """The folder in which these packages are installed, now unless they were; None where pip can't."""
    text = "\n".join([*sorted(asked), sys.version])
    place = tools / hashlib.sha256(text.encode()).hexdigest()[:10]
    if not place.exists():
        try:
            with whole_folder(place) as unfinished:
                words = ["install", "--quiet", "--target", str(unfinished), *asked]
                subprocess.run(
                    [sys.executable, "-m", "pip", *words],
                    env=pip.environment(),
                    capture_output=True,
                    check=True,
                )
        except subprocess.CalledProcessError:
            return None
    return place


def _require_the_machine(said: str, folder: Path) -> None:
    """Raise MachineInTheWay where a failed build is not the project's doing."""
    if NO_SPACE in said:
        raise MachineInTheWay(f"no wheel could be built of {folder.name}: {NO_SPACE.lower()}")
    if any(one in said for one in NOT_FOUND) and not _index_in_reach():
        raise MachineInTheWay(
            f"no wheel could be built of {folder.name}: the package index that pip uses is out of reach"
        )


def _index_in_reach() -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        words = ["download", "--quiet", "--no-deps", "--no-cache-dir", "-d", scratch, PROBE]
        return not subprocess.run(
            [sys.executable, "-m", "pip", *words],
            env=pip.environment(),
            capture_output=True,
            check=False,
        ).returncode
