"""The bench half: what runs inside a zarr release's environment.

Only :mod:`tomobench.bench.adapters` imports zarr, and only it knows how the lines differ.
"""
