"""A project's own package that happens to be called web."""
