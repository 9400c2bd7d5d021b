"""The engine: the one writer of state. Knows no Qt."""
