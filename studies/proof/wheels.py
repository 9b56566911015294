"""The published wheel of a release, and wheels made of it with something added to its modules."""

from pathlib import Path

from studies.proof.variants import Variant
from tomobench.desk.errors import UserError
from tomobench.desk.releases import repack
from tomobench.desk.releases.release import Release
from tomobench.desk.releases.repack import download

__all__ = ["download", "make"]


def make(base: Path, release: Release, variant: Variant, folder: Path) -> Path:
    """Write the wheel of ``variant``, made of ``base``, the release's own; returns its path.

    Raises UserError if the release has no module that the variant adds to.
    """
    version = f"{release.version}+{variant.label}"
    files = repack.renamed(repack.files_of(base), release.version, version)
    for name, text in variant.additions.items():
        if name not in files and not name.rpartition("/")[2].startswith("_slower"):
            raise UserError(f"zarr {release.version} has no {name}: {variant.label} can't be made")
        files[name] = files.get(name, b"") + text.encode()
    return repack.write(files, version, folder)
