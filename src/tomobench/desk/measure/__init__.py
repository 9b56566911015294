"""1 MEASURE: the history of releases, and races."""
