"""The layout that somebody has now: of a Zarr by its metadata, or as it is spelled."""
