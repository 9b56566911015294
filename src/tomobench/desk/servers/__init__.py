"""Object storage: S3 servers of our own, a network before them, and what their requests cost."""
