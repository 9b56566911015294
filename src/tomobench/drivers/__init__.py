"""Programs that a release's Python runs to drive benchmarks/: they stand above the suites, which stand above bench."""
