"""What a Zarr is, what reading it takes, what is awkward about it, and what another layout would bring."""
