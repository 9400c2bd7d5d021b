"""From the page to the workers: messages, and who is there to take them."""

from __future__ import annotations

from typing import Any

import redis
from kombu.exceptions import OperationalError

from web.broker import DOWNLOADS, MAINTENANCE
from web.downloads import tickets
from web.downloads.records import Record, Records

ANSWER_S = 0.7
_ONCE_MORE = {"max_retries": 1, "interval_start": 0.0, "interval_max": 0.1}
"""A kept connection may be one to a Redis that has been restarted since."""


def queue(records: Records, record: Record) -> None:
    """Write a new download down, on the disk and in Redis, and send its message.

    redis.RedisError or OSError: nothing is left of it then.
    """
    records.redis.ping()
    tickets.write(record)
    try:
        records.put(record)
        send_download(record["id"])
    except redis.RedisError:
        tickets.take_away(record["id"])
        records.delete(record["id"])
        raise


def send_download(download_id: str) -> None:
    """redis.ConnectionError when the message can't be sent."""
    from web.downloads.tasks import download

    _send(download, (download_id,))


def send_clean() -> None:
    from web.downloads.tasks import clean

    _send(clean, ())


def _send(task: Any, args: tuple[str, ...]) -> None:
    try:
        task.apply_async(args, retry=True, retry_policy=_ONCE_MORE)
    except OperationalError as error:
        raise redis.ConnectionError(str(error)) from None


def consumed_queues() -> dict[str, list[str]]:
    """Which queues each worker takes, by its name. Takes 0.7 s.

    The broker's own bindings outlive dead workers, so the workers themselves are asked.
    """
    from web.celery_app import celery_app

    def ask() -> dict[str, Any]:
        return celery_app.control.inspect(timeout=ANSWER_S).active_queues() or {}

    try:
        try:
            replies = ask()
        except (OperationalError, redis.RedisError):
            celery_app.pool.force_close_all()  # connections to a Redis that was there before
            replies = ask()
    except OperationalError as error:
        raise redis.ConnectionError(str(error)) from None
    return {
        str(node): [str(one.get("name", "")) for one in queues or ()]
        for node, queues in replies.items()
    }


def missing_worker(consumed: dict[str, list[str]]) -> tuple[str, dict[str, str]] | None:
    """Why downloads, or the clean-up, wait: the code of a failure and its details."""
    taken = {name for queues in consumed.values() for name in queues}
    if DOWNLOADS not in taken:
        if not consumed:
            return "no-worker", {"queue": DOWNLOADS}
        workers, queues = ", ".join(sorted(consumed)), ", ".join(sorted(taken)) or "-"
        return "wrong-queue", {"queue": DOWNLOADS, "workers": workers, "queues": queues}
    if MAINTENANCE not in taken:
        return "no-maintenance", {"queue": MAINTENANCE}
    return None
