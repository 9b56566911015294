"""The published wheel of a release, and wheels made of one: under another version, with other files."""

import base64
import csv
import hashlib
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from tomobench.bench.cache import whole_file
from tomobench.desk import pip
from tomobench.desk.errors import UserError
from tomobench.desk.releases.release import Wheel

DATE = (1980, 1, 1, 0, 0, 0)
"""Of every file in a wheel, so that one made again is the same wheel: stores are kept by its
digest."""


def download(release: Wheel, folder: Path) -> Path:
    """The release's wheel, from pip's index, checked by the lock's sha256. Raises UserError."""
    path = folder / release.wheel
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == release.sha256:
        return path
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch, "requirements.txt")
        wanted.write_text(f"zarr=={release.version} --hash=sha256:{release.sha256}\n")
        asked = ["--require-hashes", "-r", str(wanted)]
        found = _downloaded(asked, f"zarr {release.version}", Path(scratch))
        with whole_file(path) as file:
            file.write(found.read_bytes())
    return path


def files_of(wheel: Path) -> dict[str, bytes]:
    """A wheel's files, by name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def renamed(files: dict[str, bytes], old: str, new: str) -> dict[str, bytes]:
    """The files of a wheel of zarr under another version, in the folder's name and in METADATA."""
    info = f"zarr-{old}.dist-info/"
    found = {name.replace(info, info.replace(old, new), 1): data for name, data in files.items()}
    metadata = f"zarr-{new}.dist-info/METADATA"
    text = found[metadata].decode()
    found[metadata] = re.sub(r"(?m)^Version: .*$", f"Version: {new}", text, count=1).encode()
    return found


def write(files: dict[str, bytes], version: str, folder: Path) -> Path:
    """Write the wheel of zarr that holds these files, with a RECORD of its own; returns its path."""
    record = f"zarr-{version}.dist-info/RECORD"
    files = {**files, record: _record(files, record)}
    path = folder / f"zarr-{version}-py3-none-any.whl"
    with whole_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), data, zipfile.ZIP_DEFLATED)
    return path


def pinned(pin: str, names: Sequence[str]) -> tuple[str, str]:
    """Name and version of ``name==version``. Raises UserError for another text, and a name not in ``names``."""
    found = re.fullmatch(r"([\w.-]+)==([\w.!+]+)", pin)
    try:
        Requirement(pin)
    except InvalidRequirement:
        found = None
    if found is None or found[1] not in names:
        raise UserError(f"{pin!r} is no pin: say NAME==VERSION, of {', '.join(names)}")
    return found[1], found[2]


def with_package(wheel: Path, version: str, name: str, pin: str, folder: Path) -> Path:
    """The wheel of zarr ``version`` that brings another package along, in the version ``pin``.

    A release's folder stands before the line's packages, so that this one is imported. Its metadata are put where
    pip installs them too: a wheel may have one dist-info alone. Raises UserError where there is no such wheel.
    """
    new = (
        f"{version}{'.' if '+' in version else '+'}{name}.{pin.replace('!', '.').replace('+', '.')}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        brought = files_of(_downloaded([f"{name}=={pin}"], f"{name} {pin}", Path(scratch)))
    files = renamed(files_of(wheel), version, new)
    for path, data in brought.items():
        top = path.partition("/")[0]
        if top.endswith(".dist-info"):
            files[f"zarr-{new}.data/purelib/{path}"] = data
        elif not top.endswith(".data"):
            files[path] = data
    return write(files, new, folder)


def _downloaded(asked: list[str], what: str, scratch: Path) -> Path:
    """The wheel that pip downloads into ``scratch``. Raises UserError."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        + ["--only-binary", ":all:", "-d", scratch, *asked],
        env=pip.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    found = sorted(scratch.glob("*.whl"))
    if done.returncode or not found:
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise UserError(f"the wheel of {what} could not be downloaded: {reason}")
    return found[0]


def _record(files: dict[str, bytes], own: str) -> bytes:
    """RECORD, as the wheel specification has it: name, digest and size of each file but itself."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for name, data in files.items():
        if name != own:
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows.writerow([name, f"sha256={digest}", len(data)])
    rows.writerow([own, "", ""])
    return text.getvalue().encode()
