"""README and docs/, written from their templates."""
