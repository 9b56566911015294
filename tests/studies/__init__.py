"""Tests of the studies: made series, and wheels of zarr changed on purpose."""
