"""The changed wheels: what each changes, and which benchmarks that touches.

What a wheel does not touch must not be flagged. What it must change has to be found: a count always,
a time according to its true size, which is measured (truth.py) and not taken from the wheel's name.
"""

import re
from dataclasses import dataclass, field

from studies.proof import patches

SIZES = {
    "decode": (0.05, 0.10, 0.20, 0.50),
    "shard": (0.05, 0.10, 0.20, 0.50),
    "store": (0.05, 0.10, 0.20, 0.50, 1.0, 2.0),
}
"""The shares by which each kind is slowed. With a warm page cache the store takes a small part of an
access: only when it takes twice as long or more does an access take 10 % longer."""

PIPELINE = "zarr/core/codec_pipeline.py"
NOTHING = "(?!)"
"""A regular expression that finds nothing."""

READS = r"^read\.\w+\.time_(?!open)"
SHARDED_READS = rf"{READS}.*\(.*, (\d+×\d+×\d+|whole)\)$"
"""Reads of the grids whose last parameter is a shard's shape: all but those with none."""

READ_COUNTS = r"\(read .*\)$"
SIZES_STORED = (
    r"^footprint\.(?!Codecs)\w+\.track_(stored_bytes|ratio)\(|"
    r"^footprint\.Codecs\.track_(stored_bytes|ratio)\(blosc-\w+ "
)


@dataclass(frozen=True)
class Variant:
    """A wheel, by its local version ``label`` (``3.4.2+decode10``).

    ``kind``: what is changed; ``share``: by how much, 0 where that means nothing. ``additions``:
    text for the end of a module of the wheel, by its name; a module that is not there is made.
    Regular expressions for ``benchmark(parameters)``: ``touched``, what may come out otherwise than
    before; ``certain``, what must, by an exact count.
    """

    label: str
    kind: str
    share: float = 0.0
    additions: dict[str, str] = field(default_factory=dict)
    touched: str = NOTHING
    certain: str = NOTHING

    def touches(self, name: str) -> bool:
        return bool(re.search(self.touched, name))

    def must_change(self, name: str) -> bool:
        return bool(re.search(self.certain, name))


def same(number: int) -> Variant:
    """The release itself, under another name."""
    return Variant(f"same{number}", "same")


def slowed(kind: str, share: float) -> Variant:
    """A kind of SLOWED made slower by a share of the time it takes."""
    name, text, touched = SLOWED[kind]
    additions = {name: text, "zarr/_slower.py": patches.SLOWER.format(share=share)}
    return Variant(f"{kind}{round(share * 100):02}", kind, share, additions, touched)


SLOWED = {
    "decode": (PIPELINE, patches.READ.format(condition=patches.DECODING), READS),
    "shard": (PIPELINE, patches.READ.format(condition=patches.SHARDED), SHARDED_READS),
    "store": ("zarr/storage/_local.py", patches.STORE, r"^read\.\w+\.time_"),
}
"""By kind: the module, what is added to it, and what that touches. Chunk decoding: all that reads
voxels, sharded or not. The store: whatever reads a file, so openings too."""

REQUEST = Variant(
    "request",
    "request",
    additions={PIPELINE: patches.REQUEST},
    # A check before each read runs functions of zarr's, and takes time.
    touched=rf"{READS}|^counts\.\w+\.track_(requests|function_starts|peak_memory){READ_COUNTS}",
    certain=rf"^counts\.\w+\.track_requests{READ_COUNTS}",
)
LARGER = Variant(
    "larger",
    "larger",
    additions={
        "zarr/codecs/blosc.py": patches.LARGER_3,
        "zarr/codecs/_v2.py": patches.LARGER_2,
    },
    # Without a shuffle, there is next to nothing to compress. Ranges of a shard are fetched together
    # by how far they are apart, and larger chunks are farther.
    touched=rf"{SIZES_STORED}|^(read|write)\.(?!.*open)|"
    r"^counts\.\w+\.track_(bytes_\w+|amplification|function_starts|peak_memory)\((?!open)|"
    r"^counts\.Shards\.track_(requests|gets|range_gets)\(.*, (\d+×\d+×\d+|whole)\)$",
    certain=rf"({SIZES_STORED})(?!.*none, )|^counts\.\w+\.track_bytes_fetched\(read ",
)


def timed(aliases: int, sizes: dict[str, tuple[float, ...]]) -> list[Variant]:
    """The wheels that are raced: ``aliases`` times the release itself, and each kind in its sizes."""
    same_ones = [same(number) for number in range(1, aliases + 1)]
    return same_ones + [slowed(kind, share) for kind in sizes for share in sizes[kind]]


def counted() -> list[Variant]:
    """The wheels whose counts are compared."""
    return [same(1), REQUEST, LARGER]


def find(label: str) -> Variant | None:
    """The variant of a label; None for the empty one, which is the release's own."""
    if not label:
        return None
    ((kind, number),) = re.findall(r"^([a-z]+?)(\d*)$", label)
    if kind == "same":
        return same(int(number))
    if kind in SLOWED:
        return slowed(kind, int(number) / 100)
    return {one.label: one for one in (REQUEST, LARGER)}[label]
