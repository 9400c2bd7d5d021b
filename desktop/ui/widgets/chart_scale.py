"""Round numbers for a scale, and instants as short as their span allows. No widgets here."""

from __future__ import annotations

import math
import time

DAY_S = 86_400.0
_STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def nice_top(most: float) -> float:
    """The upper end of a scale from 0 that holds ``most``: a number that is easily halved."""
    if not math.isfinite(most) or most <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(most))
    return next(step for step in _STEPS if step * unit >= most * 0.999) * unit


def moments(first: float, last: float) -> tuple[str, str]:
    """Both ends of a span in local time: times of day, with the date where it is not today's."""
    form = "%H:%M:%S" if last - first < 600 else "%H:%M"
    return _moment(first, form), _moment(last, form)


def _moment(at: float, form: str) -> str:
    then = time.localtime(at)
    if then[:3] == time.localtime()[:3]:
        return time.strftime(form, then)
    return time.strftime(f"%m-%d {form}", then)
