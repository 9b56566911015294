"""The report: tables and figures, from the results."""
