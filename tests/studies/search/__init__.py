"""The study of the search: nothing here starts a process."""
