"""How good are the answers? Wheels of zarr changed on purpose, raced, counted, and judged."""
