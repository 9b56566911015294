"""Which commit of zarr-python did it."""
