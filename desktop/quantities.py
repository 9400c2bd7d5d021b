"""Durations, sizes, percentages and times of day, in the words of the present language."""

from __future__ import annotations

import time

from desktop.words import tr


def duration(seconds: float) -> str:
    """A length of time with its two largest units: "2 h 14 min", never 02:14:00."""
    whole = max(int(seconds), 0)
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, secs = divmod(rest, 60)
    if days:
        return tr("{d} d {h} h", d=days, h=hours)
    if hours:
        return tr("{h} h {min} min", h=hours, min=minutes)
    if minutes:
        return tr("{min} min", min=minutes)
    return tr("{s} s", s=secs)


def size(n_bytes: float) -> str:
    """A number of bytes in decimal units: "38 MB"."""
    value, unit = float(n_bytes), 0
    units = ("B", "KB", "MB", "GB", "TB", "PB")
    while value >= 1000 and unit < len(units) - 1:
        value /= 1000
        unit += 1
    digits = 1 if unit and value < 10 else 0
    return f"{value:.{digits}f} {units[unit]}"


def percent(value: float) -> str:
    """A percentage: one digit below ten, none above."""
    return f"{value:.1f}%" if value < 10 else f"{value:.0f}%"


def clock(epoch: float) -> str:
    """An instant as this machine's time of day."""
    return time.strftime("%H:%M:%S", time.localtime(epoch))
