"""Kinds of store: what decides whether a reader can open one. Readers are tried on each (see readers.py)."""

from dataclasses import dataclass

from tomobench.bench.layout import CODECS, SHUFFLES, Codec, Layout

#: Voxels (z, y, x), chunks and shards: neither divides the volume, so that some chunks hang over its edge.
SHAPE, CHUNKS, SHARDS = (40, 48, 56), (16, 16, 16), (32, 32, 32)
#: What stands between the numbers in a chunk's name unless a writer is told otherwise.
SEPARATORS = {2: ".", 3: "/"}
#: Lists the stores in a folder of them.
LIST = "stores.json"
#: What a reader does with a store.
READS, WRONG, REFUSES = "reads", "wrong", "refuses"


@dataclass(frozen=True)
class Kind:
    """What decides whether a reader can open a store, and how it is said."""

    zarr_format: int
    sharded: bool
    codec: str
    shuffle: str | None
    separator: str

    @property
    def layout(self) -> Layout:
        """A layout of this kind, for a volume of SHAPE."""
        codec = Codec(self.codec, shuffle=self.shuffle or "none")
        return Layout(CHUNKS, SHARDS if self.sharded else None, codec, self.zarr_format)

    def __str__(self):
        words = (
            [f"format {self.zarr_format}", "sharded"]
            if self.sharded
            else [f"format {self.zarr_format}"]
        )
        words.append(" ".join(filter(None, [self.codec, self.shuffle and self.shuffle_said])))
        if self.separator != SEPARATORS[self.zarr_format]:
            words.append(f"names with {self.separator}")
        return ", ".join(words)

    @property
    def shuffle_said(self) -> str:
        return "no shuffle" if self.shuffle == "none" else self.shuffle or ""


def kind_of(layout: Layout) -> Kind:
    """The kind of a layout, with the names that its line gives chunks by itself."""
    codec = layout.codec
    shuffle = codec.shuffle if CODECS[codec.name] else None
    separator = SEPARATORS[layout.zarr_format]
    return Kind(layout.zarr_format, layout.shards is not None, codec.name, shuffle, separator)


def kinds() -> list[Kind]:
    """Every kind: formats, sharded or not, codecs and shuffles; and the other way to name chunks."""
    codecs = [
        (name, shuffle)
        for name, shuffled in CODECS.items()
        for shuffle in (SHUFFLES if shuffled else (None,))
    ]
    cuts = [(2, False), (3, False), (3, True)]
    found = [Kind(*cut, *codec, SEPARATORS[cut[0]]) for cut in cuts for codec in codecs]
    other = {2: "/", 3: "."}
    return found + [Kind(*cut, *codecs[0], other[cut[0]]) for cut in cuts[:2]]
