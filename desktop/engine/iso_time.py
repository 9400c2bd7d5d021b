"""Instants as Celery writes them in messages, events and results: ISO 8601."""

from __future__ import annotations

from datetime import UTC, datetime

INSTANT_MAX = 32_503_680_000.0
"""The year 3000: what lies beyond it is no time of anything."""


def instant(iso: str | None) -> float | None:
    """Seconds since the epoch of an ISO 8601 time; None when it is none. Celery writes UTC where
    it writes no offset."""
    if not iso:
        return None
    try:
        when = datetime.fromisoformat(iso)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        seconds = when.timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return seconds if 0.0 <= seconds <= INSTANT_MAX else None
