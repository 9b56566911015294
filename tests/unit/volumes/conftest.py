"""A cache of each test's own."""

import pytest


@pytest.fixture(autouse=True)
def own_cache(cache_folder):
    """Every test of volumes has an empty cache."""
