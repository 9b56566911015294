"""What both sides run on: asked of their Pythons, and compared with what a committed result records."""

import contextlib
import json
import re
import subprocess
import sys
from pathlib import Path

from tomobench.desk.asv import pythons, running
from tomobench.desk.errors import UserError
from tomobench.desk.judge.fresh.subject import PINNABLE
from tomobench.desk.measure.aside import Aside
from tomobench.desk.releases import installed
from tomobench.desk.releases.release import Release
from tomobench.desk.results import machine as machines

Versions = dict[str, str]
"""Of Python and of each of PACKAGES, by name; empty for one that is not there."""

PACKAGES = ("zarr", *PINNABLE)
"""Those on which counts depend: where Python and these are equal, counts are."""

ASK = f"""
import importlib.metadata as metadata, json, platform
import zarr, numcodecs, numpy
found = {{"Python": platform.python_version()}}
for name in {PACKAGES!r}:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        found[name] = ""
found["numcodecs"], found["numpy"] = numcodecs.__version__, numpy.__version__
print(json.dumps(found))
"""
"""Run by a side's Python. What was really imported is what counts."""


class Unusable(UserError):
    """A release that its line's environment has not what it asks for, or that doesn't import there: its own doing."""


def ask(aside: Aside, releases: list[Release]) -> list[Versions]:
    """The versions that each release runs on, once it is installed.

    Raises Unusable where that is its own doing, and UserError where one can't be installed.
    """
    # asv says on stdout what it installs; that is for the verdict alone.
    with contextlib.redirect_stdout(sys.stderr), running.on_volume(aside.volume):
        try:
            ready = pythons.make_ready(aside.folder, releases)
        except pythons.NotInstallable as error:
            raise Unusable(str(error)) from None
    return [_versions(one) for one in ready]


def _versions(ready: pythons.ReleasePython) -> Versions:
    done = subprocess.run(
        [ready.program, "-c", ASK],
        env=ready.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise Unusable(
            f"zarr {ready.version} can't be imported in the environment of line {ready.line}: {last}"
        )
    answer: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return answer


def require(pin: str, versions: Versions) -> None:
    """Raise UserError unless a side imports the version that was asked for."""
    name, _, version = pin.partition("==")
    if versions[name] != version:
        raise UserError(
            f"{name} {versions[name]} is imported, not {version}: {pin} can't be judged"
        )


def lender(results_dir: Path, release: Release, versions: Versions) -> str | None:
    """The machine whose committed counts of a release are of the same wheel and versions; or None."""
    same = {**versions, "sha256": release.sha256}
    for path in installed.records(results_dir, release.hash):
        name = path.parent.name
        if not machines.is_local(name) and "-race-" not in path.name and _recorded(path) == same:
            return name
    return None


def _recorded(path: Path) -> Versions:
    text = path.read_text(encoding="utf-8", errors="replace")
    found = dict(re.findall(r"^([\w.-]+)==(\S+)$", text, re.MULTILINE))
    python = re.search(r"^# Python (\S+)", text, re.MULTILINE)
    sha256 = re.search(r"wheel sha256 (\w+)", text)
    return {
        "Python": python[1] if python else "",
        **{name: found.get(name, "") for name in PACKAGES},
        "sha256": sha256[1] if sha256 else "",
    }
