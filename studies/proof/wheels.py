"""The published wheel of a release, and wheels made of it with something added to its modules."""

import base64
import csv
import hashlib
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from studies.proof.variants import Variant
from tomobench.bench.cache import whole_file
from tomobench.desk.errors import UserError
from tomobench.desk.releases.release import Release

DATE = (1980, 1, 1, 0, 0, 0)
"""Of every file in a wheel, so that one made again is the same wheel: stores are kept by its
digest."""


def download(release: Release, folder: Path) -> Path:
    """The release's wheel, from pip's index, checked by the lock's sha256. Raises UserError."""
    path = folder / release.wheel
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == release.sha256:
        return path
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch, "requirements.txt")
        wanted.write_text(f"zarr=={release.version} --hash=sha256:{release.sha256}\n")
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
            + ["--only-binary", ":all:", "-r", wanted, "-d", scratch],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
            raise UserError(
                f"the wheel of zarr {release.version} could not be downloaded: {reason}"
            )
        with whole_file(path) as file:
            file.write(Path(scratch, release.wheel).read_bytes())
    return path


def make(base: Path, release: Release, variant: Variant, folder: Path) -> Path:
    """Write the wheel of ``variant``, made of ``base``, the release's own; returns its path.

    Raises UserError if the release has no module that the variant adds to.
    """
    version = f"{release.version}+{variant.label}"
    with zipfile.ZipFile(base) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files = _renamed(files, release.version, version)
    for name, text in variant.additions.items():
        if name not in files and not name.rpartition("/")[2].startswith("_slower"):
            raise UserError(f"zarr {release.version} has no {name}: {variant.label} can't be made")
        files[name] = files.get(name, b"") + text.encode()
    record = f"zarr-{version}.dist-info/RECORD"
    files[record] = _record(files, record)
    path = folder / f"zarr-{version}-py3-none-any.whl"
    with whole_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), data, zipfile.ZIP_DEFLATED)
    return path


def _renamed(files: dict[str, bytes], old: str, new: str) -> dict[str, bytes]:
    """The files of a wheel under another version, in the folder's name and in METADATA."""
    info = f"zarr-{old}.dist-info/"
    renamed = {name.replace(info, info.replace(old, new), 1): data for name, data in files.items()}
    metadata = f"zarr-{new}.dist-info/METADATA"
    text = renamed[metadata].decode()
    renamed[metadata] = re.sub(r"(?m)^Version: .*$", f"Version: {new}", text, count=1).encode()
    return renamed


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
