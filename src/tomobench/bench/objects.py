"""How many objects (files) a store has: arithmetic, no store needed."""

from math import ceil, prod

from tomobench.bench.layout import Layout, Shape

#: How many objects an array has beside its chunks or shards, by line and Zarr format: .zarray; .zarray and .zattrs;
#: zarr.json.
METADATA_OBJECTS = {("2.18", 2): 1, ("3", 2): 2, ("3", 3): 1}


def grid_shape(shape: Shape, edges: Shape) -> Shape:
    """How many boxes of ``edges`` cover ``shape``, along each axis."""
    return tuple(ceil(length / edge) for length, edge in zip(shape, edges))


def object_count(shape: Shape, layout: Layout, metadata_objects: int) -> int:
    """The objects of an array whose chunks are all written: one a chunk, or one a shard, and the metadata.

    ``metadata_objects`` is the adapter's: .zarray (format 2, zarr 2.18), .zarray and .zattrs (format 2,
    zarr 3), zarr.json (format 3).
    """
    return prod(grid_shape(shape, layout.shards or layout.chunks)) + metadata_objects
