"""Tests that run asv's own commands and real zarr releases, in environments that they install from the index."""
