"""3 ADVISE: which layout for which use, what it takes, and how sure that is."""
