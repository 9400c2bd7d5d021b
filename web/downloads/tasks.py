"""The tasks of the downloads app: fetch one file, and clean up."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from celery.exceptions import SoftTimeLimitExceeded

from web.broker import BROKER_URL
from web.celery_app import SOFT_TIME_LIMIT_S, celery_app
from web.downloads.failures import DownloadError
from web.downloads.limits import RETRIES

if TYPE_CHECKING:
    from web.downloads.partial import Whole
    from web.downloads.records import Record, Records

RETRY_PAUSE_S = 60
"""The guide's."""
STARTS_MAX = 20
"""A download that kills its worker so often is not given to another."""
END_WITHIN_S = 300.0
"""So long a finished download waits for a Redis that is away, to say that it is finished."""
MARGIN_S = 5.0
"""The transfer ends itself so long before the soft limit, in an orderly way."""


@celery_app.task(  # type: ignore[untyped-decorator]
    bind=True,
    name="web.downloads.tasks.download",
    max_retries=None,  # counted in the record, which outlives a message that was sent again
    ignore_result=False,
    throws=(DownloadError,),
)
def download(self: Any, download_id: str) -> dict[str, str]:
    """Fetch one download into the store. Safe to run twice: a whole file is never fetched again.

    A download that fails is a task that fails: whoever counts tasks must not call it done.
    """
    from web.downloads import files
    from web.downloads.fetch import StoppedError
    from web.downloads.records import IN_HAND, failure_fields

    records = _records()
    record = _record(records, download_id)
    if record is None or record["state"] not in IN_HAND:
        return {"state": record["state"] if record else "REVOKED"}
    tries, starts = int(record.get("tries") or 0), int(record.get("starts") or 0) + 1
    begun = {"attempt": str(tries + 1), "starts": str(starts), "seen_at": repr(time.time())}
    if not records.update(download_id, only=IN_HAND, state="STARTED", **begun):
        return {"state": "REVOKED"}
    if starts > STARTS_MAX:
        error = DownloadError("worker-lost", times=STARTS_MAX)
        _end(records, record, "FAILURE", **failure_fields(error.code, error.details))
        raise error
    try:
        whole = _fetched(self, records, record)
    except StoppedError as stopped:
        if str(stopped) == "pause":
            return _end(records, record, "PAUSED", starts="0")
        ended = _end(records, record, "REVOKED")
        files.remove(download_id)
        return ended
    except DownloadError as error:
        words = failure_fields(error.code, error.details)
        if error.transient and tries < RETRIES:
            pause_s = _retry_pause_s() if error.retry_after_s is None else error.retry_after_s
            again = {
                "tries": str(tries + 1),
                "starts": "0",
                "retry_at": repr(time.time() + pause_s),
            }
            records.update(download_id, only={"STARTED"}, state="RETRY", **words, **again)
            raise self.retry(countdown=pause_s, exc=error) from None
        _end(records, record, "FAILURE", **words)
        raise
    except Exception:
        _end(records, record, "FAILURE", **failure_fields("internal", {}))
        raise
    size = str(whole.size_bytes)
    return _end(
        records,
        record,
        "SUCCESS",
        name=whole.name,
        size_bytes=size,
        done_bytes=size,
        total_bytes=size,
        sha256=whole.sha256,
        error="",
    )


@celery_app.task(name="web.downloads.tasks.clean")  # type: ignore[untyped-decorator]
def clean(files_kept_s: float | None = None) -> dict[str, int]:
    """Remove files past their time, partial files that nobody writes, and lost entries; put back
    what Redis forgot. Answers how many of each, and keeps the answer for the page."""
    from web.downloads.cleaning import FILES_KEPT_S, clean_store

    records = _records()
    return clean_store(records, FILES_KEPT_S if files_kept_s is None else files_kept_s)


def _fetched(task: Any, records: Records, record: Record) -> Whole:
    from web.downloads.fetch import Order, fetch
    from web.downloads.limits import limits
    from web.downloads.watch import Watch

    soft_s = float((task.request.timelimit or (None, None))[1] or SOFT_TIME_LIMIT_S)
    try:
        limited = limits()
        order = Order(
            record["id"],
            record["url"],
            record.get("auth", ""),
            record.get("filename", ""),
            record.get("wanted_sha256", ""),
        )
        watch = Watch(records, record["id"], max(soft_s - MARGIN_S, soft_s / 2))
        return fetch(order, watch, limited)
    except SoftTimeLimitExceeded:
        minutes = max(1, round(soft_s / 60))
        raise DownloadError("too-long", transient=True, minutes=minutes) from None
    except ValueError as error:
        raise DownloadError("setting", reason=str(error)) from None


def _record(records: Records, download_id: str) -> Record | None:
    """The record; from the disk when Redis has lost it."""
    from web.downloads import tickets

    record = records.get(download_id)
    if record is None:
        record = tickets.read(download_id)
        if record is not None:
            records.put(record)
    return record


def _end(records: Records, record: Record, state: str, **fields: str) -> dict[str, str]:
    """Say how it ended, on the disk first. Waits for a Redis that is away: nobody else knows."""
    import redis

    from web.downloads import tickets
    from web.downloads.records import IN_HAND

    ended = {"state": state, "ended_at": repr(time.time()), "wish": "", **fields}
    if state != "REVOKED":
        tickets.write({**record, **ended})
    deadline = time.monotonic() + END_WITHIN_S
    while True:
        try:
            if not records.update(record["id"], only=IN_HAND, **ended):
                _put_back(records, record["id"], state)
            return {"state": state, **fields}
        except redis.RedisError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _put_back(records: Records, download_id: str, state: str) -> None:
    """The record is gone, or the person has ended it meanwhile: only the former is put back."""
    from web.downloads import files, tickets

    ticket = tickets.read(download_id)
    found = records.get(download_id)
    if found is None and ticket is not None:
        records.put(ticket)
    elif found is not None and found["state"] == "REVOKED" and state != "REVOKED":
        files.remove(download_id)  # cancelled in the last instant


def _retry_pause_s() -> float:
    return float(os.environ.get("CELERY_TRAY_RETRY_PAUSE_S") or RETRY_PAUSE_S)


def _records() -> Records:
    from web.downloads.records import Records

    return Records(BROKER_URL)
