"""The data set that the published report speaks of: 10445 of the CryoET Data Portal."""

from tomobench.bench.layout import Shape

TOMOGRAM: Shape = (184, 630, 630)
"""Voxels (z, y, x) of TS_100_3, float32."""

TOMOGRAMS = 484
"""Tomograms in the data set."""

SMALL_VOLUME, FULL_VOLUME = "phantom-128", "phantom-184x630x630"
"""The phantoms that stand in for the report's 128³ and for TS_100_3."""
