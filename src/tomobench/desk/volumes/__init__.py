"""Volumes on the desk side: made, imported, listed and looked at."""
