"""Which software opens which stores, tried for real."""
