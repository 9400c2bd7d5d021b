"""What became of every task: recorded by one writer, kept by rules, asked by many readers.

SQLite has its home here. Begin with :mod:`desktop.engine.history.history`; the shape of the file
is in ``schema.py``, and docs/decisions/0007-history.md says why it is as it is.
"""
