"""Unit tests: Python alone, no environment of a release, no server but one of a few lines, no browser."""
