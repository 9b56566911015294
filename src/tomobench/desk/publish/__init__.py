"""4 PUBLISH: the site and the report."""
