"""Measurements against named peers and floors; see ``__main__``."""
