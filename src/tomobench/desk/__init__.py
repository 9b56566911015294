"""The desk half: what runs beside asv. Nothing here imports zarr."""
