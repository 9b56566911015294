"""What did this release break? Releases compared, counts exactly and times with known certainty."""
