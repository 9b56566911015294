"""The ground of every answer: asv's results as rows, and which machine, volume and releases are meant."""
