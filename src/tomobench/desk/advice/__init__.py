"""Advice: which layout for which use, what it will cost, and how sure that is."""
