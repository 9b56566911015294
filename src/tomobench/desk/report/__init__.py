"""The report: tables, figures and claims, from the results."""
