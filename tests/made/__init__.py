"""Projects, results and races made for the tests."""
