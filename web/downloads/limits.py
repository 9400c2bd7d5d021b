"""How much, how long, how many: the numbers of one transfer, and the settings that change them."""

from __future__ import annotations

import os
from typing import NamedTuple

GIB = 1024**3
RETRIES = 3
"""The guide: at most three, 60 s apart."""


class Limits(NamedTuple):
    """Sizes in bytes, durations in seconds."""

    keep_free_bytes: int = GIB
    """The guide's threshold: more than 1 GB of disk stays free."""
    file_max_bytes: int = 64 * GIB
    connect_s: float = 10.0
    """Name, connection and TLS together."""
    answer_s: float = 60.0
    """From the request to the end of the answer's headers, however they drip."""
    stall_s: float = 30.0
    """Between two arrivals of bytes of the body."""
    run_s: float = 600.0
    """One run of the task: the guide's soft limit, kept also by pools that know none."""
    per_host: int = 4
    """The guide's highest concurrency of a download worker; more worry no server."""
    at_once: int = 8
    """In all workers of this machine together."""
    proxy: str = ""


def limits() -> Limits:
    """The limits as the environment sets them. ValueError names a variable that is no number."""
    unchanged = Limits()
    return unchanged._replace(
        keep_free_bytes=_number("CELERY_TRAY_MIN_FREE_BYTES", unchanged.keep_free_bytes),
        file_max_bytes=_number("CELERY_TRAY_MAX_FILE_BYTES", unchanged.file_max_bytes),
        per_host=max(1, _number("CELERY_TRAY_DOWNLOADS_PER_HOST", unchanged.per_host)),
        at_once=max(1, _number("CELERY_TRAY_DOWNLOADS_AT_ONCE", unchanged.at_once)),
        proxy=os.environ.get("CELERY_TRAY_PROXY", ""),
    )


def _number(name: str, otherwise: int) -> int:
    said = os.environ.get(name, "").strip()
    if not said:
        return otherwise
    if not said.isdecimal():
        raise ValueError(f"{name} is not a whole number: {said[:40]}")
    return int(said)
