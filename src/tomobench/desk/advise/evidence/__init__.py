"""What was measured of layouts and accesses, as the model takes it."""
