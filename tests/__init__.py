"""The tests. Each folder says what its tests may start."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
"""This clone."""
