"""The bundled Celery app: ``celery -A web.celery_app worker --loglevel=info``.

The numbers are the guide's: soft limit 10 min, hard limit 15 min, results kept for an hour, a pool
process replaced after 1,000 tasks. Tasks are acknowledged late and given back when a worker is
lost, so that a stop or a crash costs a second run and never a task.
"""

from __future__ import annotations

import os

from celery import Celery
from kombu.entity import Exchange, Queue

from web.broker import BROKER_URL, DEFAULT, DOWNLOADS, MAINTENANCE, QUEUES

SOFT_TIME_LIMIT_S = 600
TIME_LIMIT_S = 900
RESULT_EXPIRES_S = 3600
MAX_TASKS_PER_CHILD = 1000
VISIBILITY_TIMEOUT_S = 2 * TIME_LIMIT_S
"""Longer than the hard limit: no running task is delivered a second time."""
CLEAN_EVERY_S = 3600.0

celery_app = Celery(
    "web.celery_app",
    broker=BROKER_URL,
    backend=os.environ.get("CELERY_RESULT_BACKEND") or BROKER_URL,
    include=["web.downloads.tasks"],
)
celery_app.conf.update(
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    task_default_queue=DEFAULT,
    # Each with its own exchange and key: without them Celery binds all to the default's, and what
    # is published there by exchange and key lands in every one of them.
    task_queues=[Queue(name, Exchange(name), name) for name in QUEUES],  # type: ignore[no-untyped-call]
    task_routes={
        "web.downloads.tasks.download": {"queue": DOWNLOADS},
        "web.downloads.tasks.clean": {"queue": MAINTENANCE},
    },
    task_soft_time_limit=SOFT_TIME_LIMIT_S,
    task_time_limit=TIME_LIMIT_S,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_track_started=True,
    task_send_sent_event=True,
    worker_send_task_events=True,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=MAX_TASKS_PER_CHILD,
    result_expires=RESULT_EXPIRES_S,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": VISIBILITY_TIMEOUT_S},
    result_backend_transport_options={"visibility_timeout": VISIBILITY_TIMEOUT_S},
    beat_schedule={
        "clean": {"task": "web.downloads.tasks.clean", "schedule": CLEAN_EVERY_S},
    },
)
app = celery_app
