"""Zarr's releases: what asv takes for a project's history, and the commands that keep it."""
