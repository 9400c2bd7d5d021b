"""Quantities as a person reads them: "2 h 14 min", "1.5 GB", "3.4 %", "14:05:09".

One wording for all faces. Sizes count in steps of 1024, as the systems' own process tools do.
"""

from __future__ import annotations

import math
import time

from desktop.words import tr

_STEP = 1024


def duration(seconds: float) -> str:
    """A time span with its two largest units: "4 s", "3 min 20 s", "2 h 14 min", "3 d 5 h".

    Below ten seconds one decimal is kept ("0.4 s"); what is negative (a clock was set back) or
    not a number counts as 0.
    """
    if not math.isfinite(seconds) or round(seconds, 1) <= 0:
        return tr("{seconds} s", seconds=0)
    if round(seconds, 1) < 10 and round(seconds, 1) != int(seconds):
        return tr("{seconds} s", seconds=f"{seconds:.1f}")
    minutes, seconds_left = divmod(int(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    days, hours_left = divmod(hours, 24)
    units = (
        (days, tr("{days} d", days=days)),
        (hours_left, tr("{hours} h", hours=hours_left)),
        (minutes_left, tr("{minutes} min", minutes=minutes_left)),
        (seconds_left, tr("{seconds} s", seconds=seconds_left)),
    )
    largest = next(place for place, (count, _) in enumerate(units) if count)
    return " ".join(words for count, words in units[largest : largest + 2] if count)


def span(seconds: float) -> str:
    """How long a task ran or waited, as fine as its size deserves: "86 ms", "6.91 s", "41.2 s",
    then as :func:`duration`. Negative (two clocks differ) or not a number counts as 0."""
    if not math.isfinite(seconds) or seconds <= 0:
        return tr("{ms} ms", ms=0)
    if seconds < 0.9995:
        ms = seconds * 1000
        return tr("{ms} ms", ms=f"{ms:.1f}" if ms < 9.95 else f"{ms:.0f}")
    if seconds < 59.95:
        return tr("{seconds} s", seconds=f"{seconds:.2f}" if seconds < 9.995 else f"{seconds:.1f}")
    return duration(seconds)


def size(n_bytes: int) -> str:
    """A number of bytes with three digits at most: "0 B", "812 kB", "1.5 MB", "20 GB"."""
    value = float(max(0, n_bytes))
    unit = 0
    units = ("B", "kB", "MB", "GB", "TB", "PB")
    # 999.5 kB would round to four digits: it is already 1.0 MB.
    while (value >= 999.5) and unit < len(units) - 1:
        value /= _STEP
        unit += 1
    digits = f"{value:.1f}" if unit and round(value, 1) < 10 else f"{value:.0f}"
    return f"{digits} {units[unit]}"


def percent(x: float) -> str:
    """A share in percent (12.34 is "12 %"); below ten with one decimal: "3.4 %"."""
    if not math.isfinite(x):
        x = 0.0
    return f"{x:.1f} %" if abs(round(x, 1)) < 10 else f"{x:.0f} %"


def fine_clock(epoch: float) -> str:
    """An instant as :func:`clock`, today's to the millisecond: "14:02:37.204"."""
    words = clock(epoch)
    return f"{words}.{int(epoch % 1 * 1000):03}" if len(words) == len("14:02:37") else words


def clock(epoch: float) -> str:
    """An instant in local time: "14:05:09" of today, "2026-11-24 14:05" otherwise."""
    then, today = time.localtime(epoch), time.localtime()
    if then[:3] == today[:3]:
        return time.strftime("%H:%M:%S", then)
    return tr(
        "{year}-{month}-{day} {time}",
        year=f"{then.tm_year:04}",
        month=f"{then.tm_mon:02}",
        day=f"{then.tm_mday:02}",
        time=time.strftime("%H:%M", then),
    )
