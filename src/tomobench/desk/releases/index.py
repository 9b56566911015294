"""What the package index has published, asked over its simple API in JSON (PEP 691, 700, 658)."""

import ast
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from packaging.metadata import RawMetadata
from packaging.utils import (
    BuildTag,
    InvalidWheelFilename,
    canonicalize_name,
    parse_wheel_filename,
)
from packaging.version import Version
from pypi_simple import (
    ACCEPT_JSON_ONLY,
    PYPI_SIMPLE_ENDPOINT,
    DistributionPackage,
    NoMetadataError,
    NoSuchProjectError,
    PyPISimple,
    UnsupportedRepoVersionError,
)

from tomobench.desk import digits, files
from tomobench.desk.errors import UserError
from tomobench.desk.releases import metadata
from tomobench.desk.releases.release import OLDEST, Wheel

TIMEOUT = 15
"""Seconds without an answer before giving up, unless pip is set up otherwise: pip's own default."""

_OPTIONS = ("index-url", "cert", "proxy", "timeout", "default-timeout")

_REASONS = (
    (requests.exceptions.SSLError, "its certificate is not trusted"),
    (requests.exceptions.ProxyError, "the proxy does not let the question through"),
    (requests.exceptions.Timeout, "it does not answer in time"),
    (requests.exceptions.JSONDecodeError, "its answer is no JSON"),
    (requests.exceptions.ConnectionError, "no connection"),
)


def fetch(package: str, known: Iterable[Wheel] = ()) -> list[Wheel]:
    """Return the package's wheels on the index that pip is set up with, from 2.18 on.

    One wheel a version, one that installs anywhere: zarr has no other kind, and versions without
    one are left out. Yanked releases and pre-releases are among them. What ``known`` wheels require
    is taken over; for the others the index is asked for the wheel's metadata, and the wheel itself
    is read where the index does not serve that.

    Raises UserError if the index is out of reach, answers with an error or with something else than
    the list, has no such package, or does not say when its files were uploaded.
    """
    settings = _pip_settings()
    endpoint = settings.get("index-url") or PYPI_SIMPLE_ENDPOINT
    place = _without_secrets(endpoint)
    requirements = {wheel.sha256: wheel.requires_dist for wheel in known}
    with PyPISimple(endpoint, session=_session(settings), accept=ACCEPT_JSON_ONLY) as client:
        try:
            page = client.get_project_page(package)
            files = _chosen(page.packages, package, set(requirements))
            _check_complete(files, package, place)
            return [_wheel(client, file, requirements) for file in files]
        except NoSuchProjectError:
            raise UserError(f"the package index at {place} has no package {package}") from None
        except OSError as error:
            raise UserError(
                f"the package index at {place} cannot be read ({_reason(error)}): "
                "check the network and pip's index-url, then try again"
            ) from None
        except (ValueError, UnsupportedRepoVersionError) as error:
            raise UserError(
                f"the package index at {place} gives an answer that cannot be read "
                f"({str(error).splitlines()[0]})"
            ) from None


def _pip_settings() -> dict[str, str]:
    """The options of `pip install` that matter here, from pip's files and the environment."""
    names = ("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS")  # where pip looks for its files
    matters = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PIP_") or name in names
    }
    return _settings_in(tuple(sorted(matters.items())))


@cache
def _settings_in(environment: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """As above: pip, whose start takes half a second, is asked once for each environment."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True)
    settings: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    # Without pip in the environment (uv makes such ones) its variables still count.
    for line in answer.stdout.splitlines() if answer.returncode == 0 else ():
        key, _, value = line.partition("=")
        section, _, option = key.partition(".")
        if section in settings and option in _OPTIONS:
            settings[section][option] = ast.literal_eval(value)
    names = {option: f"PIP_{option.upper().replace('-', '_')}" for option in _OPTIONS}
    set_ = dict(environment)
    chosen = {option: set_[name] for option, name in names.items() if name in set_}
    # The order of precedence in pip's manual, the strongest last.
    return {**settings["global"], **settings["install"], **chosen}


class _TimedSession(requests.Session):
    """A session in which every request gives up after some seconds without an answer."""

    def __init__(self, seconds: float):
        super().__init__()
        self.seconds = seconds

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = kwargs.get("timeout") or self.seconds
        return super().request(*args, **kwargs)


def _session(settings: dict[str, str]) -> requests.Session:
    seconds = settings.get("timeout") or settings.get("default-timeout") or TIMEOUT
    if (patience := digits.positive(str(seconds))) is None:
        raise UserError(f"pip's timeout is {seconds!r}: set a number of seconds (pip config list)")
    session = _TimedSession(patience)
    if cert := settings.get("cert"):
        session.verify = str(files.expanded(cert))
    if proxy := settings.get("proxy"):
        session.proxies = {"http": proxy, "https": proxy}
    return session


def _chosen(
    files: Iterable[DistributionPackage], package: str, known: set[str]
) -> list[DistributionPackage]:
    """One wheel a version, oldest version first: the one known already, else the latest build."""
    best: dict[Version, tuple[Any, DistributionPackage]] = {}
    for version, build, file in _candidates(files, package):
        rank = (file.digests.get("sha256") in known, build)
        if version not in best or rank > best[version][0]:
            best[version] = (rank, file)
    return [best[version][1] for version in sorted(best)]


def _candidates(
    files: Iterable[DistributionPackage], package: str
) -> Iterator[tuple[Version, BuildTag, DistributionPackage]]:
    for file in files:
        try:
            name, version, build, tags = parse_wheel_filename(file.filename)
        except InvalidWheelFilename:
            continue
        anywhere = any(tag.abi == "none" and tag.platform == "any" for tag in tags)
        if name == canonicalize_name(package) and anywhere and version.release >= OLDEST:
            yield version, build, file


def _check_complete(files: list[DistributionPackage], package: str, place: str) -> None:
    if not files:
        raise UserError(
            f"the package index at {place} lists no wheel of {package} that is new "
            "enough, or its answer is not the list of a simple index"
        )
    if any(file.upload_time is None or "sha256" not in file.digests for file in files):
        raise UserError(
            f"the package index at {place} gives no upload times or no sha256 digests "
            "(PEP 700 and 691): set pip's index-url to one that does"
        )


def _wheel(client: PyPISimple, file: DistributionPackage, requirements: dict[str, Any]) -> Wheel:
    digest = file.digests["sha256"]
    if digest not in requirements:
        fields = _served_metadata(client, file) or _wheel_metadata(client, file)
        requirements[digest] = tuple(fields.get("requires_dist", ()))
    assert file.version is not None and file.upload_time is not None  # see _check_complete
    return Wheel(
        version=str(Version(file.version)),
        uploaded=_utc(file.upload_time),
        wheel=file.filename,
        sha256=digest,
        requires_python=file.requires_python,
        requires_dist=requirements[digest],
        yanked=(file.yanked_reason or "no reason given") if file.is_yanked else None,
    )


def _utc(time: datetime) -> datetime:
    # PEP 700 wants UTC, with a Z that some mirrors forget.
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _served_metadata(client: PyPISimple, file: DistributionPackage) -> RawMetadata | None:
    if not file.has_metadata:
        return None
    try:
        # An index may serve metadata without giving its digest (PEP 714).
        text = client.get_package_metadata_bytes(file, verify=bool(file.metadata_digests))
    except NoMetadataError:
        return None
    return metadata.parse(text)


def _wheel_metadata(client: PyPISimple, file: DistributionPackage) -> RawMetadata:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file.filename
        client.download_package(file, path)
        with path.open("rb") as wheel:
            return metadata.read(wheel)


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _reason(error: OSError) -> str:
    response = getattr(error, "response", None)
    if isinstance(error, requests.HTTPError) and response is not None:
        return f"it answers {response.status_code} {response.reason}"
    return next((text for kind, text in _REASONS if isinstance(error, kind)), type(error).__name__)
