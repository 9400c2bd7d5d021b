"""Measurements against named peers; ``python -m tests.benchmarks --help`` tells the rest."""
