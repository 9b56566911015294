"""How pip and virtualenv are run: the user's way to the packages counts, other settings of theirs do not.

A setting as PIP_DRY_RUN or PIP_TARGET would have pip end well with nothing installed; of settings in pip's files the
result tells (:func:`lacking`).
"""

import importlib.metadata
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tomobench.desk.errors import UserError

WAY = frozenset(
    f"PIP_{name}"
    for name in (
        *("INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "NO_INDEX", "CONSTRAINT"),
        *("CERT", "CLIENT_CERT", "TRUSTED_HOST", "PROXY", "KEYRING_PROVIDER", "USE_FEATURE"),
        *("TIMEOUT", "DEFAULT_TIMEOUT", "RETRIES", "RESUME_RETRIES", "NO_INPUT"),
        *("CACHE_DIR", "NO_CACHE_DIR", "CONFIG_FILE", "DISABLE_PIP_VERSION_CHECK", "LOG"),
        *("COMPILE", "NO_COMPILE"),
    )
)
"""The settings of pip's that say how it gets at packages; when they are compiled changes nothing either."""

OURS = {
    "PIP_USER": "false",
    "PIP_DRY_RUN": "false",
    "VIRTUALENV_CONFIG_FILE": os.devnull,
}
"""What a file of settings may not say."""

FOREIGN = ("PIP_", "VIRTUALENV_", "PYTHON")
"""How the names of variables begin that are left out, but for WAY."""


def environment() -> dict[str, str]:
    """The environment of a process of pip's or virtualenv's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in WAY or not name.startswith(FOREIGN)
    }
    return kept | OURS


def version_of(python: Path | str) -> str:
    """The version of a Python, as 3.13.1. Raises UserError for one that does not start."""
    if str(python) == sys.executable:
        return platform.python_version()
    asked = [python, "-I", "-c", "import platform; print(platform.python_version())"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        raise UserError(f"{python} does not start: choose another Python") from None


def install(
    python: Path,
    words: list[str],
    what: str,
    into: Path,
    pins: Mapping[str, str],
    timeout: float | None = None,
) -> None:
    """Have a Python's pip install, and see that the packages ``pins`` are in the folder ``into``, in these versions.

    ``what`` names it to people. Raises UserError.
    """
    try:
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--require-hashes", *words],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"{what} could not be installed: not done in {timeout:g} s") from None
    if done.returncode:
        raise UserError(f"{what} could not be installed: {_reason(done)}")
    if missing := lacking(into, pins):
        raise UserError(
            f"{what} could not be installed: pip ended well, and did not install {', '.join(missing)} there "
            "(pip config list: does a setting send packages elsewhere?)"
        )


def lacking(folder: Path, pins: Mapping[str, str]) -> list[str]:
    """Which of these packages are not in a folder of packages in the version that is named."""
    found = {
        canonicalize_name(one.name): one.version
        for one in importlib.metadata.distributions(path=[str(folder)])
        if one.name
    }
    return [
        f"{name} {version}"
        for name, version in pins.items()
        if not _same(found.get(canonicalize_name(name)), version)
    ]


def _same(found: str | None, version: str) -> bool:
    try:
        return found is not None and Version(found) == Version(version)
    except InvalidVersion:
        return found == version


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    lines = [one for one in done.stderr.splitlines() if one.startswith("ERROR")]
    reason = lines[-1].removeprefix("ERROR: ") if lines else f"pip ended with {done.returncode}"
    return f"{reason} (is the package index that pip uses in reach?)"
