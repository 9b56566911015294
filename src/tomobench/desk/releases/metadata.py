"""What a wheel says of itself: the METADATA file in its dist-info folder."""

import re
import zipfile
import zlib
from typing import BinaryIO

from packaging.metadata import RawMetadata, parse_email

from tomobench.desk.errors import UserError

_PLACE = re.compile(r"[^/]+\.dist-info/METADATA")


def parse(text: bytes) -> RawMetadata:
    """Return the fields of a METADATA file (packaging's names: name, version, requires_dist, …)."""
    return parse_email(text)[0]


def read(wheel: BinaryIO) -> RawMetadata:
    """Return the fields of a wheel's METADATA, after a check of every file in it.

    Raises UserError, without the wheel's name, if it is no wheel or is damaged.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            if damaged := archive.testzip():
                raise UserError(f"it is damaged at {damaged}")
            places = [name for name in archive.namelist() if _PLACE.fullmatch(name)]
            if len(places) != 1:
                raise UserError("it has no METADATA, so it is no wheel")
            return parse(archive.read(places[0]))
    # What zipfile raises for files that only look like archives, encrypted ones included.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise UserError("it is no zip archive, or a damaged one") from None
