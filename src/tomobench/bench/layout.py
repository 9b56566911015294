"""Layouts: how a volume is cut and coded. No zarr here: the adapters translate a layout for their line."""

from dataclasses import dataclass

Shape = tuple[int, ...]
"""Lengths along z, y and x."""

#: Codecs by the name a person uses, and whether they take a shuffle.
CODECS = {"blosc-zstd": True, "blosc-lz4": True, "zstd": False, "gzip": False, "none": False}
SHUFFLES = ("shuffle", "bitshuffle", "none")
#: Another that people's stores have: the bytes of voxels shuffled by a filter, then zstd, both without Blosc (format 3).
#: It is measured in layouts of practice alone, and no advice names it.
SHUFFLE_ZSTD = "shuffle+zstd"


class Label(str):
    """A parameter value that asv shows as it is said: asv prints repr(), which would add quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def say(shape: Shape | None) -> Label:
    """A chunk or shard shape as a person says it: (16, 128, 128) is 16×128×128, None is none."""
    return Label("none" if shape is None else "×".join(str(length) for length in shape))


@dataclass(frozen=True)
class Codec:
    """A compressor: its name (see :data:`CODECS`), level and, for Blosc, shuffle of 4-byte elements.

    Blosc's block size is left to Blosc. ``level`` means nothing to ``none``, and ``shuffle`` to what is no Blosc: there they
    are 0 and "none", so that what codes alike is equal.
    """

    name: str = "blosc-zstd"
    level: int = 5
    shuffle: str = "shuffle"

    def __post_init__(self):
        if self.name not in (*CODECS, SHUFFLE_ZSTD):
            raise ValueError(f"unknown codec {self.name!r}: choose from {', '.join(CODECS)}")
        if self.shuffle not in SHUFFLES:
            raise ValueError(f"unknown shuffle {self.shuffle!r}: choose from {', '.join(SHUFFLES)}")
        if not CODECS.get(self.name, True):
            object.__setattr__(self, "shuffle", "none")
        if self.name == "none":
            object.__setattr__(self, "level", 0)

    def __str__(self):
        if self.name == "none":
            return "none"
        shuffle = f"-{self.shuffle}" if CODECS.get(self.name) else ""
        return f"{self.name}-{self.level}{shuffle}"


@dataclass(frozen=True)
class Layout:
    """How a volume is cut and coded.

    ``chunks`` and ``shards`` are (z, y, x) in voxels, plain ints (zarr 3.3.0 rejects NumPy integers);
    ``shards`` is None for one object a chunk. A shard must be a whole number of chunks along each axis.
    """

    chunks: Shape
    shards: Shape | None = None
    codec: Codec = Codec()
    zarr_format: int = 2

    def __post_init__(self):
        if self.codec.name == SHUFFLE_ZSTD and self.zarr_format == 2:
            raise ValueError(f"{SHUFFLE_ZSTD} is a codec of Zarr format 3")
        if self.zarr_format not in (2, 3):
            raise ValueError(f"there is no Zarr format {self.zarr_format}")
        if self.shards and any(s % c for s, c in zip(self.shards, self.chunks)):
            raise ValueError(
                f"shards of {say(self.shards)} are not a whole number of chunks of {say(self.chunks)}"
            )

    @property
    def key(self) -> str:
        """A name for files: equal layouts have equal keys, and only they."""
        shards = f"-in-{'x'.join(map(str, self.shards))}" if self.shards else ""
        return f"zarr{self.zarr_format}-{'x'.join(map(str, self.chunks))}{shards}-{self.codec}"


#: Chunks, shards and codec as a release chooses them by itself: see ``chosen`` of the adapters.
AUTO = Layout(())
