"""A release that nobody has measured yet: measured beside the one before it, and judged."""
