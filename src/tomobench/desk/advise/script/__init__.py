"""The program that converts a data set: written for a layout and a line of zarr, and a person's to keep."""
