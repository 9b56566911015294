"""tomobench: Zarr performance on tomograms, over layouts, accesses and zarr releases.

Two halves that never mix:

* :mod:`tomobench.bench` runs inside the environment of a zarr release. It imports NumPy, zarr,
  numcodecs and s3fs, and nothing else.
* :mod:`tomobench.desk` runs beside asv. It never imports zarr.

The desk half may use the parts of the bench half that do not import zarr (layouts, volumes, the cache).
"""

__version__ = "1.0.0"
