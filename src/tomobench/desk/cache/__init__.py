"""What this machine's cache holds: volumes, stores, and what killed commands left behind."""
