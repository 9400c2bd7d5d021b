"""Times and counts inside the sentences of the reasons.

A face renders a :class:`Text` in its own language, so units are templates here, too.
"""

from __future__ import annotations

import time

from desktop.words import Text, text, verbatim


def span(seconds: float) -> Text:
    """ "2 h 14 min": like :func:`desktop.quantities.duration`, as a value."""
    minutes, left = divmod(max(round(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = (
        (days, text("{days} d", days=days)),
        (hours, text("{hours} h", hours=hours)),
        (minutes, text("{minutes} min", minutes=minutes)),
        (left, text("{seconds} s", seconds=left)),
    )
    largest = next((place for place, (count, _) in enumerate(units) if count), len(units) - 1)
    shown = [words for count, words in units[largest : largest + 2] if count] or [units[-1][1]]
    if len(shown) == 1:
        return shown[0]
    return Text("{first} {second}", {"first": shown[0], "second": shown[1]})


def ago(at: float | None, now: float) -> Text:
    """ " 3 min ago"; nothing when it is not known."""
    if at is None:
        return Text("")
    return text(" {time} ago", time=span(now - at))


def took(seconds: float | None) -> Text:
    """ " in 0.21 s"; nothing when it is not known."""
    if seconds is None:
        return Text("")
    if seconds < 10:
        return text(" in {time}", time=text("{seconds} s", seconds=f"{seconds:.2f}"))
    return text(" in {time}", time=span(seconds))


def clock(at: float) -> Text:
    """An instant in this machine's time."""
    same_day = time.localtime(at)[:3] == time.localtime()[:3]
    return verbatim(time.strftime("%H:%M:%S" if same_day else "%Y-%m-%d %H:%M", time.localtime(at)))


NOT_SHOWN = text("Its broker shows no messages, so whether it waits there is not known.")
