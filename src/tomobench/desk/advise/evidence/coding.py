"""How many times as long a byte takes to decode or encode as in the default codec on raw float32.

``results/coding.csv`` has it by element type, kind of voxels and codec, raced in numcodecs on a
chunk of a phantom (``python -m studies.search coding``). A type or kind that was not raced takes
what the same codec takes on raw float32: its times scale with the bytes decoded.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tomobench.bench.layout import Codec
from tomobench.desk import files
from tomobench.desk.errors import UserError

FILE = Path("results", "coding.csv")
HEADINGS = ("dtype", "kind", "codec", "level", "shuffle", "ratio", "decoding", "encoding")


@dataclass(frozen=True)
class Coding:
    """Factors by (element type, kind, codec): of decoding, and of encoding."""

    found: Mapping[tuple[str, str, Codec], tuple[float, float]] = field(default_factory=dict)

    def of(self, dtype: str, kind: str, codec: Codec, writes: bool) -> float:
        """The factor for some voxels in a codec."""
        for alike in ((dtype, kind), (dtype, "raw"), ("float32", "raw")):
            if known := self.found.get((*alike, codec)):
                return known[writes]
        return 1.0

    def knows(self, dtype: str, kind: str) -> bool:
        """Whether voxels of the type and kind were raced."""
        return any(key[:2] == (dtype, kind) for key in self.found)

    def codecs(self) -> list[Codec]:
        """The codecs that were raced."""
        return list(dict.fromkeys(codec for _, _, codec in self.found))


@lru_cache(maxsize=4)
def load(root: Path | None) -> Coding:
    """The factors of a repository; none where it has no table. Raises UserError for a damaged one."""
    if root is None or not files.there(root / FILE):
        return Coding()
    try:
        with files.regular(root / FILE).open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            if reader.fieldnames != list(HEADINGS):
                raise ValueError("its first line is not that of the table")
            return Coding(dict(map(_entry, reader)))
    except (OSError, UserError, LookupError, ValueError, TypeError, csv.Error) as error:
        raise UserError(
            f"{FILE.as_posix()} is damaged ({error}): restore it from git, or make it again with "
            "python -m studies.search coding"
        ) from None


def _entry(row: dict) -> tuple[tuple[str, str, Codec], tuple[float, float]]:
    factors = float(row["decoding"]), float(row["encoding"])
    if not all(0 < one < 1e4 for one in factors):
        raise ValueError(f"factors {factors}")
    codec = Codec(row["codec"], int(row["level"]), row["shuffle"])
    return (row["dtype"], row["kind"], codec), factors
