"""The shop's Celery app."""

import os

from celery import Celery

REDIS_URL = os.environ.get("SHOP_REDIS_URL", "redis://127.0.0.1:6379/0")

app = Celery("shop", broker=REDIS_URL, backend=REDIS_URL, include=["shop.tasks"])
app.conf.update(
    task_routes={"shop.tasks.confirm": {"queue": "email"}},
    task_time_limit=300,
    task_acks_late=True,
    result_expires=3600,
    broker_connection_retry_on_startup=True,
)
