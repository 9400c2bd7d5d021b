"""Flower: where it is installed, how it gets there, and how a browser is signed in to it."""
