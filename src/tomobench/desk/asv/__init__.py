"""What asv needs to have zarr's releases for a history: a repository, an environment, a machine."""
