"""The built-in monitor: the engine's snapshot as a live page, JSON, server-sent events, metrics."""
