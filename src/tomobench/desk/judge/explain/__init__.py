"""Why a count changed: which functions, which requests, which lines. Two releases, profiled beside each other."""
