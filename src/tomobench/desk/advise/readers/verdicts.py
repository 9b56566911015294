"""Which readers open which layouts and read the right voxels: what ``tomobench readers`` found, as data.

``results/readers.csv`` has a row for each reader and kind of store: see :mod:`tomobench.bench.kinds` for the
kinds, and :mod:`tomobench.desk.advise.readers.runs` for how the rows come about.
"""

import csv
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path

from tomobench.bench.kinds import READS, REFUSES, WRONG, kind_of
from tomobench.bench.layout import Layout
from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.releases.lock import find_root, line_of
from tomobench.desk.results.table import Table

FILE = Path("results", "readers.csv")
#: The readers, and what a person should know of each.
READERS = {
    "zarr-2.18": "the newest zarr 2.18",
    "zarr-3": "the newest zarr 3",
    "tensorstore": "as pinned in requirements/line-3.txt",
    "zarrs": "Rust, as the decoder of zarr 3 (package zarrs)",
    "zarrita": "JavaScript, the reader inside vizarr, in Node",
}
NOT_RUN = "not run"
VERDICTS = (READS, WRONG, REFUSES, NOT_RUN)


@dataclass(frozen=True)
class Trial:
    """A verdict: ``layout`` is the kind of store as it is said, ``written_by`` the release of zarr that wrote
    it, ``version`` the reader's (empty when it was not run), ``reason`` one line, empty when it reads."""

    reader: str
    version: str
    written_by: str
    layout: str
    verdict: str
    reason: str


HEADINGS = tuple(field.name for field in fields(Trial))


def load(root: Path) -> list[Trial]:
    """The rows of a repository. Raises UserError when there are none, or the file is damaged."""
    path = root / FILE
    again = "make it with: tomobench readers"
    try:
        with files.regular(path).open(newline="", encoding="utf-8") as file:
            found = list(csv.DictReader(file, strict=True))
    except FileNotFoundError:
        raise UserError(f"there is no {FILE.as_posix()}: {again}") from None
    except (OSError, UserError, UnicodeDecodeError, csv.Error):
        found = [{}]
    if not found or any(
        set(row) != set(HEADINGS) or row["verdict"] not in VERDICTS for row in found
    ):
        raise UserError(f"{FILE.as_posix()} is damaged: {again}")
    return [Trial(**row) for row in found]


def save(root: Path, rows: list[Trial]) -> None:
    """Write the rows whole, or not at all."""
    Table([asdict(row) for row in rows], headings=HEADINGS).save(root / FILE)


def can_open(reader: str, layout: Layout, line: str, root: Path | None = None) -> str | None:
    """Why a reader can't open a layout that the line's newest release wrote; None when it can.

    Chunk shape, shard shape and level play no part: what was tried is each format, sharded or not, with each
    codec and shuffle. What was never tried can't be promised, and has a reason too. ``root``: the repository,
    by default that of the current folder. Raises UserError for an unknown reader, and without a table.
    """
    if reader not in READERS:
        raise UserError(f"there is no reader {reader!r}: choose from {', '.join(READERS)}")
    row = _by_key(str(root or find_root())).get((reader, line, str(kind_of(layout))))
    if row is None:
        return f"{reader} was not tried on {kind_of(layout)} as zarr {line} writes it"
    if row.verdict == READS:
        return None
    said = f"{row.reader} {row.version}".strip()
    verb = {WRONG: "reads it wrong", REFUSES: "can't open it", NOT_RUN: "was not run"}[row.verdict]
    return f"{said} {verb}: {row.reason}"


@lru_cache(maxsize=4)
def _by_key(root: str) -> dict[tuple[str, str, str], Trial]:
    return {(row.reader, line_of(row.written_by), row.layout): row for row in load(Path(root))}
