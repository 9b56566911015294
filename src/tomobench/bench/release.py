"""Which zarr release this process is meant to measure, as the asv environment plugin tells it."""

import functools
import hashlib
import importlib.metadata
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tomobench.bench.blame import NotMeasured
from tomobench.bench.cache import root

#: Digits of a sha256 that go into a folder's name.
DIGITS = 16
#: asv's name for the environment variable that says zarr's configuration, where it is not its own.
CONFIGURATION = "zarr_config"
#: The environment variables by which a process knows it: the fields of :class:`Asked`, in order.
VARIABLES = ("TOMOBENCH_RELEASE", "TOMOBENCH_LINE", "TOMOBENCH_WHEEL", "TOMOBENCH_RELEASE_DIR")


class WrongRelease(NotMeasured):
    """The zarr that Python imports here is not the release that was asked for."""


@dataclass(frozen=True)
class Asked:
    """The release asked for: its version, line, the sha256 of its wheel, and the folder it is in."""

    version: str
    line: str
    wheel: str
    folder: Path


def asked() -> Asked:
    """What the environment says was asked for.

    Raises WrongRelease when it says nothing, as in a plain ``python`` or an asv environment of another type.
    """
    try:
        version, line, wheel, folder = (os.environ[name] for name in VARIABLES)
    except KeyError as missing:
        raise WrongRelease(
            f"{missing} is not set: run the benchmarks through asv, in this repository's environments"
        ) from None
    return Asked(version, line, wheel, Path(folder))


def variables() -> dict[str, str]:
    """The variables that have another process know the release as well (:func:`join`). Raises WrongRelease."""
    asked()
    return {name: os.environ[name] for name in VARIABLES}


def join(variables: dict[str, str]) -> None:
    """Have this process know the release, and import it, unless it was told of one before."""
    if not os.environ.keys() & set(VARIABLES):
        os.environ.update(variables)
        sys.path.insert(0, str(asked().folder))


def key() -> str:
    """What names the folders of the release under test in the cache: the first DIGITS digits of its wheel's sha256.

    With a digest of zarr's configuration where that is not its own: what was found under one says nothing of another.
    Raises WrongRelease as :func:`asked`.
    """
    wheel = asked().wheel[:DIGITS]
    if configuration := os.environ.get(CONFIGURATION):
        return f"{wheel}-{hashlib.sha256(configuration.encode()).hexdigest()[:DIGITS]}"
    return wheel


def folders(kind: str, sha256: str) -> list[Path]:
    """The folders of a wheel in the cache, of a kind ("stores", "tried"), in whichever configuration of zarr."""
    return sorted((root() / kind).glob(f"{sha256[:DIGITS]}*"))


@functools.cache
def guard(zarr) -> None:
    """Refuse to measure ``zarr``, the imported module, unless it is the release asked for.

    A process, with those that it forks, is asked once: looking a version up takes 3 ms. Raises WrongRelease when its version differs, or it was not imported from the release's own folder.
    """
    release = asked()
    version = importlib.metadata.version("zarr")
    if version != release.version:
        raise WrongRelease(f"zarr {version} was imported, but {release.version} was asked for")
    if release.folder.resolve() not in Path(zarr.__file__).resolve().parents:
        raise WrongRelease(f"zarr was imported from {zarr.__file__}, not from {release.folder}")
