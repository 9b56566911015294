"""The cells that are raced: a few milliseconds each, in every family that a changed wheel touches."""

CHUNKS = {
    "whole": ["64×64×64, 2", "64×64×64, 3", "128×128×128, 3", "16×128×128, 2", "16×128×128, 3"],
    "slice_xy": ["64×64×64, 2", "64×64×64, 3", "32×32×32, 3", "16×128×128, 2", "16×128×128, 3"],
    "one_chunk": ["64×64×64, 2", "64×64×64, 3", "32×32×32, 3", "16×16×16, 3"],
    "region_unaligned": ["64×64×64, 3", "32×32×32, 3", "16×128×128, 3"],
    "open": ["64×64×64, 2", "64×64×64, 3"],
    "open_multiscale": ["64×64×64, 3"],
}
"""By access: chunk shape and Zarr format."""

SHARDS = {
    "whole": ["64×64×64, 128×128×128", "32×32×32, 128×128×128"],
    "slice_xy": ["64×64×64, 128×128×128", "32×32×32, 128×128×128"],
    "one_chunk": [f"{chunks}, 128×128×128" for chunks in ("64×64×64", "32×32×32", "16×16×16")],
    "region_unaligned": ["64×64×64, 128×128×128", "32×32×32, 128×128×128"],
}
"""By access: chunk shape and shard shape."""

KEY = [
    f"read.{suite}.time_{access}({cell})"
    for suite, accesses in (("Chunks", CHUNKS), ("Shards", SHARDS))
    for access, cells in accesses.items()
    for cell in cells
]

PRICE = [
    f"read.Chunks.time_{access}({chunks}, 2)"
    for access in ("whole", "slice_xy", "one_chunk", "region_unaligned")
    for chunks in ("32×32×32", "64×64×64", "128×128×128", "16×128×128")
]
"""The sixteen reads on which ways of measuring are compared (price.py)."""

QUICK = [
    "read.Chunks.time_open(16×16×16, 3)",
    "read.Shards.time_whole(16×16×16, whole)",
]
"""For a volume of any size, to see that all of it works."""

COUNTED = (
    r"^(counts|footprint)\.Chunks\..*64×64×64, [23]\)$|"
    r"^(counts|footprint)\.Shards\..*(64×64×64, none|32×32×32, 128×128×128)\)$|"
    r"^footprint\.Codecs\."
)
"""The counts that are compared: every access, plain and sharded, and every codec."""

COUNTED_QUICK = (
    r"^(counts|footprint)\.Chunks\.track_(requests|stored_bytes)\(.*16×16×16, 3\)$|"
    r"^footprint\.Codecs\.track_stored_bytes\((blosc-zstd shuffle|gzip), 3\)$"
)
